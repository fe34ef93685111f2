"""Prove: evidence, stamp, verify, warc. They change nothing of what they speak of."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer
from rich.text import Text

from controlwatch.cli.common import (
    JsonOption,
    console,
    error_console,
    now,
    open_cli_read_only,
    print_json,
    show_progress,
    today,
)
from controlwatch.core.evidence.custody import parse_head
from controlwatch.core.model.errors import Unstamped, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from controlwatch.core.evidence.custody import SnapshotEntry
    from controlwatch.core.evidence.verification import VerificationResult
    from controlwatch.services.ports import Archive

#: What a file name of ours does not hold.
UNSAFE_FILE_NAME = re.compile(r"[^\w.]+")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel="Prove")(evidence)
    app.command(rich_help_panel="Prove")(stamp)
    app.command(rich_help_panel="Prove")(verify)
    app.command(rich_help_panel="Prove")(warc)


def evidence(
    notice: Annotated[
        str,
        typer.Argument(help="A number in any spelling (MOFCOM 2025-61, 商务部公告2025年第61号) or a URL."),
    ],
    *,
    to: Annotated[
        Path | None, typer.Option(help="The zip to write. Default: evidence-NUMBER.zip here.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write what proves a notice: bytes as sent, texts, readings, the chain, a report in HTML and PDF.

    Exit status 1 where no bytes are held, or something is not as it was entered; the report says what.

    Example: controlwatch evidence 2025-61 --to desk/2025-61.zip
    """
    from controlwatch.adapters.archive.pdf_report import INSTALL_HINT, is_installed, render_pdf
    from controlwatch.services.export_evidence import check_tokens, export_dossier

    with open_cli_read_only() as held:
        dossier = held.queries.find_dossier(notice)
        path = to or Path(f"evidence-{UNSAFE_FILE_NAME.sub('-', dossier.name)[:60].strip('-.')}.zip")
        with open_new_file(path, force=force) as out:
            faults = export_dossier(
                dossier,
                out,
                lines=held.store.custody.iterate_chain_lines(dossier),
                archive=held.archive,
                lexicon=held.lexicon,
                on=today(),
                stamps=check_tokens(
                    dossier, held.stamps.load_tokens(), has_head=held.store.custody.has_head, check=held.check
                ),
                render_pdf=render_pdf if is_installed() else None,
            )
    console.print(Text(f"{path}: {len(dossier.snapshots)} snapshots, {len(dossier.versions)} versions"))
    console.print(Text(f"head {dossier.head}"), soft_wrap=True)
    if not is_installed():
        error_console.print(Text(f"without report.pdf: it {INSTALL_HINT}", style="yellow"))
    if not dossier.is_observed:
        said = "no bytes are held of it; to bring them: controlwatch intake FILE|URL"
        error_console.print(Text(said, style="yellow"))
    for fault in faults:
        error_console.print(Text(str(fault), style="red"))
    raise typer.Exit(1 if faults or not dossier.is_observed else 0)


def stamp() -> None:
    """Have the head of the chain of custody stamped with the time, by the authority that is set (RFC 3161).

    `controlwatch run` does so once a day. The token is kept in state/stamps; `verify` checks it.
    Exit status 1 where the authority gives none, or one that proves nothing.
    """
    from controlwatch.bootstrap import build_timestamp_authority
    from controlwatch.services.timestamp import stamp_head
    from controlwatch.settings import Settings

    authority = build_timestamp_authority(Settings.load())
    if authority is None:
        raise UsageError("set CONTROLWATCH_TSA_URL to the address of a time-stamping authority (RFC 3161)")
    with open_cli_read_only() as held:
        try:
            found = stamp_head(held.store.custody, held.stamps, authority, now=now())
        except Unstamped as error:
            error_console.print(Text(str(error), style="red"))
            raise typer.Exit(1) from None
        except OSError as error:
            raise UsageError(f"the time stamp cannot be kept: {error.strerror}") from error
    console.print(Text(f"stamped: {found}" if found else "the head is stamped already"), soft_wrap=True)


