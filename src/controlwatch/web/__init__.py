"""The HTTP side: Slack's requests, links in mails, health and metrics."""
