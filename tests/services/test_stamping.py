"""The head of the chain is stamped by an authority, and whoever rewrites the chain is found out by it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from sqlalchemy import text

from controlwatch.adapters.archive.timestamp_authority import MAX_BYTES, Rfc3161Authority, TokenVerifier
from controlwatch.adapters.archive.timestamp_store import TimestampFolder
from controlwatch.core.evidence.custody import ChainHead, compute_fingerprint
from controlwatch.core.evidence.timestamps import (
    OVERDUE_AFTER,
    STAMP_INTERVAL,
    TimestampToken,
    VerifiedTimestamp,
    describe_overdue,
    select_proving_tokens,
)
from controlwatch.core.evidence.verification import VerificationResult
from controlwatch.core.model import Snapshot
from controlwatch.core.model.errors import Unstamped
from controlwatch.services.timestamp import stamp_head
from controlwatch.services.verify import verify_chain
from controlwatch.testing.sites import Answer
from tests.authority import NAME, STAMPED_AT, Said, answer, authority, keys, refusal, token
from tests.authority import Authority as Served
from tests.services.test_news import GALLIUM, OLD, started
from tests.services.world import World, world
from tests.waiting import PATIENCE

#: When tokens are kept here: after any file that a test writes.
LATER = datetime(2100, 1, 1, tzinfo=UTC)


class Desk:
    """A world whose chain is stamped."""

    def __init__(self, w: World, folder: Path, served: Served) -> None:
        self.w = w
        self.served = served
        self.folder = folder / "stamps"
        self.stamps = TimestampFolder(self.folder)
        self.checker = TokenVerifier((served.keys.root,))

    def stamp(
        self, checker: TokenVerifier | None = None, *, max_seconds: float = PATIENCE, **how: object
    ) -> VerifiedTimestamp | None:
        asked = Rfc3161Authority(self.served.url, checker or self.checker, max_seconds=max_seconds)
        return stamp_head(self.w.store.custody, self.stamps, asked, now=LATER, **how)  # type: ignore[arg-type]

    def grows(self) -> ChainHead:
        """Enter something more."""
        body = f"{self.w.store.custody.load_head()}".encode()
        sent = Snapshot(
            url=f"u{body!r}", final_url="u", fetched_at=self.w.now, status=200, headers=(), body=body
        )
        self.w.store.references.record_snapshot(sent, self.w.archive.save_bytes(body), "w")
        return self.w.store.custody.load_head()

    def verdict(self, checker: TokenVerifier | None = None) -> VerificationResult:
        return verify_chain(
            self.w.store.custody,
            self.w.archive,
            tokens=self.stamps.load_tokens(),
            check=(checker or self.checker).verify_token,
        )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with world(tmp_path) as w, authority() as served:
        started(w, replace(OLD), replace(GALLIUM))
        yield Desk(w, tmp_path, served)


def test_the_head_is_stamped_by_its_own_hash_and_its_token_kept_for_its_owner_alone(desk: Desk) -> None:
    head = desk.w.store.custody.load_head()
    assert desk.stamp() == VerifiedTimestamp(head=head, at=STAMPED_AT, by=NAME, rooted=True)
    (asked,) = desk.served.asked
    assert asked.digest.hex() == head.hash
    (path,) = desk.folder.iterdir()
    assert path.name == f"{head.seq}-{head.hash}.tsr"
    assert (path.stat().st_mode & 0o777, desk.folder.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_head_that_has_not_moved_is_not_stamped_again(desk: Desk) -> None:
    desk.stamp()
    assert desk.stamp() is None
    desk.grows()
    assert desk.stamp() is not None
    assert len(desk.served.asked) == 2


def test_the_service_asks_once_a_day_at_most(desk: Desk) -> None:
    desk.stamp(every=STAMP_INTERVAL)
    desk.grows()
    kept = desk.stamps.find_newest()
    assert kept is not None
    asked = Rfc3161Authority(desk.served.url, desk.checker)
    for after, comes in ((timedelta(hours=23), False), (timedelta(hours=25), True)):
        found = stamp_head(
            desk.w.store.custody, desk.stamps, asked, now=kept[1] + after, every=STAMP_INTERVAL
        )
        assert (found is not None) is comes


def test_verify_says_until_which_entry_who_stamped_and_when(desk: Desk) -> None:
    desk.stamp()
    head = desk.grows()
    desk.stamp()
    desk.grows()
    verdict = desk.verdict()
    assert verdict.is_sound, verdict.faults
    assert [one.head.seq for one in verdict.stamps] == [head.seq - 1, head.seq]
    assert (
        str(verdict.stamps[-1])
        == f"entry {head.seq} by {NAME} at {STAMPED_AT + timedelta(days=1):%Y-%m-%d} 06:30:00 UTC"
    )


def test_without_roots_the_signature_is_checked_and_that_nobody_vouches_is_said(desk: Desk) -> None:
    found = desk.stamp(TokenVerifier())
    assert found is not None
    assert not found.rooted
    assert str(found).endswith("(not checked against a root)")
    assert desk.verdict(TokenVerifier()).is_sound


def test_a_chain_that_was_computed_anew_is_found_out_by_its_stamps(desk: Desk) -> None:
    desk.stamp()
    head = desk.w.store.custody.load_head()
    with desk.w.store.engine.begin() as connection:
        line = connection.execute(text("SELECT line FROM custody ORDER BY seq DESC LIMIT 1")).scalar_one()
        line = line.replace('"at":"2', '"at":"1')
        values = {"line": line, "hash": compute_fingerprint(line), "seq": head.seq}
        connection.execute(text("UPDATE custody SET line = :line, hash = :hash WHERE seq = :seq"), values)
    assert verify_chain(desk.w.store.custody, desk.w.archive).is_sound  # as far as the chain alone can tell
    (fault,) = desk.verdict().faults
    assert (fault.seq, fault.kind) == (head.seq, "stamped head not found")
    assert NAME in fault.what


def test_an_entry_that_was_altered_is_not_stamped(desk: Desk) -> None:
    with desk.w.store.engine.begin() as connection:
        connection.execute(text("UPDATE custody SET line = line || ' '"))
    with pytest.raises(Unstamped, match="was altered"):
        desk.stamp()
    assert desk.served.asked == []


@pytest.mark.parametrize("algorithm", ["sha256_ecdsa", "sha256_rsa", "rsassa_pkcs1v15"])
def test_authorities_sign_with_elliptic_curves_or_with_rsa(desk: Desk, algorithm: str) -> None:
    by = keys(algorithm, rsa="rsa" in algorithm)
    desk.served.does = lambda said: answer(token(said, by=by, algorithm=algorithm))
    found = desk.stamp(TokenVerifier())
    assert found is not None
    assert found.by == algorithm
    assert desk.verdict(TokenVerifier((by.root,))).is_sound


@pytest.mark.parametrize("rooted", [True, False])
@pytest.mark.parametrize("leaf_first", [True, False])
def test_authorities_list_their_certificates_in_any_order(desk: Desk, leaf_first: bool, rooted: bool) -> None:
    leaf, middle = (
        one.public_bytes(Encoding.DER) for one in (desk.served.keys.leaf, desk.served.keys.middle)
    )
    first, second = (leaf, middle) if leaf_first else (middle, leaf)
    desk.served.does = lambda said: answer(
        token(said, by=desk.served.keys).replace(second + first, first + second)
    )
    checker = desk.checker if rooted else TokenVerifier()
    assert desk.stamp(checker) is not None
    assert desk.verdict(checker).is_sound
    (kept,) = desk.folder.iterdir()
    assert first + second in kept.read_bytes()  # as it was sent


# ------------------------------------------------------------------- authorities that do not do their duty


TROUBLE: dict[str, tuple[Callable[[Served], Callable[[Said], Answer]], str]] = {
    "refuses": (lambda _: lambda _: answer(refusal()), "status 2: closed on Sundays"),
    "sends garbage": (lambda _: lambda _: answer(b"\x30\x82\xff\xff garbage"), "no time stamp"),
    "sends nothing": (lambda _: lambda _: answer(b""), "no time stamp"),
    "sends a page": (lambda _: lambda _: Answer(body=b"<html>", status=503), "it answered 503"),
    "leads elsewhere": (
        lambda _: lambda _: Answer(status=302, headers={"Location": "http://127.0.0.1:1/"}),
        "it answered 302",
    ),
    "sends without end": (lambda _: lambda _: answer(b"\x30" * (MAX_BYTES + 1)), "longer than"),
    "stamps another digest": (lambda served: served.another_digest, "another digest"),
    "answers another request": (lambda served: served.another_nonce, "another request"),
    "cuts its token short": (
        lambda served: lambda said: answer(token(said, by=served.keys)[:-9]),
        "no time stamp",
    ),
    "signs with the key of somebody else": (
        lambda served: lambda said: answer(token(said, by=replace(served.keys, key=keys("other").key))),
        "vouches",
    ),
    "is vouched for by another root": (
        lambda _: lambda said: answer(token(said, by=keys("other"))),
        "unable to get local issuer certificate",
    ),
    "has a certificate for web pages": (
        lambda _: lambda said: answer(token(said, by=keys("web", ExtendedKeyUsageOID.SERVER_AUTH))),
        "not for time stamps",
    ),
}


@pytest.mark.parametrize("does", TROUBLE)
def test_an_authority_that_does_not_do_its_duty_is_named_and_nothing_is_kept(desk: Desk, does: str) -> None:
    misled, words = TROUBLE[does]
    desk.served.does = misled(desk.served)
    with pytest.raises(Unstamped, match=r"127.0.0.1 gave no time stamp") as said:
        desk.stamp()
    assert words in str(said.value)
    assert not desk.folder.exists()
    desk.served.does = desk.served.duty
    assert desk.stamp() is not None


def test_an_authority_that_is_slow_silent_or_gone_is_named_without_its_password(desk: Desk) -> None:
    newest = desk.w.store.custody.find_newest_entry()
    assert newest is not None
    with pytest.raises(Unstamped, match="gave no time stamp: ConnectTimeout"):
        Rfc3161Authority(desk.served.url, desk.checker, max_seconds=0.0).request_token(*newest)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        desk.served.url = f"http://user:hunter2@127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(Unstamped, match=r"^127.0.0.1 gave no time stamp: ReadTimeout$"):
            desk.stamp(max_seconds=0.3)
    with pytest.raises(Unstamped, match=r"^127.0.0.1 gave no time stamp: ConnectError$"):
        desk.stamp()


def kept(desk: Desk) -> Path:
    desk.stamp()
    (path,) = desk.folder.iterdir()
    return path


def flipped(place: int) -> Callable[[bytes], bytes]:
    return lambda body: body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]


@pytest.mark.parametrize("rooted", [True, False])
@pytest.mark.parametrize(
    "altered",
    [
        lambda body: b"",
        lambda body: body[:-20],
        flipped(-5),  # in the signature
        lambda body: body.replace(b"20261122063000Z", b"20261121063000Z"),
    ],
)
def test_a_token_that_was_altered_is_a_fault(
    desk: Desk,
    altered: Callable[[bytes], bytes],
    rooted: bool,
) -> None:
    path = kept(desk)
    path.write_bytes(altered(path.read_bytes()))
    (fault,) = desk.verdict(desk.checker if rooted else TokenVerifier()).faults
    assert fault.kind == "stamp not good"


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_any_byte_of_a_token_may_be_wrong_and_verify_still_answers(desk: Desk) -> None:
    path = kept(desk)
    body, head = path.read_bytes(), desk.w.store.custody.load_head()
    for checker in (desk.checker, TokenVerifier()):
        for place in range(len(body)):
            for wrong in (body[:place], flipped(place)(body), body[:place] + b"\xff" + body[place + 1 :]):
                with suppress(Unstamped):  # and nothing else is ever raised
                    assert checker.verify_token(TimestampToken(head=head, body=wrong)).head == head


def test_a_token_of_another_head_under_this_name_is_a_fault(desk: Desk) -> None:
    path = kept(desk)
    head = desk.grows()
    path.rename(path.with_name(TimestampToken(head=head, body=b"").file_name))
    (fault,) = desk.verdict().faults
    assert (fault.seq, fault.what) == (head.seq, "it stamps another digest than that of its entry")


def test_without_the_libraries_tokens_are_counted_and_nothing_is_said_of_them(desk: Desk) -> None:
    kept(desk)
    verdict = verify_chain(desk.w.store.custody, desk.w.archive, tokens=desk.stamps.load_tokens())
    assert (verdict.is_sound, verdict.unchecked_tokens, verdict.stamps) == (True, 1, [])


# ------------------------------------------------------------------- what waits, what proves


def test_entries_that_wait_for_days_are_said_and_younger_ones_are_not(desk: Desk) -> None:
    desk.stamp()
    head = desk.w.store.custody.load_head()
    assert desk.w.store.custody.find_entry_time_after(head.seq) is None
    desk.grows()
    since = desk.w.store.custody.find_entry_time_after(head.seq)
    assert since is not None
    assert describe_overdue(since, now=since + OVERDUE_AFTER - timedelta(seconds=1)) == ""
    assert f"since {since:%Y-%m-%d}" in describe_overdue(since, now=since + OVERDUE_AFTER)
    assert describe_overdue(None, now=LATER) == ""


def test_of_many_stamps_those_prove_an_entry_that_were_given_first_after_it() -> None:
    tokens = [TimestampToken(head=ChainHead(seq=seq, hash="a" * 64), body=b"") for seq in (2, 5, 9, 12, 20)]
    head = ChainHead(seq=15, hash="a" * 64)
    assert [one.head.seq for one in select_proving_tokens(tokens, (3, 4, 10), head)] == [5, 12]
    assert select_proving_tokens(tokens, (14,), head) == ()


def test_what_is_no_token_of_ours_in_the_folder_is_left_alone(desk: Desk) -> None:
    path = kept(desk)
    for name in ("notes.txt", "1-x.tsr", "x.part"):
        (path.parent / name).write_bytes(b"x")
    assert len(desk.stamps.load_tokens()) == 1
    assert desk.verdict().is_sound


def test_any_token_is_checked_by_those_who_do_not_know_us(desk: Desk, tmp_path: Path) -> None:
    """By the library of others, in a process of their own: the imprint is the head's hash, the root a PEM file."""
    path = kept(desk)
    (tmp_path / "root.pem").write_bytes(desk.served.keys.pem)
    script = (
        "import sys, pathlib, rfc3161_client as r; from cryptography.x509 import load_pem_x509_certificate as load\n"
        "root = load(pathlib.Path(sys.argv[2]).read_bytes())\n"
        "answer = r.decode_timestamp_response(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "r.VerifierBuilder(roots=[root]).build().verify(answer, bytes.fromhex(sys.argv[3]))\n"
    )
    words = [str(path), str(tmp_path / "root.pem"), desk.w.store.custody.load_head().hash]
    assert subprocess.run([sys.executable, "-I", "-c", script, *words], check=False).returncode == 0
