"""Subprocesses with bounds of time and memory, for what hostile bytes could hold up."""
