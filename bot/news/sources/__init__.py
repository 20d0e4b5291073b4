"""News of a leak: what is found elsewhere is compared with the catalog's values, in memory only."""
