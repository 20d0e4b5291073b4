"""Functions that read the value: refreshed, and asked how they are with the new one."""
