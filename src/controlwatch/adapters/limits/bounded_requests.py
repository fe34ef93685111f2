"""A session of the requests library whose connections keep to the current limit."""

from __future__ import annotations

from typing import Any

from requests.adapters import HTTPAdapter
from requests.sessions import Session
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

from controlwatch.adapters.limits.exchange import BoundedSocket, bound_tls, open_bounded_socket


class BoundedSession(Session):
    """A session that sends every request over bounded connections."""

    def __init__(self) -> None:
        super().__init__()
        # An answer that is compressed could expand to any size.
        self.headers["Accept-Encoding"] = "identity"
        for scheme in ("http://", "https://"):
            self.mount(scheme, _BoundedAdapter())


def _connect(connection: HTTPConnection) -> BoundedSocket:
    """Open the socket of a connection; raises the errors of urllib3."""
    timeout = connection.timeout if isinstance(connection.timeout, int | float) else None
    try:
        # urllib3 documents `_dns_host` as the name to resolve, without a final dot.
        return open_bounded_socket(connection._dns_host, connection.port, timeout)
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, f"{connection.host} did not answer in time") from error
    except OSError as error:
        raise NewConnectionError(connection, str(error)) from error


class _LimitedConnection(HTTPConnection):
    def _new_conn(self) -> BoundedSocket:
        return _connect(self)


class _LimitedTlsConnection(HTTPSConnection):
    def _new_conn(self) -> BoundedSocket:
        return _connect(self)


class _BoundedPool(HTTPConnectionPool):
    ConnectionCls = _LimitedConnection


class _BoundedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _LimitedTlsConnection


_POOLS = {"http": _BoundedPool, "https": _BoundedTlsPool}


class _BoundedAdapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        options["ssl_context"] = bound_tls(create_urllib3_context())
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: Any, **options: Any) -> Any:
        options["ssl_context"] = bound_tls(create_urllib3_context())
        manager = super().proxy_manager_for(proxy, **options)
        if not str(proxy).lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager
