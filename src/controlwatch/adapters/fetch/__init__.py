"""Fetching over HTTP and IMAP, limited in time and bytes."""
