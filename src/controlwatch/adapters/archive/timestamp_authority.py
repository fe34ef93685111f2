"""A time-stamping authority (RFC 3161): requests tokens and verifies them. Needs the extra `stamps`.

The authority stamps the line of the newest log entry. The line's SHA-256 is the head's hash, and so the
message imprint of the token: with the head, `openssl ts -verify -digest HASH` verifies the token.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from controlwatch.adapters.limits.bounded_http import AnswerTooLong, send_once
from controlwatch.core.evidence.custody import ChainHead
from controlwatch.core.evidence.timestamps import TimestampToken, VerifiedTimestamp
from controlwatch.core.model.errors import Unstamped
from controlwatch.core.model.text_safety import to_one_line

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

#: What to do where the libraries are not installed.
INSTALL_HINT = "needs the extra: pip install 'controlwatch[stamps]'"
MAX_BYTES = 1 << 18  # of an answer; a token with a long certificate chain has a tenth of that
MAX_SECONDS = 30.0  #: for the whole exchange
_SHA256_OID = "2.16.840.1.101.3.4.2.1"
_REQUEST_HEADERS = {"Content-Type": "application/timestamp-query"}


def is_installed() -> bool:
    """Return whether time stamps can be requested and verified here."""
    return all(find_spec(name) is not None for name in ("rfc3161_client", "asn1crypto"))


def load_certificates(pem: bytes) -> tuple[Certificate, ...]:
    """Return the certificates of a PEM file; raises ValueError if it holds none."""
    from cryptography.x509 import load_pem_x509_certificates

    return tuple(load_pem_x509_certificates(pem))


@dataclass(frozen=True, slots=True)
class TokenVerifier:
    """Verifies tokens, against the root certificates if there are any."""

    roots: tuple[Certificate, ...] = ()

    def verify_token(self, token: TimestampToken, *, nonce: int | None = None) -> VerifiedTimestamp:
        """Return what a token proves about its head; raises `Unstamped` when it does not prove it."""
        from cryptography import exceptions, x509

        # What the libraries raise for bytes that are damaged or not a token.
        parse_errors: tuple[type[Exception], ...] = (
            *(ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError),
            *(NotImplementedError, RecursionError, exceptions.UnsupportedAlgorithm),
            *(x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
        )
        try:
            return self._verify_content(token, nonce)
        except parse_errors as error:
            raise Unstamped(f"its bytes are not a time stamp: {to_one_line(str(error), 120)}") from error

    def _verify_content(self, token: TimestampToken, nonce: int | None) -> VerifiedTimestamp:
        from rfc3161_client import VerificationError, VerifierBuilder

        answer = _decode_response(token.body)
        if answer.status != 0:
            reason = to_one_line("; ".join(answer.status_string), 200)
            raise Unstamped(f"it was refused with status {answer.status}{f': {reason}' if reason else ''}")
        info = answer.tst_info
        imprint = info.message_imprint
        if imprint.hash_algorithm.dotted_string != _SHA256_OID or imprint.message.hex() != token.head.hash:
            raise Unstamped("it stamps another digest than that of its entry")
        if nonce is not None and info.nonce != nonce:
            raise Unstamped("it answers another request than ours")
        signer, name = _find_signer(answer)
        if self.roots:
            verifier = VerifierBuilder(roots=list(self.roots)).build()
            try:
                verifier.verify(answer, bytes.fromhex(token.head.hash))
            except VerificationError as error:
                # Only the middle is useful: … Verify error: unable to get local issuer certificate" …
                _, marker, rest = str(error).partition("Verify error: ")
                reason = to_one_line(rest.partition('"')[0] if marker else str(error), 120)
                raise Unstamped(
                    f"no certificate in CONTROLWATCH_TSA_CERTIFICATES vouches for it: {reason}"
                ) from error
        else:
            _verify_signature(answer.time_stamp_token(), signer)
        return VerifiedTimestamp(
            head=token.head,
            at=info.gen_time.astimezone(UTC),
            by=name,
            rooted=bool(self.roots),
        )


@dataclass(frozen=True, slots=True)
class Rfc3161Authority:
    """Requests tokens from an address, which may hold a password and appears in no message."""

    url: str
    verifier: TokenVerifier
    max_seconds: float = MAX_SECONDS

    def request_token(self, head: ChainHead, line: str) -> tuple[TimestampToken, VerifiedTimestamp]:
        """Have the line of a head stamped; raises `Unstamped`, also when the answer proves nothing."""
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

        builder = TimestampRequestBuilder(data=line.encode(), hash_algorithm=HashAlgorithm.SHA256)
        request = builder.build()
        host = urlsplit(self.url).hostname or "the authority"
        try:
            token = TimestampToken(head=head, body=self._post_request(request.as_bytes()))
            return token, self.verifier.verify_token(token, nonce=request.nonce)
        except AnswerTooLong as error:
            raise Unstamped(f"{host} gave no time stamp: {error}") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unstamped(f"{host} gave no time stamp: {type(error).__name__}") from error
        except Unstamped as error:
            raise Unstamped(f"{host} gave no time stamp: {error}") from error

    def _post_request(self, request: bytes) -> bytes:
        answer = send_once(
            "POST",
            self.url,
            seconds=self.max_seconds,
            max_bytes=MAX_BYTES,
            body=request,
            headers=_REQUEST_HEADERS,
        )
        if answer.status != 200:
            raise Unstamped(f"it answered {answer.status}")
        return answer.body


def _decode_response(body: bytes) -> Any:
    """Decode an answer, if need be with its certificates put in the order that DER demands.

    Many authorities list them in the order of the chain, which CMS allows and the library does not. No
    signature covers their order.
    """
    from asn1crypto.cms import CertificateSet
    from asn1crypto.tsp import TimeStampResp
    from rfc3161_client import decode_timestamp_response

    try:
        return decode_timestamp_response(body)
    except ValueError:
        answer = TimeStampResp.load(body)
        signed = answer["time_stamp_token"]["content"]
        certificates = sorted(signed["certificates"], key=lambda certificate: certificate.dump())
        signed["certificates"] = CertificateSet(certificates)
        return decode_timestamp_response(bytes(answer.dump()))


def _find_signer(answer: Any) -> tuple[Certificate, str]:
    """Return the certificate that a token names as its signer's, if it is for time stamps, and its name."""
    from cryptography.x509 import ExtendedKeyUsage, ExtensionNotFound, load_der_x509_certificate
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    (signer,) = answer.signed_data.signer_infos
    signer_id = (signer.issuer, signer.serial_number)
    included = map(load_der_x509_certificate, answer.signed_data.certificates)
    own = [
        certificate
        for certificate in included
        if (certificate.issuer, certificate.serial_number) == signer_id
    ]
    if not own:
        raise Unstamped("the certificate of its signer is not in it")
    try:
        uses = list(own[0].extensions.get_extension_for_class(ExtendedKeyUsage).value)
    except ExtensionNotFound:
        uses = []
    if ExtendedKeyUsageOID.TIME_STAMPING not in uses:
        raise Unstamped("it is signed with a certificate that is not for time stamps")
    subject = own[0].subject
    names = [
        *subject.get_attributes_for_oid(NameOID.COMMON_NAME),
        *subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME),
    ]
    return own[0], to_one_line(str(names[0].value) if names else subject.rfc4514_string(), 120)


