"""News of leaks at the worker: a source is asked, its values are compared in memory, and what follows is begun."""
