"""Use cases: each module is one thing that the service does, with the Protocols of what it needs."""
