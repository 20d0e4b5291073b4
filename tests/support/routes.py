"""Werkzeug's routes, without what it works out anew for each server: the function that makes an address of a route is
written and compiled when the route is made, twice, though nobody here asks for an address. Thirty fakes with some
hundred routes stand beside a test, and are made anew for the next one.
"""

from __future__ import annotations

from werkzeug.routing import Rule


def compile_once() -> None:
    """From now on routes that read alike share what was compiled for the first of them."""
    compiled = Rule._compile_builder
    known = {}

    def builder(self, append_unknown=True):
        if self.defaults:
            return compiled(self, append_unknown)
        key = (self.rule, tuple(self._trace), append_unknown)
        if key not in known:
            known[key] = compiled(self, append_unknown)
        return known[key]

    Rule._compile_builder = builder
