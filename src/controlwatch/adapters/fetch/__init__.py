"""Fetching over HTTP and IMAP, bounded in time and bytes."""
