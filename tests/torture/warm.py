"""Imported by the process that others are forked from: what takes long to make is made once, before the first fork."""

from __future__ import annotations

import gc

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.register_loader import load_register
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.model import Document
from tests.services.world import tightening
from tests.torture import life

read_notice(
    Document(url="https://www.ministry.example/1.html", title="公告", text=tightening(1)), load_lexicon()
)
load_register(load_lexicon())
gc.freeze()  # a fork that collects garbage would walk all of this, and copy it

__all__ = ["life"]
