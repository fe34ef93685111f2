"""The true formats of the sites, one module a family; `FORMATS` says which watcher's site speaks which."""
