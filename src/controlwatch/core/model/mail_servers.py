"""Addresses of mail servers, as operators write them: smtp://user:pass@host:587?starttls=true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Self
from urllib.parse import parse_qs, unquote, urlsplit

Tls = Literal["none", "starttls", "implicit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _MailServerUrl:
    """The parts of the address of a mail server."""

    scheme: ClassVar[str]
    example: ClassVar[str]
    ports: ClassVar[Mapping[Tls, int]]
    quoting: ClassVar[str] = "write #, ?, / and @ in a password as %23, %3F, %2F and %40"

    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    tls: Tls
    path: str = ""

    @classmethod
    def parse(cls, url: str) -> Self:
        """Return the parts of an address; raises ValueError, whose message shows no part of it."""
        try:
            parts = urlsplit(url)
        except ValueError:
            raise ValueError(f"must look like {cls.example}") from None
        if parts.scheme not in {cls.scheme, f"{cls.scheme}s"} or not parts.hostname:
            raise ValueError(f"must look like {cls.example}")
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        if set(query) - {"starttls"}:  # which may be part of a password
            raise ValueError(f"takes one option only, starttls=true|false; {cls.quoting}")
        starttls = query.get("starttls", "false").lower() == "true"
        tls: Tls = "implicit" if parts.scheme == f"{cls.scheme}s" else "starttls" if starttls else "none"
        try:
            port = parts.port or cls.ports[tls]
        except ValueError:  # its message would show part of the password
            raise ValueError(f"needs a number as its port; {cls.quoting}") from None
        user, password = (unquote(text) if text else None for text in (parts.username, parts.password))
        path = unquote(parts.path.strip("/"))
        return cls(host=parts.hostname, port=port, user=user, password=password, tls=tls, path=path)


class SmtpUrl(_MailServerUrl):
    """The address of a server that sends mail: smtp://user:pass@host:587?starttls=true."""

    scheme = "smtp"
    example = "smtp://user:pass@host:587?starttls=true, or smtps://host"
    ports: ClassVar[Mapping[Tls, int]] = {"implicit": 465, "starttls": 587, "none": 25}


class ImapUrl(_MailServerUrl):
    """The address of a mailbox and a folder in it: imaps://user:pass@host:993/INBOX."""

    scheme = "imap"
    example = "imaps://user:pass@host/INBOX, or imap://user:pass@host/INBOX?starttls=true"
    ports: ClassVar[Mapping[Tls, int]] = {"implicit": 993, "starttls": 143, "none": 143}

    @classmethod
    def parse(cls, url: str) -> Self:
        """Return the parts of an address; raises ValueError, also where user or password is missing."""
        found = super().parse(url)
        if not found.user or not found.password:
            raise ValueError(f"must name user and password: {cls.example}")
        if not all(text.isprintable() for text in (found.user, found.password, found.path)):
            raise ValueError("contains characters that cannot be printed")
        return found
