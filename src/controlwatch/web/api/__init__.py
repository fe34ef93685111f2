"""The API for programs: the same questions and actions as the pages, as JSON."""
