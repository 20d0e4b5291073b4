"""Catalog and playbook files: their shape, how they are found, read and checked."""
