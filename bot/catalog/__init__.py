"""The installation's catalog, playbooks and deadlines: their shape, and how they are found, read and checked."""
