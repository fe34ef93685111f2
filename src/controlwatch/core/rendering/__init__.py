"""Alerts as people see them: one card, drawn for the console, for Slack and for mail."""
