"""Prove: evidence, stamp, verify, warc. None of them changes what it reads."""

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
    NoticeArgument,
    console,
    error_console,
    now,
    open_cli_read_only,
    print_json,
    show_progress,
    today,
)
from controlwatch.core.model.errors import Unstamped, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from controlwatch.core.evidence.custody import SnapshotEntry
    from controlwatch.core.evidence.verification import VerificationResult

#: Characters that the name of a dossier does not contain.
UNSAFE_FILE_NAME = re.compile(r"[^\w.]+")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (evidence, stamp, verify, warc):
        app.command(rich_help_panel="Prove")(command)


def evidence(
    notice: NoticeArgument,
    *,
    to: Annotated[
        Path | None,
        typer.Option(help="The zip file to write. Default: evidence-NUMBER.zip in this directory."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write the evidence of a notice to a zip file: bytes as sent, texts, readings, chain of custody, report.

    The zip holds check.py, which checks it with nothing but Python. Exit status 1 when no bytes of the notice
    are kept, or when something was altered; the report names it.

    Example: controlwatch evidence 2025-61 --to desk/2025-61.zip
    """
    from controlwatch.core.extraction.report.provenance import collect_meanings
    from controlwatch.services.export_evidence import check_tokens, export_dossier

    with open_cli_read_only() as state:
        dossier = state.queries.find_dossier(notice)
        path = to or Path(f"evidence-{UNSAFE_FILE_NAME.sub('-', dossier.name)[:60].strip('-.')}.zip")
        with open_new_file(path, force=force) as out:
            faults = export_dossier(
                dossier,
                out,
                lines=state.store.custody.iterate_chain_lines(dossier),
                archive=state.archive,
                meanings=collect_meanings(state.lexicon),
                on=today(),
                stamps=check_tokens(
                    dossier,
                    state.stamps.load_tokens(),
                    has_head=state.store.custody.has_head,
                    check=state.check,
                ),
            )
    console.print(Text(f"{path}: {len(dossier.snapshots)} snapshots, {len(dossier.versions)} versions"))
    console.print(Text(f"head {dossier.head}"), soft_wrap=True)
    if not dossier.is_observed:
        advice = "no bytes are kept of it; to add them: controlwatch intake FILE|URL"
        error_console.print(Text(advice, style="yellow"))
    for fault in faults:
        error_console.print(Text(str(fault), style="red"))
    raise typer.Exit(1 if faults or not dossier.is_observed else 0)


def stamp() -> None:
    """Get a time stamp (RFC 3161) for the head of the chain of custody.

    `controlwatch run` does this once a day. The token is kept in state/stamps, and `verify` checks it. Needs
    CONTROLWATCH_TSA_URL. Exit status 1 when the authority gives no stamp, or one that is not valid.

    Example: CONTROLWATCH_TSA_URL=https://freetsa.org/tsr controlwatch stamp
    """
    from controlwatch.bootstrap.stamps import build_timestamp_authority
    from controlwatch.services.timestamp import stamp_head
    from controlwatch.settings import Settings

    authority = build_timestamp_authority(Settings.load())
    if authority is None:
        raise UsageError("set CONTROLWATCH_TSA_URL to the address of a time-stamping authority (RFC 3161)")
    with open_cli_read_only() as state:
        try:
            found = stamp_head(state.store.custody, state.stamps, authority, now=now())
        except Unstamped as error:
            error_console.print(Text(str(error), style="red"))
            raise typer.Exit(1) from None
        except OSError as error:
            raise UsageError(f"the time stamp cannot be kept: {error.strerror}") from error
    console.print(Text(f"stamped: {found}" if found else "the head is stamped already"), soft_wrap=True)


def warc(
    file: Annotated[Path, typer.Argument(help="The file to write: NAME.warc.gz.")],
    notice: Annotated[
        str | None, typer.Argument(help="A number or a URL of a notice. Default: everything that is kept.")
    ] = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write the bytes as sent, with their headers, as WARC records for the tools of archives.

    Exit status 1 when bytes are missing or damaged; their records are left out.

    Example: controlwatch warc 2026.warc.gz
    """
    from importlib.metadata import version

    from controlwatch.adapters.archive.warc import INSTALL_HINT, is_installed, write_warc

    if not is_installed():
        raise UsageError(f"a WARC file {INSTALL_HINT}")
    lost: list[SnapshotEntry] = []
    with open_cli_read_only() as state, open_new_file(file, force=force) as out:

        def pair_with_bytes(entries: Iterable[SnapshotEntry]) -> Iterator[tuple[SnapshotEntry, bytes]]:
            for entry in entries:
                try:
                    yield entry, state.archive.load_bytes(entry.sha256)
                except KeyError:
                    lost.append(entry)

        entries = (
            state.queries.find_dossier(notice).snapshots
            if notice
            else state.store.custody.iterate_snapshots()
        )
        records = pair_with_bytes(entries)
        count = write_warc(out, records, name=file.name, software=f"controlwatch {version('controlwatch')}")
        if not count:
            raise UsageError("no intact bytes are kept of it, nothing was written; see: controlwatch verify")
    console.print(Text(f"{file}: {count} records"))
    for entry in lost:
        problem = f"snapshot {entry.id} of {entry.url} is left out: its bytes are missing or damaged"
        error_console.print(Text(problem, style="red"))
    raise typer.Exit(1 if lost else 0)


@contextmanager
def open_new_file(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """Open a file for its owner only, which appears when it is complete. Raises `UsageError`."""
    from controlwatch.adapters.system.state_folder import remove_if_old

    if path.exists() and not force:
        raise UsageError(f"{path} exists already; choose another with --to, or replace it with --force")
    try:
        for left in path.parent.glob(".controlwatch-*.part"):  # of commands that were killed
            remove_if_old(left)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".controlwatch-", suffix=".part")
    except OSError as error:
        raise UsageError(f"{path.parent} cannot be written to: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(path)
    except IsADirectoryError:
        raise UsageError(f"{path} is a directory; use a file in it") from None
    finally:
        Path(name).unlink(missing_ok=True)


def verify(
    *,
    head: Annotated[
        list[str] | None,
        typer.Option(help="A head noted earlier, SEQ:HASH, which must still be in the chain. Repeatable."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check that nothing kept was altered: the chain of custody, every row and all bytes.

    The state is only read, and may be on a read-only disk. Prints the head of the chain: note it in another
    place, and check it later with --head. Exit status 1 when something was altered; the first broken link is
    named.

    Example: controlwatch verify --head 120:3f9a…
    """
    from controlwatch.core.evidence.custody import parse_head
    from controlwatch.services.verify import verify_chain

    heads = [parse_head(text) for text in head or ()]
    with open_cli_read_only() as state, show_progress("verifying") as show:
        result = verify_chain(
            state.store.custody,
            state.archive,
            noted=heads,
            tokens=state.stamps.load_tokens(),
            check=state.check,
            on_progress=show,
        )
    if json:
        print_json(
            {
                "sound": result.is_sound,
                "head": str(result.head),
                "entries": result.head.seq,
                "snapshots": result.snapshots,
                "versions": result.versions,
                "entered_late": result.late_entries,
                "stamps": result.stamps,
                "stamps_unchecked": result.unchecked_tokens,
                "first": str(result.faults[0]) if result.faults else None,
                "counts": result.counts,
                "faults": result.faults,
            }
        )
    else:
        _print_result(result)
    raise typer.Exit(0 if result.is_sound else 1)


def _print_result(result: VerificationResult) -> None:
    from controlwatch.adapters.archive.timestamp_authority import INSTALL_HINT

    late = f"; {result.late_entries} kept before the log began" if result.late_entries else ""
    counts = f"{result.head.seq} entries, {result.snapshots} snapshots, {result.versions} versions"
    console.print(Text(counts + late))
    for head in result.noted_heads:
        console.print(Text(f"noted head {head.seq} is in the chain", style="green"))
    if result.stamps:
        console.print(Text(f"stamped up to {result.stamps[-1]}", style="green"), soft_wrap=True)
    if result.unchecked_tokens:
        unchecked = f"{result.unchecked_tokens} time stamps are not checked: it {INSTALL_HINT}"
        error_console.print(Text(unchecked, style="yellow"))
    console.print(Text(f"head {result.head}", overflow="fold"), soft_wrap=True)
    if result.is_sound:
        console.print(Text("Nothing was altered since it was entered.", style="green"))
        return
    first, *others = result.faults
    console.print(Text(f"First broken link: {first}", style="red"), soft_wrap=True)
    for fault in others[:20]:
        console.print(Text(str(fault)), soft_wrap=True)
    counted = ", ".join(f"{count} × {kind}" for kind, count in result.counts.items())
    console.print(Text(f"In total: {counted}", style="red"))
