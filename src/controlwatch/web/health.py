"""/healthz: whether the service needs a person, in counts only, since anybody may ask."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import structlog
from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from controlwatch.adapters.storage.explain_errors import explain_database_error
from controlwatch.core.model.errors import StoreLost
from controlwatch.services.queries import Queries

#: Seconds that the store may take to answer; monitors give up after about ten.
STORE_TIMEOUT = 5.0

log = structlog.get_logger()


def build_health_routes(queries: Queries) -> APIRouter:
    """Return the route of the health check."""
    router = APIRouter()
    # Of its own: a store that hangs keeps these two threads, and none that answers other requests.
    workers = ThreadPoolExecutor(2, thread_name_prefix="health")

    @router.get("/healthz")
    async def check_health() -> Response:
        """Return 200 when nothing needs a person, else 503 with the number of problems of each kind.

        Their details are in the log, and shown by `controlwatch doctor` and `controlwatch watchers`.
        """
        try:
            counting = asyncio.get_running_loop().run_in_executor(workers, queries.count_problems)
            counts = await asyncio.wait_for(counting, STORE_TIMEOUT)
        except (SQLAlchemyError, StoreLost, OSError) as error:  # TimeoutError is an OSError
            reason = explain_database_error(error) or str(error) or "the store does not answer"
            log.warning("the health check failed", reason=reason)
            return JSONResponse({"ok": False, "needs": {"store": 1}}, status_code=503)
        is_ok = not any(counts.values())
        return JSONResponse({"ok": is_ok, "needs": {**counts, "store": 0}}, status_code=200 if is_ok else 503)

    return router