def warc(
    file: Annotated[Path, typer.Argument(help="The file to write: NAME.warc.gz.")],
    notice: Annotated[
        str | None, typer.Argument(help="A number or a URL. Default: everything that was ever kept.")
    ] = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write bytes as sent, with their headers, as WARC records for archives and their tools.

    Exit status 1 where the archive does not hold what it should; those are left out.

    Example: controlwatch warc 2026.warc.gz
    """
    from importlib.metadata import version

    from controlwatch.adapters.archive.warc import INSTALL_HINT, is_installed, write_warc

    if not is_installed():
        raise UsageError(f"a WARC file {INSTALL_HINT}")
    lost: list[SnapshotEntry] = []
    with open_cli_read_only() as held, open_new_file(file, force=force) as out:
        kept = (
            held.queries.find_dossier(notice).snapshots if notice else held.store.custody.iterate_snapshots()
        )
        records = _pair_with_bytes(kept, held.archive, lost)
        count = write_warc(out, records, name=file.name, software=f"controlwatch {version('controlwatch')}")
        if not count:
            raise UsageError("no sound bytes are held of it, nothing was written; see: controlwatch verify")
    console.print(Text(f"{file}: {count} records"))
    for one in lost:
        said = f"snapshot {one.id} of {one.url} is left out: its bytes are gone or damaged"
        error_console.print(Text(said, style="red"))
    raise typer.Exit(1 if lost else 0)


def _pair_with_bytes(
    kept: Iterable[SnapshotEntry], archive: Archive, lost: list[SnapshotEntry]
) -> Iterator[tuple[SnapshotEntry, bytes]]:
    for one in kept:
        try:
            body = archive.load_bytes(one.sha256)
        except KeyError:
            lost.append(one)
        else:
            yield one, body


@contextmanager
def open_new_file(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """Open a file that appears whole or not at all, for its owner alone. Raises `UsageError`."""
    if path.exists() and not force:
        raise UsageError(f"{path} is there already; name another with --to, or write over it with --force")
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    except OSError as error:
        raise UsageError(f"{path.parent} cannot be written to: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(path)
    except IsADirectoryError:
        raise UsageError(f"{path} is a folder; name a file in it") from None
    finally:
        Path(name).unlink(missing_ok=True)


def verify(
    *,
    head: Annotated[
        list[str] | None,
        typer.Option(help="A head noted earlier, SEQ:HASH; it must still be in the chain. Repeatable."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Prove that nothing kept was altered: the chain of custody, every row and all bytes.

    It only looks: nothing is changed, upgraded or made, and the state may be on a disk that takes no writes.
    Prints the head of the chain: note it somewhere else, and give it back with --head.
    Exit status 1 names the first broken link.
    """
    from controlwatch.services.verify import verify_chain

    heads = [parse_head(text) for text in head or ()]
    with open_cli_read_only() as held, show_progress("verifying") as show:
        verdict = verify_chain(
            held.store.custody,
            held.archive,
            noted=heads,
            tokens=held.stamps.load_tokens(),
            check=held.check,
            on_progress=show,
        )
    if json:
        print_json(_build_json(verdict))
    else:
        _print_result(verdict)
    raise typer.Exit(0 if verdict.is_sound else 1)


def _build_json(verdict: VerificationResult) -> dict[str, object]:
    return {
        "sound": verdict.is_sound,
        "head": str(verdict.head),
        "entries": verdict.head.seq,
        "snapshots": verdict.snapshots,
        "versions": verdict.versions,
        "entered_late": verdict.late_entries,
        "stamps": verdict.stamps,
        "stamps_unchecked": verdict.unchecked_tokens,
        "first": str(verdict.faults[0]) if verdict.faults else None,
        "counts": verdict.counts,
        "faults": verdict.faults,
    }


def _print_result(verdict: VerificationResult) -> None:
    from controlwatch.adapters.archive.timestamp_authority import INSTALL_HINT

    said = f"{verdict.head.seq} entries, {verdict.snapshots} snapshots, {verdict.versions} versions"
    if verdict.late_entries:
        said += f"; {verdict.late_entries} held before the log began"
    console.print(Text(said))
    for head in verdict.noted_heads:
        console.print(Text(f"noted head {head.seq} is in the chain", style="green"))
    if verdict.stamps:
        console.print(Text(f"stamped until {verdict.stamps[-1]}", style="green"), soft_wrap=True)
    if verdict.unchecked_tokens:
        said = f"{verdict.unchecked_tokens} time stamps are not checked: it {INSTALL_HINT}"
        error_console.print(Text(said, style="yellow"))
    console.print(Text(f"head {verdict.head}", overflow="fold"), soft_wrap=True)
    if verdict.is_sound:
        console.print(Text("Nothing was altered since it was entered.", style="green"))
        return
    first, *others = verdict.faults
    console.print(Text(f"First broken link: {first}", style="red"), soft_wrap=True)
    for fault in others[:20]:
        console.print(Text(str(fault)), soft_wrap=True)
    counted = ", ".join(f"{count} × {kind}" for kind, count in verdict.counts.items())
    console.print(Text(f"In all: {counted}", style="red"))
