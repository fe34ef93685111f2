"""The real formats of the sites, a module for each family; `regulators.COLUMNS` maps watchers to them."""
