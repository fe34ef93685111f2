"""The bot: questions and subscriptions from a chat, over the same queries as the command line."""