def _verify_signature(token: bytes, certificate: Certificate) -> None:
    """Check the signature by the certificate in the token: that proves integrity, not who signed."""
    from asn1crypto.cms import ContentInfo
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    signed = ContentInfo.load(token)["content"]
    (signer,) = signed["signer_infos"]
    digest = hashlib.new(signer["digest_algorithm"]["algorithm"].native)
    attributes = {attribute["type"].native: attribute["values"][0] for attribute in signer["signed_attrs"]}
    digest.update(bytes(signed["encap_content_info"]["content"]))
    if attributes["message_digest"].native != digest.digest():
        raise Unstamped("it was altered since it was signed")
    signature, covered = signer["signature"].native, signer["signed_attrs"].untag().dump()
    try:
        name = signer["signature_algorithm"].hash_algo
    except ValueError:  # plain RSA, which names none
        name = signer["digest_algorithm"]["algorithm"].native
    algorithm = getattr(hashes, name.upper())()
    kind = signer["signature_algorithm"].signature_algo
    try:
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pkcs1v15":
            key.verify(signature, covered, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, covered, ec.ECDSA(algorithm))
        else:
            raise Unstamped("it is signed in a way that is not supported here")
    except (InvalidSignature, UnsupportedAlgorithm) as error:
        raise Unstamped("its signature is not valid") from error
