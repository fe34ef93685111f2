"""Alembic's entry: runs inside the connection that the store hands over."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from controlwatch.adapters.storage import tables  # noqa: F401 - registers the tables

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
context.run_migrations()
