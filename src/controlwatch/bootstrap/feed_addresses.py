"""Put together what publishes calendars and feeds."""

from __future__ import annotations

from controlwatch.bootstrap.app import App
from controlwatch.bootstrap.connections import load_signing_secret
from controlwatch.services.publications import Publications


def build_publications(app: App) -> Publications:
    """Return what publishes the calendars and feeds of an open app; without a public address too."""
    store = app.store
    return Publications(
        secret=load_signing_secret(app.settings),
        names=app.queries.names,
        subscriptions=store.subscriptions,
        saved=store.saved_filters,
        calendar=store.calendar,
        feeds=store.feeds,
    )
