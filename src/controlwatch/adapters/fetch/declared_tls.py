"""TLS as it is declared for one host: what an old server needs, and certificates that it does not send.

Certificates are always verified, and the name in them too; what is declared holds for one host alone.
"""

from __future__ import annotations

import ssl

import httpx

from controlwatch.core.sources.watcher import HostTls

#: What is accepted of every host: the list that Python ships with, said here because builds for some systems
#: take the looser one of their OpenSSL instead, and a host's weakness would then go undeclared.
_CIPHERS = "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM"
#: RSA key exchange beside what is accepted of every host.
_RSA_KEY_EXCHANGE = "DEFAULT:kRSA:!aNULL:!eNULL:!EXPORT:!LOW:!RC4:!3DES:!MD5:!PSK:!SRP"


def build_tls_context(rules: HostTls | None = None) -> ssl.SSLContext:
    """Return the context for a host; without rules, that for every host.

    Raises `ssl.SSLError` for certificates that cannot be read.
    """
    context = httpx.create_ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    if rules is None:
        return context
    if rules.certificates:
        context.load_verify_locations(cadata=rules.certificates)
    allowed = set(rules.allow)
    old = allowed & {"tls-1.0", "tls-1.1"}
    if "legacy-renegotiation" in allowed:
        context.options |= 0x4  # SSL_OP_LEGACY_SERVER_CONNECT, which Python 3.11 has no name for
    if old:
        context.minimum_version = ssl.TLSVersion.TLSv1 if "tls-1.0" in old else ssl.TLSVersion.TLSv1_1
    if old or "weak-keys" in allowed:
        # OpenSSL 3 counts the signatures of TLS 1.0 and 1.1, of MD5 and SHA-1, as weak.
        context.set_ciphers(f"{_RSA_KEY_EXCHANGE}:@SECLEVEL=0")
    elif "rsa-key-exchange" in allowed:
        context.set_ciphers(_RSA_KEY_EXCHANGE)
    return context
