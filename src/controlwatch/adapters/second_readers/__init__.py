"""Second readers: models behind an HTTP interface, recorded answers, and the model of the package."""
