"""Processes for tests that kill: forked from one that has imported everything, so that a start takes no two seconds."""

from __future__ import annotations

import multiprocessing

server_of_forks = multiprocessing.get_context("forkserver")
server_of_forks.set_forkserver_preload(["tests.bench.kills", "tests.torture.warm"])
