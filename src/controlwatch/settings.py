"""Environment → Settings, read once; nonsense is refused at the start with the name of the key."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BeforeValidator, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from controlwatch.core.model.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

PREFIX = "CONTROLWATCH_"
MIN_SECRET_LENGTH = 32
#: https://alerts.example.com, http://127.0.0.1:8080/controlwatch: what a header and a link take as it stands
PUBLIC_URL = re.compile(r"(?=.{1,200}$)https?://[A-Za-z0-9.\-\[\]:]+(?:/[A-Za-z0-9._~/-]*)?")
#: What a destination may be called.
DESTINATION_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
Tls = Literal["none", "starttls", "implicit"]


def _unset_blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


OptionalText = Annotated[str | None, BeforeValidator(_unset_blank)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_unset_blank)]


class Settings(BaseSettings):
    """Secrets and places. Every key is CONTROLWATCH_<NAME>; each has a twin <NAME>_FILE."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    state_dir: Path = Path("state")
    database_url: OptionalSecret = None  #: default: SQLite in state_dir
    watchers_dir: Path | None = None
    slack_bot_token: OptionalSecret = None
    slack_signing_secret: OptionalSecret = None  #: of the Slack app; takes its commands over HTTP
    slack_app_token: OptionalSecret = None  #: xapp-…: takes commands over Socket Mode, without an open port
    slack_managers: OptionalText = (
        None  #: user ids that may manage a channel's subscriptions; unset: everybody
    )
    slack_api_url: OptionalText = None
    listen: OptionalText = None  #: host:port of the HTTP side; unset: none
    smtp_url: OptionalSecret = None  #: smtp://user:pass@host:587?starttls=true, or smtps://…
    mail_from: OptionalText = None
    mailbox_url: OptionalSecret = None  #: imaps://user:pass@host/INBOX: its mails are taken in as reports
    webhook_secret: OptionalSecret = None  #: signs what is posted to webhooks
    apprise: OptionalSecret = None  #: other chats, one a line: name = address of apprise, which holds tokens
    public_url: OptionalText = None  #: where people reach us from outside: https://alerts.example.com
    secret: OptionalSecret = None  #: signs the links in mails; default: made once and kept in state_dir
    heartbeat_url: OptionalSecret = None  #: asked after each round in which nothing needs a person
    tsa_url: OptionalSecret = (
        None  #: a time-stamping authority (RFC 3161), asked once a day; its address may hold a password
    )
    tsa_certificates: Annotated[Path | None, BeforeValidator(_unset_blank)] = (
        None  #: PEM file of the roots that its tokens must lead to
    )
    connect_to: OptionalText = None  #: send every source request to this origin instead (the demo's loopback)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("smtp_url")
    @classmethod
    def _check_smtp_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            SmtpUrl.parse(value.get_secret_value())
        return value

    @field_validator("mailbox_url")
    @classmethod
    def _check_mailbox_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            ImapUrl.parse(value.get_secret_value())
        return value

    @field_validator("apprise")
    @classmethod
    def _check_apprise(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_destinations(value.get_secret_value())
        return value

    @field_validator("heartbeat_url")
    @classmethod
    def _check_heartbeat_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and urlsplit(value.get_secret_value()).scheme not in {"http", "https"}:
            raise ValueError("must be an http:// or https:// address")
        return value

    @field_validator("tsa_url")
    @classmethod
    def _check_tsa_url(cls, value: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(value.get_secret_value()) if value is not None else None
        if parts is not None and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError("must be an http:// or https:// address")
        return value

    @field_validator("slack_api_url", "connect_to")
    @classmethod
    def _check_http_url(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).scheme not in {"http", "https"}:
            raise ValueError("must be an http:// or https:// address")
        return value

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str | None) -> str | None:
        if value is not None and not PUBLIC_URL.fullmatch(value):
            raise ValueError("must be an http:// or https:// address without ? and #, 200 characters at most")
        return value.rstrip("/") if value is not None else None

    @field_validator("secret")
    @classmethod
    def _check_secret_length(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().strip()) < MIN_SECRET_LENGTH:
            raise ValueError(f"must have at least {MIN_SECRET_LENGTH} characters")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _uppercase_log_level(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("listen")
    @classmethod
    def _check_listen_address(cls, value: str | None) -> str | None:
        if value is not None:
            host, colon, port = value.rpartition(":")
            if not (host and colon and port.isdecimal() and int(port) <= 65535):
                raise ValueError("must look like 127.0.0.1:8080")
        return value

    @property
    def managers(self) -> frozenset[str]:
        """Slack users who may manage the subscriptions of a channel; empty: everybody may."""
        return frozenset(word.strip() for word in (self.slack_managers or "").split(",") if word.strip())

    @property
    def database(self) -> str:
        """The database address, the embedded default included."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.state_dir / 'controlwatch.db'}"

    @property
    def destinations(self) -> dict[str, str]:
        """The addresses of other chats by their names; none where none is set."""
        return parse_destinations(self.apprise.get_secret_value()) if self.apprise is not None else {}

    def find_watchers_folder(self) -> Path:
        """Where the declarations are: as set, else ./watchers, else those that came with the package."""
        key = "CONTROLWATCH_WATCHERS_DIR"
        if self.watchers_dir is not None:
            if not self.watchers_dir.is_dir():
                raise DeclarationError("environment", key, f"{self.watchers_dir} is no folder")
            return self.watchers_dir
        here = Path(__file__).parent
        folders = (Path("watchers"), here / "_watchers", here.parents[1] / "watchers")
        found = next((folder for folder in folders if any(folder.glob("*.toml"))), None)
        if found is None:
            raise DeclarationError(
                "environment", "CONTROLWATCH_WATCHERS_DIR", "no folder of watchers was found"
            )
        return found

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then <NAME>_FILE, then <NAME>."""
        del dotenv_settings, file_secret_settings
        return init_settings, _FileSettingsSource(settings_cls), env_settings

    @classmethod
    def load(cls) -> Self:
        """Read the environment. Raises `DeclarationError` naming the key that makes no sense."""
        _refuse_unknown(cls)
        try:
            return cls()
        except ValidationError as error:
            first = error.errors()[0]
            key = PREFIX + str(first["loc"][0]).upper()
            raise DeclarationError("environment", key, first["msg"]) from error


class _FileSettingsSource(PydanticBaseSettingsSource):
    """CONTROLWATCH_X_FILE names a file that holds the value, as container secrets are mounted."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str | None, str, bool]:
        del field
        key = f"{PREFIX}{field_name.upper()}_FILE"
        file = os.environ.get(key)
        if file is None:
            return None, field_name, False
        try:
            return Path(file).read_text(encoding="utf-8").strip(), field_name, False
        except OSError as error:
            raise DeclarationError("environment", key, f"cannot be read: {error.strerror}") from error

    def __call__(self) -> dict[str, str]:
        found = (
            (name, self.get_field_value(field, name)[0])
            for name, field in self.settings_cls.model_fields.items()
        )
        return {name: value for name, value in found if value is not None}


def _refuse_unknown(settings: type[Settings]) -> None:
    allowed = {PREFIX + name.upper() for name in settings.model_fields}
    for key in os.environ:
        # The test suite's own key is not the service's business.
        if (
            key.startswith(PREFIX)
            and not key.startswith(f"{PREFIX}TEST_")
            and key.removesuffix("_FILE") not in allowed
        ):
            raise DeclarationError(
                "environment", key, f"no such setting; there are {', '.join(sorted(allowed))}"
            )


def parse_destinations(text: str) -> dict[str, str]:
    """Return the address of each destination by its name, from lines of `name = address`.

    Blank lines and those that begin with # say nothing. ValueError for any other; it shows no address.

    >>> parse_destinations("# chats\\nteams = workflows://host/flow/signature")
    {'teams': 'workflows://host/flow/signature'}
    """
    found: dict[str, str] = {}
    for n, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, address = (part.strip() for part in line.partition("="))
        if not equals or "://" not in address or not DESTINATION_NAME.fullmatch(name):
            raise ValueError(
                f"line {n} must look like: teams = workflows://…; names are of a-z, 0-9, - and _"
            )
        if name in found:
            raise ValueError(f"line {n} names {name} again")
        found[name] = address
    if not found:
        raise ValueError("declares no destination; write lines such as: teams = workflows://…")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _MailServerUrl:
    """The address of a mail server taken apart."""

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
        """Take an address apart; ValueError, without any piece of it, when it is not one."""
        try:
            parts = urlsplit(url)
        except ValueError:
            raise ValueError(f"must look like {cls.example}") from None
        if parts.scheme not in {cls.scheme, f"{cls.scheme}s"} or not parts.hostname:
            raise ValueError(f"must look like {cls.example}")
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        if set(query) - {"starttls"}:  # which may be a piece of a password, too
            raise ValueError(f"has one option alone, starttls=true|false; {cls.quoting}")
        starttls = query.get("starttls", "false").lower() == "true"
        tls: Tls = "implicit" if parts.scheme == f"{cls.scheme}s" else "starttls" if starttls else "none"
        try:
            port = parts.port or cls.ports[tls]
        except ValueError:  # its message would show a piece of the password
            raise ValueError(f"has a port that is no number; {cls.quoting}") from None
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
        """Take an address apart; ValueError when it is not one, or says not who enters."""
        found = super().parse(url)
        if not found.user or not found.password:
            raise ValueError(f"must name user and password: {cls.example}")
        if not all(text.isprintable() for text in (found.user, found.password, found.path)):
            raise ValueError("holds characters that cannot be printed")
        return found
