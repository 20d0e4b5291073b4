"""News of leaks at the worker: it asks the sources, compares values in memory, and starts what follows."""
