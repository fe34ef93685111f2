"""The test kit: stand-ins for sites, Slack and SMTP servers, and the sample notices they serve."""
