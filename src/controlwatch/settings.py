"""Environment → Settings, read once; a value that cannot be used is refused at the start, by its key."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)

from controlwatch.core.model.account import Role
from controlwatch.core.model.errors import DeclarationError
from controlwatch.core.model.mail_servers import ImapUrl, SmtpUrl

PREFIX = "CONTROLWATCH_"
#: Names a file with settings; those of the environment count more.
SETTINGS_FILE_KEY = f"{PREFIX}SETTINGS"
MIN_SECRET_LENGTH = 32
#: https://alerts.example.com, http://127.0.0.1:8080/controlwatch: safe in a header and in a link
PUBLIC_URL = re.compile(r"(?=.{1,200}$)https?://[A-Za-z0-9.\-\[\]:]+(?:/[A-Za-z0-9._~/-]*)?")
#: The name of a destination.
DESTINATION_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
#: Days for which logs that prove nothing are kept.
LOG_DAYS = 400
#: The archive in the state directory, which no other machine sees.
PRIVATE_ARCHIVE = "folder"


def parse_destinations(text: str) -> dict[str, str]:
    """Return the address of each destination by its name, from lines of `name = address`.

    Blank lines and comments, which begin with #, are skipped. Raises ValueError; its message shows no
    address.

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
                f"line {n} must look like: teams = workflows://…; names consist of a-z, 0-9, - and _"
            )
        if name in found:
            raise ValueError(f"line {n} declares {name} twice")
        found[name] = address
    if not found:
        raise ValueError("declares no destination; add lines such as: teams = workflows://…")
    return found


def parse_role_values(text: str) -> dict[str, Role]:
    """Return the role by each value of a claim, from lines of `role = value`; raises ValueError.

    >>> parse_role_values("officer = export compliance; operator = cn=admins,dc=example")
    {'export compliance': <Role.OFFICER: 'officer'>, 'cn=admins,dc=example': <Role.OPERATOR: 'operator'>}
    """
    found: dict[str, Role] = {}
    for line in filter(None, (part.strip() for part in re.split(r"[;\n]", text))):
        role, _, value = (part.strip() for part in line.partition("="))
        if role not in set(Role) or not value:
            raise ValueError("must look like: officer = value of the claim; roles are " + ", ".join(Role))
        found[value] = Role(role)
    return found


def _check_web_address(text: str) -> None:
    """Raise ValueError where a text is not an address of http or https."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http:// or https:// address")


def _check_model_address(text: str) -> None:
    """Raise ValueError where a text is not the address of a model, without a key in it."""
    _check_web_address(text)
    parts = urlsplit(text)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must be an address without ?, # and @; the key is a setting of its own")


def _check_issuer(text: str) -> None:
    """Raise ValueError where a text is not the address of a provider: https, or http on this machine."""
    _check_web_address(text)
    parts = urlsplit(text)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must be an address without ?, # and @")
    if parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError("must be an https:// address")


def _validate(check: Callable[[str], object]) -> AfterValidator:
    """Return a validator that refuses the values on which a check raises ValueError."""

    def validate(value: str | SecretStr | None) -> str | SecretStr | None:
        if value is not None:
            check(value.get_secret_value() if isinstance(value, SecretStr) else value)
        return value

    return AfterValidator(validate)


#: A blank value leaves a setting unset.
_blank_to_none = BeforeValidator(
    lambda value: None if isinstance(value, str) and not value.strip() else value
)
_blank_to_folder = BeforeValidator(
    lambda value: PRIVATE_ARCHIVE if isinstance(value, str) and not value.strip() else value
)
OptionalText = Annotated[str | None, _blank_to_none]
OptionalSecret = Annotated[SecretStr | None, _blank_to_none]
WebAddress = Annotated[OptionalText, _validate(_check_web_address)]
SecretWebAddress = Annotated[OptionalSecret, _validate(_check_web_address)]


def read_setting(key: str, environ: Mapping[str, str]) -> str | None:
    """Return a value of the environment; where <key>_FILE is set, the content of the file that it names."""
    file = environ.get(f"{key}_FILE")
    if file is None:
        return environ.get(key)
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise DeclarationError("environment", f"{key}_FILE", f"cannot be read: {error.strerror}") from error


def read_settings_file(path: Path) -> dict[str, str]:
    """Return the settings in a file by their names: one CONTROLWATCH_NAME=value a line, without quotes.

    Blank lines and lines that begin with # are skipped. Raises `DeclarationError`, whose message shows no
    value.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise DeclarationError(
            "environment", SETTINGS_FILE_KEY, f"{path} cannot be read: {reason}"
        ) from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not key.startswith(PREFIX) or key == SETTINGS_FILE_KEY:
            raise DeclarationError(path.name, f"line {number}", f"must look like {PREFIX}STATE_DIR=state")
        found[key] = value
    return found


