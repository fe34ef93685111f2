"""Reviewed data files: watchers, lexicon, taxonomy, register."""
