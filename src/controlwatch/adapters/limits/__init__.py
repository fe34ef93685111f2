"""Limits for exchanges with the outside: of the whole time, and of the bytes that a peer may send."""
