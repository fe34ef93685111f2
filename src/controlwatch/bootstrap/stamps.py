"""Time stamps on the chain of custody: where they lie, who gives them, what checks them."""

from __future__ import annotations

from datetime import UTC, datetime

from controlwatch.adapters.archive import timestamp_authority
from controlwatch.bootstrap.archive_addresses import open_timestamps
from controlwatch.core.evidence.timestamps import describe_overdue
from controlwatch.core.model.errors import DeclarationError
from controlwatch.services.store import Store
from controlwatch.settings import Settings


def build_stamp_checker(settings: Settings) -> timestamp_authority.TokenVerifier:
    """Return what checks time stamps; raises `DeclarationError` where the roots cannot be read."""
    path = settings.tsa_certificates
    if path is None:
        return timestamp_authority.TokenVerifier()
    key = "CONTROLWATCH_TSA_CERTIFICATES"
    try:
        return timestamp_authority.TokenVerifier(timestamp_authority.load_certificates(path.read_bytes()))
    except OSError as error:
        raise DeclarationError("environment", key, f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise DeclarationError("environment", key, f"{path} holds no certificates in PEM") from error


def build_timestamp_authority(settings: Settings) -> timestamp_authority.Rfc3161Authority | None:
    """Return the authority that stamps the chain; None where none is set. Raises `DeclarationError`."""
    if settings.tsa_url is None:
        return None
    if not timestamp_authority.is_installed():
        raise DeclarationError("environment", "CONTROLWATCH_TSA_URL", timestamp_authority.INSTALL_HINT)
    return timestamp_authority.Rfc3161Authority(
        settings.tsa_url.get_secret_value(), build_stamp_checker(settings)
    )


def find_stamp_warning(settings: Settings, store: Store) -> str:
    """Say that the authority has given no stamp for too long; "" where it has, or none is set."""
    if settings.tsa_url is None:
        return ""
    last = open_timestamps(settings, store).find_newest()
    return describe_overdue(
        store.custody.find_entry_time_after(last[0].seq if last else 0), now=datetime.now(UTC)
    )
