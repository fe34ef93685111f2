"""Channels that deliver messages."""