class Settings(BaseModel):
    """Secrets and places, by CONTROLWATCH_<NAME>; <NAME>_FILE names a file with the value instead."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state_dir: Path = Path("state")
    database_url: OptionalSecret = None  #: default: SQLite in state_dir
    #: where bodies are: folder (in state_dir), file:///folder, database, s3://bucket/prefix
    archive: Annotated[str, _blank_to_folder] = PRIVATE_ARCHIVE
    #: embedded: one machine; postgresql: any number of workers on one database
    engine: Literal["embedded", "postgresql"] = "embedded"
    watchers_dir: Path | None = None
    slack_bot_token: OptionalSecret = None
    slack_signing_secret: OptionalSecret = None  #: of the Slack app; for its commands over HTTP
    slack_app_token: OptionalSecret = None  #: xapp-…; for its commands over Socket Mode, without an open port
    slack_managers: OptionalText = None  #: users who may manage a channel's subscriptions; unset: all
    slack_api_url: WebAddress = None
    listen: OptionalText = None  #: host:port of the HTTP server; unset: none
    #: requests of the API and of the MCP server over HTTP that one token may send in a minute
    api_requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 600
    smtp_url: Annotated[OptionalSecret, _validate(SmtpUrl.parse)] = (
        None  #: smtp://user:pass@host:587?starttls=true
    )
    mail_from: OptionalText = None
    mailbox_url: Annotated[OptionalSecret, _validate(ImapUrl.parse)] = (
        None  #: its mails are read as press reports
    )
    webhook_secret: OptionalSecret = None  #: signs what is posted to webhooks
    #: other chats, one a line: name = address of apprise, which holds tokens
    apprise: Annotated[OptionalSecret, _validate(parse_destinations)] = None
    public_url: OptionalText = None  #: address of the HTTP server from outside: https://alerts.example.com
    secret: OptionalSecret = None  #: signs the links in mails; default: created once and kept in state_dir
    oidc_issuer: Annotated[OptionalText, _validate(_check_issuer)] = (
        None  #: https://login.example.com: a provider of OpenID Connect
    )
    oidc_client_id: OptionalText = None  #: how this installation is known there
    oidc_client_secret: OptionalSecret = None
    oidc_role_claim: OptionalText = None  #: claim that states roles: groups, realm_access.roles
    #: role of a person by a value of that claim, one a line: officer = value
    oidc_roles: Annotated[OptionalText, _validate(parse_role_values)] = None
    #: a second reader beside the rules: the interface of its host, or what needs none; unset: off
    second_reader: Annotated[Literal["openai", "anthropic", "recorded", "wording"] | None, _blank_to_none] = (
        None
    )
    second_reader_url: Annotated[OptionalText, _validate(_check_model_address)] = None
    second_reader_model: OptionalText = None
    second_reader_key: OptionalSecret = None
    second_reader_sources: OptionalText = None  #: ids of sources it may read; unset: the official ones
    second_reader_monthly_tokens: Annotated[int, Field(ge=1, le=10**10)] = 2_000_000
    second_reader_timeout: Annotated[float, Field(ge=1, le=300)] = 30.0  #: seconds for a whole answer
    second_reader_answers: Annotated[Path | None, _blank_to_none] = None  #: recorded answers
    heartbeat_url: SecretWebAddress = None  #: requested after each round without problems
    tsa_url: SecretWebAddress = (
        None  #: time-stamping authority (RFC 3161), asked once a day; may hold a password
    )
    #: PEM file of the roots that its tokens must lead to
    tsa_certificates: Annotated[Path | None, _blank_to_none] = None
    connect_to: WebAddress = None  #: send every source request to this origin instead (the demo's loopback)
    #: days for which the log of polls and the failed logins are kept
    log_days: Annotated[int, Field(ge=30, le=36_500)] = LOG_DAYS
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value),
    ] = "INFO"

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
        """The Slack users who may manage the subscriptions of channels; empty: every user may."""
        return frozenset(word.strip() for word in (self.slack_managers or "").split(",") if word.strip())

    @property
    def database(self) -> str:
        """The database address; by default a SQLite file in the state directory."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.state_dir / 'controlwatch.db'}"

    @property
    def is_shared(self) -> bool:
        """Whether nothing that other machines need is in the state directory."""
        return self.has_server and self.archive != PRIVATE_ARCHIVE and self.secret is not None

    @property
    def is_cluster(self) -> bool:
        """Whether any number of machines run the service on one database."""
        return self.engine == "postgresql"

    @property
    def has_server(self) -> bool:
        """Whether the database is on a server, so that other machines can use it."""
        return not self.database.startswith("sqlite")

    @property
    def provider_roles(self) -> dict[str, Role]:
        """The role by each value of the claim of roles; unset, the values are the names of roles."""
        return parse_role_values(self.oidc_roles) if self.oidc_roles else {role.value: role for role in Role}

    @property
    def destinations(self) -> dict[str, str]:
        """The addresses of other chats by their names."""
        return parse_destinations(self.apprise.get_secret_value()) if self.apprise is not None else {}

    def find_watchers_folder(self) -> Path:
        """Return the directory of the declarations: as set, else ./watchers, else that of the package.

        Raises `DeclarationError` where there is none.
        """
        key = "CONTROLWATCH_WATCHERS_DIR"
        if self.watchers_dir is not None:
            if not self.watchers_dir.is_dir():
                raise DeclarationError("environment", key, f"{self.watchers_dir} is not a directory")
            return self.watchers_dir
        here = Path(__file__).parent
        folders = (Path("watchers"), here / "_watchers", here.parents[1] / "watchers")
        found = next((folder for folder in folders if any(folder.glob("*.toml"))), None)
        if found is None:
            raise DeclarationError("environment", key, "no directory of watchers was found")
        return found

    @classmethod
    def load(cls) -> Self:
        """Return the settings of the environment, and of the file that CONTROLWATCH_SETTINGS names.

        Raises `DeclarationError` naming the key that is wrong.
        """
        file = os.environ.get(SETTINGS_FILE_KEY, "").strip()
        return cls.parse({**(read_settings_file(Path(file)) if file else {}), **os.environ})

    @classmethod
    def parse(cls, environ: Mapping[str, str]) -> Self:
        """Return the settings that these variables state; raises `DeclarationError` as `load` does."""
        allowed = {PREFIX + name.upper() for name in cls.model_fields}
        for key in environ:
            # keys of the test suite
            if not key.startswith(PREFIX) or key.startswith(f"{PREFIX}TEST_") or key == SETTINGS_FILE_KEY:
                continue
            if key.removesuffix("_FILE") not in allowed:
                known = ", ".join(sorted(allowed))
                raise DeclarationError("environment", key, f"unknown setting; the settings are {known}")
        found = {name: read_setting(PREFIX + name.upper(), environ) for name in cls.model_fields}
        try:
            settings = cls.model_validate({name: value for name, value in found.items() if value is not None})
        except ValidationError as error:
            first = error.errors()[0]
            key = PREFIX + str(first["loc"][0]).upper()
            raise DeclarationError("environment", key, first["msg"]) from error
        if settings.smtp_url is not None:
            settings.get_mail_sender()
        if settings.oidc_issuer is not None and settings.oidc_client_id is None:
            key = f"{PREFIX}OIDC_CLIENT_ID"
            raise DeclarationError("environment", key, f"is needed with {PREFIX}OIDC_ISSUER")
        return settings

    def get_mail_sender(self) -> str:
        """Return the sender of mails; raises `DeclarationError` where none is set."""
        if self.mail_from is None:
            key = f"{PREFIX}MAIL_FROM"
            raise DeclarationError(
                "environment", key, f"is needed with {PREFIX}SMTP_URL: the sender's address"
            )
        return self.mail_from
