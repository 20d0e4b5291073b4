"""Paging: a contract, and a folder for each pager."""
