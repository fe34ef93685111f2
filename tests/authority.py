"""A time-stamping authority (RFC 3161) on loopback that signs real tokens, and others that do not do their duty."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as plain
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric import rsa as rsa_keys
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from controlwatch.testing.sites import Answer, Asked, Sites

NAME = "Example Time Stamping 时间戳"
STAMPED_AT = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
_SINCE, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Keys:
    """A root that is trusted or not, and the certificates that lead from it to an authority."""

    root: x509.Certificate
    middle: x509.Certificate
    leaf: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa_keys.RSAPrivateKey

    @property
    def pem(self) -> bytes:
        return self.root.public_bytes(Encoding.PEM)


@cache
def keys(
    name: str = NAME,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING,
    *,
    rsa: bool = False,
) -> Keys:
    """Return the keys of an authority, made once in a run."""
    above, between = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    below = rsa_keys.generate_private_key(65537, 2048) if rsa else ec.generate_private_key(ec.SECP256R1())
    top, inner, subject = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name}{what}")]) for what in (" Root", " CA", "")
    )
    issuing = x509.BasicConstraints(ca=True, path_length=None)
    root = _certificate(top, top, above.public_key()).add_extension(issuing, critical=True)
    middle = _certificate(inner, top, between.public_key()).add_extension(issuing, critical=True)
    uses = x509.ExtendedKeyUsage([purpose])
    leaf = _certificate(subject, inner, below.public_key()).add_extension(uses, critical=True)
    return Keys(
        root.sign(above, hashes.SHA256()),
        middle.sign(above, hashes.SHA256()),
        leaf.sign(between, hashes.SHA256()),
        below,
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey | rsa_keys.RSAPublicKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_SINCE)
        .not_valid_after(_UNTIL)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a token is to say."""

    digest: bytes
    nonce: int | None
    at: datetime = STAMPED_AT


def token(said: Said, *, by: Keys, algorithm: str = "sha256_ecdsa") -> bytes:
    """Return an answer that grants a token, signed."""
    info = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": "1.3.6.1.4.1.99999.1",
            "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": said.digest},
            "serial_number": 1,
            "gen_time": said.at,
            **({"nonce": said.nonce} if said.nonce is not None else {}),
        }
    ).dump()
    leaf = plain.Certificate.load(by.leaf.public_bytes(Encoding.DER))
    certificate_id = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(leaf.dump()).digest()})
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.sha256(info).digest()]},
            {
                "type": "signing_certificate_v2",
                "values": [tsp.SigningCertificateV2({"certs": [certificate_id]})],
            },
        ]
    )
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                cms.IssuerAndSerialNumber({"issuer": leaf.issuer, "serial_number": leaf.serial_number}),
            ),
            "digest_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": algorithm}),
            "signature": _signature(by.key, attributes.dump()),
        }
    )
    signed = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(info)},
            "certificates": [leaf, plain.Certificate.load(by.middle.public_bytes(Encoding.DER))],
            "signer_infos": [signer],
        }
    )
    given = {
        "status": {"status": "granted"},
        "time_stamp_token": {"content_type": "signed_data", "content": signed},
    }
    return bytes(tsp.TimeStampResp(given).dump())


def _signature(key: ec.EllipticCurvePrivateKey | rsa_keys.RSAPrivateKey, said: bytes) -> bytes:
    if isinstance(key, rsa_keys.RSAPrivateKey):
        return key.sign(said, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(said, ec.ECDSA(hashes.SHA256()))


def refusal() -> bytes:
    """Return an answer that grants nothing."""
    status = {"status": "rejection", "status_string": ["closed on Sundays"], "fail_info": {"bad_request"}}
    return bytes(_WithoutToken({"status": status}).dump())


class _WithoutToken(core.Sequence):
    _fields = [("status", tsp.PKIStatusInfo)]  # noqa: RUF012 - as the library wants it


@dataclass(slots=True)
class Authority:
    """An authority at work; `does` is how it answers a request."""

    url: str
    keys: Keys
    does: Callable[[Said], Answer] = field(init=False)
    asked: list[Said] = field(default_factory=list)
    at: datetime = STAMPED_AT

    def __post_init__(self) -> None:
        self.does = self.duty

    def duty(self, said: Said) -> Answer:
        return answer(token(said, by=self.keys))

    def another_digest(self, said: Said) -> Answer:
        return self.duty(replace(said, digest=hashlib.sha256(b"something else").digest()))

    def another_nonce(self, said: Said) -> Answer:
        return self.duty(replace(said, nonce=(said.nonce or 0) + 1))

    def takes(self, asked: Asked) -> Answer:
        request = tsp.TimeStampReq.load(asked.body)
        assert asked.headers["content-type"] == "application/timestamp-query"
        imprint = request["message_imprint"]
        assert (imprint["hash_algorithm"]["algorithm"].native, request["cert_req"].native) == ("sha256", True)
        said = Said(digest=imprint["hashed_message"].native, nonce=request["nonce"].native, at=self.at)
        self.asked.append(said)
        self.at += timedelta(days=1)
        return self.does(said)


def answer(body: bytes) -> Answer:
    return Answer(body=body, content_type="application/timestamp-reply")


@contextmanager
def authority(by: Keys | None = None) -> Iterator[Authority]:
    """Open an authority on loopback."""
    with Sites() as sites:
        opened = Authority(f"{sites.origin}/stamp", by or keys())
        sites.put(opened.url, opened.takes)
        yield opened
