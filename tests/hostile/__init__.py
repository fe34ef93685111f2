"""Hostile inputs, made by the thousand: `python -m tests.hostile MINUTES`."""
