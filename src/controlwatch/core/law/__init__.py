"""Legal status and history: the graph of notices and what follows from it on any day."""
