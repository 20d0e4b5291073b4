"""Sources of news of a leak. Values are compared with the catalog's in memory only."""
