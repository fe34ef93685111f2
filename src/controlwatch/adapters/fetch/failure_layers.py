"""Say at which layer a request failed, in words that an operator can act on.

The layers, from below: the name of the host, the route to it, the proxy, the TLS handshake, HTTP.
"""

from __future__ import annotations

import re
import ssl

import httpx

#: Reasons of OpenSSL, what each means, and what a declaration of the source can do about it.
_TLS_REASONS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile("UNSAFE_LEGACY_RENEGOTIATION"),
        "the server lacks secure renegotiation (RFC 5746)",
        'allow = ["legacy-renegotiation"]',
    ),
    (
        re.compile("PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS_AVAILABLE|VERSION_TOO_LOW"),
        "the server has only an old version of TLS",
        'allow = ["tls-1.0"]',
    ),
    (
        re.compile("HANDSHAKE_FAILURE|NO_SHARED_CIPHER|INSUFFICIENT_SECURITY|NO_CIPHERS"),
        "the server has no cipher that is accepted here; old servers have the RSA key exchange alone",
        'allow = ["rsa-key-exchange"]',
    ),
    (
        re.compile("TOO_SMALL|TOO_WEAK|WRONG_SIGNATURE_TYPE|LEGACY_SIGALG|MD_TOO|INVALID_DIGEST"),
        "its keys or signatures are weaker than is accepted here",
        'allow = ["weak-keys"]',
    ),
    (
        re.compile("WRONG_VERSION_NUMBER|HTTP_REQUEST|RECORD_LAYER_FAILURE|NOT_SSL"),
        "the server does not answer in TLS",
        "",
    ),
    (re.compile("EOF"), "the server closed the connection", ""),
)
_MISSING_ISSUER, _SELF_SIGNED = frozenset({2, 20, 21, 27}), frozenset({18, 19})
_NOT_YET_VALID, _EXPIRED = 9, 10
_OTHER_HOST = frozenset({62, 64})


def describe_failure(error: Exception, *, timeout: float) -> str:
    """Return the layer at which a request failed, and why; `timeout` is in seconds."""
    text = str(error) or type(error).__name__
    problem = _find_tls_error(error)
    if isinstance(error, httpx.ProxyError):
        return f"proxy: the proxy refuses: {text}"
    if problem is not None:
        return f"TLS handshake: {explain_tls_error(problem)}"
    waited = f"the host did not answer within {timeout:.0f} s"
    if "TLS handshake" in text:
        return f"TLS handshake: {waited}" if isinstance(error, httpx.TimeoutException) else text
    if "was not resolved" in text or "has no address" in text:
        return f"name: {text}"
    layer = "route" if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) else "HTTP"
    return f"{layer}: {waited if isinstance(error, httpx.TimeoutException) else text}"


def explain_tls_error(error: ssl.SSLError) -> str:
    """Return why a TLS handshake failed, and what can be declared for the host."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _explain_certificate(error)
    reason = error.reason or str(error)
    for pattern, meaning, declaration in _TLS_REASONS:
        if pattern.search(reason):
            advice = (
                f"; to accept it for this host, declare {declaration} in [[http.tls]]" if declaration else ""
            )
            return f"{meaning} ({reason}){advice}"
    return str(error)


def _explain_certificate(error: ssl.SSLCertVerificationError) -> str:
    declare = "; its PEM can be declared in [[http.tls]]"
    said = f"({error.verify_message})"
    if error.verify_code in _MISSING_ISSUER:
        return f"an intermediate certificate is not sent, or its root is unknown {said}{declare}"
    if error.verify_code in _SELF_SIGNED:
        return f"the root of its certificate is a private one, or that of a proxy {said}{declare}"
    if error.verify_code == _EXPIRED:
        return f"the certificate has expired {said}; only the site can renew it"
    if error.verify_code == _NOT_YET_VALID:
        return f"the certificate is not valid yet {said}; check the clock of this machine"
    if error.verify_code in _OTHER_HOST:
        return f"the certificate is for another host {said}"
    return f"the certificate is not accepted {said}"


def _find_tls_error(error: BaseException | None) -> ssl.SSLError | None:
    """Return the error of TLS that lies behind an error of httpx, if one does."""
    for _ in range(10):
        if error is None or isinstance(error, ssl.SSLError):
            break
        error = error.__cause__ or error.__context__
    return error if isinstance(error, ssl.SSLError) else None
