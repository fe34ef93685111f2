"""Old TLS and private roots are accepted of the host for which they are declared, and of no other."""

from __future__ import annotations

import ssl
import threading

import pytest
import trustme

from controlwatch.adapters.fetch.declared_tls import build_tls_context
from controlwatch.core.model.errors import SourceError
from controlwatch.core.sources.watcher import HostTls, TlsAllowance
from tests.services.raw_server import RawServer, answer, ask, serving, watcher_of
from tests.waiting import PATIENCE

ROOT, RSA_ROOT = trustme.CA(), trustme.CA(key_type=trustme.KeyType.RSA)
#: An intermediate authority whose certificate the server does not send.
BETWEEN = ROOT.create_child_ca()
PEM = ROOT.cert_pem.bytes().decode()


def served(
    authority: trustme.CA = ROOT, *, identity: str = "127.0.0.1", is_whole: bool = True
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    key_type = trustme.KeyType.RSA if authority is RSA_ROOT else trustme.KeyType.ECDSA
    certificate = authority.issue_cert(identity, key_type=key_type)
    if is_whole:
        certificate.configure_cert(context)
    else:
        with certificate.private_key_pem.tempfile() as key, certificate.cert_chain_pems[0].tempfile() as own:
            context.load_cert_chain(own, key)
    return context


def rsa_only() -> ssl.SSLContext:
    context = served(RSA_ROOT)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA:@SECLEVEL=0")
    return context


def version(only: ssl.TLSVersion) -> ssl.SSLContext:
    context = served(RSA_ROOT)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = only
    return context


def ask_declared(
    server: RawServer, *allow: TlsAllowance, certificates: str, host: str = "127.0.0.1"
) -> bytes:
    rules = HostTls(host=host, allow=allow, certificates=certificates)
    page = ask(watcher_of(server, tls=(rules,)), scheme="https")
    assert page is not None
    return page.body


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("old", "allow", "advice"),
    [
        (rsa_only, "rsa-key-exchange", "cipher"),
        (lambda: version(ssl.TLSVersion.TLSv1), "tls-1.0", "old version of TLS"),
        (lambda: version(ssl.TLSVersion.TLSv1_1), "tls-1.1", "old version of TLS"),
    ],
    ids=["RSA key exchange", "TLS 1.0", "TLS 1.1"],
)
def test_old_tls_is_read_where_it_is_declared_and_else_named_with_what_to_declare(
    old: object, allow: TlsAllowance, advice: str
) -> None:
    roots = RSA_ROOT.cert_pem.bytes().decode()
    with serving(lambda _path, _head: answer(b"ok"), tls=old()) as server:  # type: ignore[operator]
        with pytest.raises(SourceError, match=rf"TLS handshake: .*{advice}.*declare allow"):
            ask_declared(server, certificates=roots)
        assert ask_declared(server, allow, certificates=roots) == b"ok"
        with pytest.raises(SourceError, match="TLS handshake"):
            ask_declared(server, allow, certificates=roots, host="www.other.example")


def test_secure_renegotiation_is_given_up_only_where_that_is_declared() -> None:
    legacy = 0x4  # SSL_OP_LEGACY_SERVER_CONNECT
    assert build_tls_context(HostTls(host="h", allow=("legacy-renegotiation",))).options & legacy
    assert not build_tls_context(HostTls(host="h", allow=("weak-keys", "tls-1.0"))).options & legacy
    assert not build_tls_context().options & legacy


@pytest.mark.parametrize(
    ("tls", "certificates", "says"),
    [
        (served(), "", "its root is unknown"),
        (served(BETWEEN, is_whole=False), PEM, "intermediate certificate is not sent"),
        (served(identity="www.other.example"), PEM, "for another host"),
        (served(trustme.CA()), PEM, "certificate"),
    ],
    ids=["a private root", "a missing intermediate", "another host", "another root"],
)
def test_a_certificate_that_is_not_accepted_is_named_with_its_reason(
    tls: ssl.SSLContext, certificates: str, says: str
) -> None:
    expected = pytest.raises(SourceError, match=rf"TLS handshake: .*{says}")
    with serving(lambda _path, _head: answer(b"ok"), tls=tls) as server, expected:
        ask_declared(server, certificates=certificates)


@pytest.mark.parametrize(
    ("tls", "certificates"),
    [
        (served(), PEM),
        (served(BETWEEN), PEM),
        (served(BETWEEN, is_whole=False), PEM + BETWEEN.cert_pem.bytes().decode()),
    ],
    ids=["a private root", "a private root far up", "a missing intermediate"],
)
def test_declared_certificates_complete_what_the_host_sends(tls: ssl.SSLContext, certificates: str) -> None:
    with serving(lambda _path, _head: answer(b"ok"), tls=tls) as server:
        assert ask_declared(server, certificates=certificates) == b"ok"


@pytest.mark.parametrize(
    ("url", "layer"),
    [
        ("http://no-such-host.invalid/", "name: "),
        ("http://127.0.0.1:1/", "route: "),
        ("https://{plain}/", "TLS handshake: the server does not answer in TLS"),
        ("http://{silent}/", "HTTP: the host did not answer within"),
        ("https://{silent}/", "TLS handshake: the host did not answer within"),
    ],
)
def test_a_failure_names_the_layer_that_failed(url: str, layer: str) -> None:
    over = threading.Event()

    def wait(_path: str, _head: str) -> bytes:
        over.wait(PATIENCE)
        return b""

    refusal = b"HTTP/1.1 400 no\r\n\r\n"
    with (
        serving(lambda _path, _head: refusal) as plain,
        serving(wait) as silent,
    ):
        scheme, _, host = url.format(plain=plain.host, silent=silent.host).rstrip("/").partition("://")
        watcher = watcher_of(RawServer(host), timeout=0.5 if "silent" in url else PATIENCE)
        with pytest.raises(SourceError, match=layer):
            ask(watcher, "/", scheme=scheme)
        over.set()
