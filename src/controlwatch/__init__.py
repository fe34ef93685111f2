"""Watches China's export-control regulators and tells compliance teams what changed, with the proof."""
