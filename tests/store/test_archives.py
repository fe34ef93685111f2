"""Bytes are the same wherever they are kept: in a folder, in the database, in an object storage."""

from __future__ import annotations

import gzip
import hashlib
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from controlwatch.adapters.archive.object_archive import ObjectArchive
from controlwatch.adapters.archive.snapshots import FolderArchive
from controlwatch.adapters.storage import SqlStore
from controlwatch.bootstrap.archive_addresses import open_archive, open_timestamps
from controlwatch.bootstrap.read_only import open_read_only_app
from controlwatch.bootstrap.state_marks import mark_state
from controlwatch.core.evidence.custody import ChainHead
from controlwatch.core.evidence.timestamps import TimestampToken
from controlwatch.core.model.errors import DeclarationError, UsageError
from controlwatch.services.copy_archive import copy_bodies, copy_tokens
from controlwatch.services.verify import verify_chain
from controlwatch.settings import Settings
from tests.cli.test_commands import Terminal
from tests.services.test_news import started
from tests.services.world import world
from tests.store.conftest import create_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from controlwatch.services.ports import Archive

BODY = "商务部公告2026年第40号".encode() * 1000
SHA = hashlib.sha256(BODY).hexdigest()
KEY = f"{SHA[:2]}/{SHA[2:]}.gz"


