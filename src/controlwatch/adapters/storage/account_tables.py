"""The tables of people, their sessions and tokens, what they did, and what they saved. Instants are UTC."""

from datetime import date, datetime

from sqlmodel import Field

from controlwatch.adapters.storage.column_types import TableRow, build_json_field, build_text_field, get_table


class AccountRow(TableRow, table=True):
    """A person with a login."""

    __tablename__ = "account"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    email: str = Field(default="", index=True)
    role: str
    language: str
    password: str | None = None  #: argon2 hash; None: logs in by passkey or provider only
    provider: str | None = Field(default=None, unique=True)  #: issuer and subject of OpenID Connect
    created_at: datetime
    disabled_at: datetime | None = None
    looked_at: datetime | None = None


class PasskeyRow(TableRow, table=True):
    """A passkey of a person."""

    __tablename__ = "passkey"

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    credential: str = Field(unique=True)  #: its id, in base64url
    public_key: str = build_text_field()  #: in base64url
    sign_count: int = 0
    name: str = ""
    created_at: datetime
    used_at: datetime | None = None


class LoginSessionRow(TableRow, table=True):
    """A session of a person, in one browser."""

    __tablename__ = "login_session"

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    hash: str = Field(unique=True)  #: SHA-256 of the token in the cookie
    agent: str = build_text_field()  #: what the browser calls itself
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


class ApiTokenRow(TableRow, table=True):
    """A token of a person, for programs."""

    __tablename__ = "api_token"

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    name: str
    hash: str = Field(unique=True)  #: SHA-256 of the token
    scopes: list[str] = build_json_field()
    created_at: datetime
    used_at: datetime | None = None
    expires_at: datetime | None = None
    ended_at: datetime | None = None


class AuditRow(TableRow, table=True):
    """What somebody did; never changed."""

    __tablename__ = "audit"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(index=True)
    who: str = Field(index=True)
    what: str  #: login, login failed, subscribe, pause, acknowledge, …
    subject: str = build_text_field()
    detail: str = build_text_field()
    address: str = ""  #: network address of the client


class SavedFilterRow(TableRow, table=True):
    """A filter of notices that a person saved; its feed and its calendar have addresses of their own."""

    __tablename__ = "saved_filter"

    id: int | None = Field(default=None, primary_key=True)
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    name: str
    query: str = build_text_field()  #: as in the address of the list of notices
    created_at: datetime
    ended_at: datetime | None = None


class CalendarEventRow(TableRow, table=True):
    """A key date as calendars were last given it: its UID stays, its sequence grows when it moves."""

    __tablename__ = "calendar_event"

    uid: str = Field(primary_key=True)
    key: str = Field(index=True)  #: of the notice
    event: str
    slot: str
    day: date = Field(index=True)
    summary: str = build_text_field()
    sequence: int = 0
    changed_at: datetime
    cancelled_at: datetime | None = None


ACCOUNT = get_table(AccountRow)
PASSKEY = get_table(PasskeyRow)
LOGIN_SESSION = get_table(LoginSessionRow)
API_TOKEN = get_table(ApiTokenRow)
AUDIT = get_table(AuditRow)
SAVED_FILTER = get_table(SavedFilterRow)
CALENDAR_EVENT = get_table(CalendarEventRow)
