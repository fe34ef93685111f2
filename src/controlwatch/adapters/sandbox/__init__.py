"""Subprocesses with limits of time and memory, for work that hostile bytes could stall."""
