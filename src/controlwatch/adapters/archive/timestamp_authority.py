"""A time-stamping authority (RFC 3161): asks it for a token, and checks tokens. Needs the extra `stamps`.

What is stamped is the line of the newest entry. Its SHA-256 is the head's hash, and so the message imprint
of the token: whoever holds the head checks the token with `openssl ts -verify -digest HASH`.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from controlwatch.core.evidence.timestamps import TimestampToken, VerifiedTimestamp
from controlwatch.core.model.errors import Unstamped
from controlwatch.core.model.text_safety import to_one_line

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from controlwatch.core.evidence.custody import ChainHead

#: What to do where the libraries are not installed.
INSTALL_HINT = "needs the extra: pip install 'controlwatch[stamps]'"
MAX_BYTES = 1 << 18  # bytes of an answer: a token with a long chain of certificates has a tenth of that
#: Seconds for a step of the way, and for the whole answer.
TIMEOUT = 10.0
MAX_SECONDS = 30.0
_SHA256_OID = "2.16.840.1.101.3.4.2.1"
_REQUEST_HEADERS = {"Content-Type": "application/timestamp-query", "Accept-Encoding": "identity"}


def is_installed() -> bool:
    """Whether time stamps can be asked for and checked here."""
    return all(find_spec(name) is not None for name in ("rfc3161_client", "asn1crypto"))


def load_certificates(pem: bytes) -> tuple[Certificate, ...]:
    """Return the certificates of a PEM file; raises ValueError where it holds none."""
    from cryptography.x509 import load_pem_x509_certificates

    return tuple(load_pem_x509_certificates(pem))


@dataclass(frozen=True, slots=True)
class TokenVerifier:
    """Checks tokens, against the roots where there are any."""

    roots: tuple[Certificate, ...] = ()

    def verify_token(self, token: TimestampToken, *, nonce: int | None = None) -> VerifiedTimestamp:
        """Return what a token says of its head; raises `Unstamped` where it does not prove that."""
        try:
            return self._verify_content(token, nonce)
        except _list_parse_errors() as error:
            raise Unstamped(f"its bytes are no time stamp: {to_one_line(str(error), 120)}") from error

    def _verify_content(self, token: TimestampToken, nonce: int | None) -> VerifiedTimestamp:
        answer = _decode_response(token.body)
        if answer.status != 0:
            said = to_one_line("; ".join(answer.status_string), 200)
            raise Unstamped(f"it was refused with status {answer.status}{f': {said}' if said else ''}")
        info = answer.tst_info
        imprint = info.message_imprint
        if imprint.hash_algorithm.dotted_string != _SHA256_OID or imprint.message.hex() != token.head.hash:
            raise Unstamped("it stamps another digest than that of its entry")
        if nonce is not None and info.nonce != nonce:
            raise Unstamped("it answers another request than ours")
        signer = _find_signer(answer)
        if self.roots:
            self._verify_roots(answer, token.head)
        else:
            _verify_signature(answer.time_stamp_token(), signer)
        return VerifiedTimestamp(
            head=token.head,
            at=info.gen_time.astimezone(UTC),
            by=_find_signer_name(signer),
            rooted=bool(self.roots),
        )

    def _verify_roots(self, answer: Any, head: ChainHead) -> None:
        from rfc3161_client import VerificationError, VerifierBuilder

        try:
            VerifierBuilder(roots=list(self.roots)).build().verify(answer, bytes.fromhex(head.hash))
        except VerificationError as error:
            why = _extract_reason(str(error))
            raise Unstamped(
                f"no certificate in CONTROLWATCH_TSA_CERTIFICATES vouches for it: {why}"
            ) from error


@dataclass(frozen=True, slots=True)
class Rfc3161Authority:
    """Asks an authority at an address, which may hold a password and stands in no message."""

    url: str
    verifier: TokenVerifier
    timeout: float = TIMEOUT
    max_seconds: float = MAX_SECONDS

    def request_token(self, head: ChainHead, line: str) -> tuple[TimestampToken, VerifiedTimestamp]:
        """Have the line of a head stamped; raises `Unstamped`, also where the answer proves nothing."""
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

        asking = TimestampRequestBuilder(data=line.encode(), hash_algorithm=HashAlgorithm.SHA256)
        request = asking.build()
        try:
            token = TimestampToken(head=head, body=self._post_request(request.as_bytes()))
            return token, self.verifier.verify_token(token, nonce=request.nonce)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unstamped(f"{self._host_name} gave no time stamp: {type(error).__name__}") from error
        except Unstamped as error:
            raise Unstamped(f"{self._host_name} gave no time stamp: {error}") from error

    @property
    def _host_name(self) -> str:
        return urlsplit(self.url).hostname or "the authority"

    def _post_request(self, request: bytes) -> bytes:
        until, got = time.monotonic() + self.max_seconds, b""
        with httpx.stream(
            "POST", self.url, content=request, headers=_REQUEST_HEADERS, timeout=self.timeout
        ) as answer:
            if answer.status_code != 200:
                raise Unstamped(f"it answered {answer.status_code}")
            for piece in answer.iter_raw():
                got += piece
                if len(got) > MAX_BYTES:
                    raise Unstamped(f"its answer is longer than {MAX_BYTES:,} bytes")
                if time.monotonic() > until:
                    raise Unstamped(f"its answer takes longer than {self.max_seconds:.0f} seconds")
        return got


def _list_parse_errors() -> tuple[type[Exception], ...]:
    """Return what the libraries raise at bytes that are not what they should be."""
    from cryptography import exceptions, x509

    ours = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
    theirs = (x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
    return (*ours, NotImplementedError, RecursionError, *theirs, exceptions.UnsupportedAlgorithm)


def _decode_response(body: bytes) -> Any:
    from rfc3161_client import decode_timestamp_response

    try:
        return decode_timestamp_response(body)
    except ValueError:
        return decode_timestamp_response(_sort_certificates(body))


def _sort_certificates(body: bytes) -> bytes:
    """Return an answer with its certificates in the order of DER.

    Many authorities list them as the chain goes, which CMS allows and the library does not. No signature
    covers their order.
    """
    from asn1crypto.cms import CertificateSet
    from asn1crypto.tsp import TimeStampResp

    answer = TimeStampResp.load(body)
    signed = answer["time_stamp_token"]["content"]
    signed["certificates"] = CertificateSet(sorted(signed["certificates"], key=lambda one: one.dump()))
    return bytes(answer.dump())


def _find_signer(answer: Any) -> Certificate:
    """Return the certificate in a token that is said to have signed it, if it is one for time stamps."""
    from cryptography.x509 import ExtendedKeyUsage, ExtensionNotFound, load_der_x509_certificate
    from cryptography.x509.oid import ExtendedKeyUsageOID

    (signer,) = answer.signed_data.signer_infos
    held = [load_der_x509_certificate(one) for one in answer.signed_data.certificates]
    own = [one for one in held if (one.issuer, one.serial_number) == (signer.issuer, signer.serial_number)]
    if not own:
        raise Unstamped("the certificate of its signer is not in it")
    try:
        uses = list(own[0].extensions.get_extension_for_class(ExtendedKeyUsage).value)
    except ExtensionNotFound:
        uses = []
    if ExtendedKeyUsageOID.TIME_STAMPING not in uses:
        raise Unstamped("it is signed with a certificate that is not for time stamps")
    return own[0]


def _verify_signature(token: bytes, signer: Certificate) -> None:
    """Check the signature by the certificate in the token: it says that nothing was damaged, not by whom."""
    from asn1crypto.cms import ContentInfo
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    signed = ContentInfo.load(token)["content"]
    (one,) = signed["signer_infos"]
    digest = hashlib.new(one["digest_algorithm"]["algorithm"].native)
    attributes = {each["type"].native: each["values"][0] for each in one["signed_attrs"]}
    digest.update(bytes(signed["encap_content_info"]["content"]))
    if attributes["message_digest"].native != digest.digest():
        raise Unstamped("it was altered since it was signed")
    try:
        _verify_with_key(signer.public_key(), one)
    except (InvalidSignature, UnsupportedAlgorithm) as error:
        raise Unstamped("its signature is not good") from error


def _verify_with_key(key: Any, signer: Any) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    signature, said = signer["signature"].native, signer["signed_attrs"].untag().dump()
    try:
        algorithm = signer["signature_algorithm"].hash_algo
    except ValueError:  # plain RSA, which names none
        algorithm = signer["digest_algorithm"]["algorithm"].native
    digest = getattr(hashes, algorithm.upper())()
    kind = signer["signature_algorithm"].signature_algo
    if isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pkcs1v15":
        key.verify(signature, said, padding.PKCS1v15(), digest)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, said, ec.ECDSA(digest))
    else:
        raise Unstamped("it is signed in a way that is not known here")


def _find_signer_name(certificate: Certificate) -> str:
    from cryptography.x509.oid import NameOID

    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        names = certificate.subject.get_attributes_for_oid(kind)
        if names:
            return to_one_line(str(names[0].value), 120)
    return to_one_line(certificate.subject.rfc4514_string(), 120)


def _extract_reason(text: str) -> str:
    """Return what is worth telling of a library's words."""
    _, found, rest = text.partition("Verify error: ")
    return to_one_line(rest.partition('"')[0] if found else text, 120)
