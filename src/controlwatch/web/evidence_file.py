"""The evidence of a notice as a file to keep: for its page and for the API."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from datetime import date

from fastapi import Response
from fastapi.responses import StreamingResponse

from controlwatch.adapters.archive import timestamp_authority
from controlwatch.bootstrap.app import App
from controlwatch.bootstrap.archive_addresses import open_timestamps
from controlwatch.bootstrap.stamps import build_stamp_checker
from controlwatch.core.evidence.dossier import Dossier
from controlwatch.core.extraction.report.provenance import collect_meanings
from controlwatch.services.export_evidence import check_tokens, export_dossier

UNSAFE_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")
PIECE_BYTES = 65_536


def send_evidence_file(app: App, dossier: Dossier, *, on: date) -> Response:
    """Send what proves a notice as a zip file that can be checked without it; `on` is in Beijing."""
    stamps, store = open_timestamps(app.settings, app.store), app.store
    checker = build_stamp_checker(app.settings) if timestamp_authority.is_installed() else None
    out = tempfile.TemporaryFile()  # noqa: SIM115 - closed once it was sent
    export_dossier(
        dossier,
        out,
        lines=store.custody.iterate_chain_lines(dossier),
        archive=app.ingester.archive,
        meanings=collect_meanings(app.lexicon),
        on=on,
        stamps=check_tokens(
            dossier,
            stamps.load_tokens(),
            has_head=store.custody.has_head,
            check=checker.verify_token if checker is not None else None,
        ),
    )
    out.seek(0)

    def read_pieces() -> Iterator[bytes]:
        with out:
            while piece := out.read(PIECE_BYTES):
                yield piece

    name = f"evidence-{UNSAFE_FILE_NAME.sub('-', dossier.name)[:60].strip('-.')}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-cache"}
    return StreamingResponse(read_pieces(), media_type="application/zip", headers=headers)