@pytest.fixture(scope="session")
def object_storage() -> Iterator[str]:
    """The endpoint of moto's server, which speaks the protocol of S3."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(object_storage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Any]:
    """The address of a bucket of its own, and a client that looks past us."""
    import boto3

    for name, value in (
        ("ACCESS_KEY_ID", "key"),
        ("SECRET_ACCESS_KEY", "secret"),
        ("EC2_METADATA_DISABLED", "true"),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)
    client = boto3.client("s3", endpoint_url=object_storage, region_name="us-east-1")
    name = f"b{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:20]}"
    client.create_bucket(Bucket=name)
    return f"s3://{name}/bodies?endpoint={object_storage}&region=us-east-1", client


class Shelf:
    """An archive, and how somebody replaces or removes what it keeps, past it."""

    def __init__(self, archive: Archive, replace: Callable[[bytes | None], None]) -> None:
        self.archive, self.replace = archive, replace


@pytest.fixture(params=["folder", "database", "s3"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    if request.param == "folder":
        path = tmp_path / "bodies" / KEY

        def in_folder(packed: bytes | None) -> None:
            path.unlink() if packed is None else path.write_bytes(packed)

        yield Shelf(FolderArchive(tmp_path / "bodies"), in_folder)
        return
    if request.param == "s3":
        address, client = request.getfixturevalue("bucket")
        place = {"Bucket": address.split("/")[2], "Key": f"bodies/{KEY}"}

        def in_bucket(packed: bytes | None) -> None:
            client.delete_object(**place) if packed is None else client.put_object(**place, Body=packed)

        yield Shelf(ObjectArchive(address), in_bucket)
        return
    url, template = (request.getfixturevalue(name) for name in ("postgres", "template"))
    store = SqlStore.open(create_database(url, template=template))

    def in_table(packed: bytes | None) -> None:
        with store.engine.begin() as connection:
            if packed is None:
                connection.execute(text("DELETE FROM stored_body"))
            else:
                connection.execute(text("UPDATE stored_body SET packed = :packed"), {"packed": packed})

    yield Shelf(store.bodies, in_table)
    store.close()


def test_what_was_saved_comes_back_and_equal_bytes_are_stored_once(shelf: Shelf) -> None:
    assert shelf.archive.save_bytes(BODY) == SHA
    assert shelf.archive.save_bytes(BODY) == SHA
    assert shelf.archive.load_bytes(SHA) == BODY
    assert shelf.archive.inspect_copy(SHA).size == len(BODY)


@pytest.mark.parametrize(
    ("packed", "fault"),
    [
        (None, "bytes missing"),
        (gzip.compress(BODY, mtime=0)[:-20], "bytes cut short"),
        (b"", "bytes cut short"),
        (b"not packed at all", "bytes damaged"),
        (gzip.compress(b"other", mtime=0), "bytes altered"),
    ],
)
def test_what_somebody_did_to_a_copy_is_named_and_saving_the_bytes_again_repairs_it(
    shelf: Shelf, packed: bytes | None, fault: str
) -> None:
    shelf.archive.save_bytes(BODY)
    shelf.replace(packed)
    assert shelf.archive.inspect_copy(SHA).fault == fault
    with pytest.raises(KeyError):
        shelf.archive.load_bytes(SHA)
    shelf.archive.save_bytes(BODY)
    assert shelf.archive.load_bytes(SHA) == BODY


def test_what_is_no_hash_is_in_no_archive(shelf: Shelf) -> None:
    for name in ("", "../../etc/passwd", "0" * 64):
        assert shelf.archive.inspect_copy(name).fault == "bytes missing"
        with pytest.raises(KeyError):
            shelf.archive.load_bytes(name)


def test_a_storage_that_does_not_answer_is_not_taken_for_one_that_lacks_the_bytes(
    bucket: tuple[str, Any],
) -> None:
    address, _ = bucket
    gone = ObjectArchive(f"s3://no-such-bucket/x?{address.partition('?')[2]}")
    for use in (
        lambda: gone.save_bytes(BODY),
        lambda: ObjectArchive("s3://b/?endpoint=http://127.0.0.1:1").load_bytes(SHA),
    ):
        with pytest.raises(OSError, match="cannot be used"):
            use()


def test_copying_takes_up_where_it_was_interrupted_and_names_what_is_lost(
    shelf: Shelf, tmp_path: Path
) -> None:
    target = FolderArchive(tmp_path / "target")
    hashes = [shelf.archive.save_bytes(body) for body in (b"one", b"two", b"three")]
    first = copy_bodies(hashes[:1], shelf.archive, target)
    assert (first.copied, first.kept, first.lost) == (1, 0, ())
    rest = copy_bodies([*hashes, "0" * 64], shelf.archive, target)
    assert (rest.copied, rest.kept, rest.lost) == (2, 1, ("0" * 64,))
    assert [target.load_bytes(sha256) for sha256 in hashes] == [b"one", b"two", b"three"]


def test_time_stamps_come_along(store: SqlStore, tmp_path: Path) -> None:
    tokens = [TimestampToken(head=ChainHead(seq=n, hash=f"{n:064x}"), body=b"token %d" % n) for n in (2, 10)]
    settings = Settings(state_dir=tmp_path)
    folder, table = (open_timestamps(settings, store, address) for address in ("folder", "database"))
    for token in tokens:
        folder.save_token(token)
    assert [copy_tokens(folder, table), copy_tokens(folder, table)] == [2, 0]
    assert table.load_tokens() == tuple(tokens)
    newest = table.find_newest()
    assert newest is not None
    assert newest[0] == tokens[1].head
    assert [table.has_token(token.head) for token in tokens] == [True, True]


@pytest.mark.parametrize(
    "address", ["nowhere", "file:relative", "s3://key:secret@bucket", "s3://bucket?size=4", "database"]
)
def test_an_archive_that_cannot_be_is_refused_by_the_name_of_its_setting(
    address: str, tmp_path: Path
) -> None:
    settings = Settings(state_dir=tmp_path, archive=address)
    store = SqlStore.open("sqlite://")
    with closing(store), pytest.raises(DeclarationError, match="CONTROLWATCH_ARCHIVE") as refused:
        open_archive(settings, store)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("kind", ["database", "s3"])
def test_a_state_moves_to_a_shared_archive_and_verifies_from_another_machine(
    kind: str, postgres: str, template: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = create_database(postgres, template=template)
    target = "database" if kind == "database" else request.getfixturevalue("bucket")[0]
    first, other = tmp_path / "first", tmp_path / "other"
    first.mkdir()
    with world(first, url) as w:
        started(w)
        w.poll()
        mark_state(Settings(state_dir=first, database_url=url), w.store)
    here, there = Terminal(tmp_path), Terminal(tmp_path)
    here.env |= {"CONTROLWATCH_STATE_DIR": str(first), "CONTROLWATCH_DATABASE_URL": url}
    there.env |= {
        "CONTROLWATCH_STATE_DIR": str(other),
        "CONTROLWATCH_DATABASE_URL": url,
        "CONTROLWATCH_ARCHIVE": target,
        "CONTROLWATCH_SECRET": "s" * 40,
    }
    assert "archive copy" in there.fails("verify")
    assert "bodies copied, 0 were there already" in here.types("archive", "copy", "folder", target)
    assert "0 bodies copied" in here.types("archive", "copy", "folder", target)
    there.types("adopt")
    assert "Nothing was altered" in there.types("verify")
    assert "belongs to another state folder" in here.fails("verify")
    settings = Settings(state_dir=tmp_path / "third", database_url=url, archive=target, secret="s" * 40)
    with open_read_only_app(settings) as state:
        assert verify_chain(state.store.custody, state.archive).snapshots > 0


def test_a_state_whose_bytes_are_elsewhere_is_not_taken_for_another(
    postgres: str, template: str, tmp_path: Path
) -> None:
    url = create_database(postgres, template=template)
    shared = Settings(state_dir=tmp_path, database_url=url, archive="database", secret="s" * 40)
    store = SqlStore.open(url)
    mark_state(shared, store)
    mark_state(shared.model_copy(update={"state_dir": tmp_path / "other"}), store)
    with pytest.raises(UsageError, match="archive copy"):
        mark_state(shared.model_copy(update={"archive": "file:///srv/bodies"}), store)
    store.close()
