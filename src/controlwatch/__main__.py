"""`python -m controlwatch` is the command line."""

from controlwatch.cli import main

main()
