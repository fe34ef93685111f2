"""The pages: one module each, over the same queries as the command line and Slack."""
