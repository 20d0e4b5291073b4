"""A provider whose answers name other keys than those that they are about, and a record of what it was asked to end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask, Response, request

CHANGING = ("DELETE", "PATCH", "PUT")


class Liar:
    """Whatever `about` holds of stands in the answers as `lie`.

    `ended` are the paths of all calls that would end or change something.
    """

    def __init__(self) -> None:
        self.about: Callable[[object], bool] | None = None
        self.lie: object = ""
        self.ended: list[str] = []

    def __call__(self, response: Response) -> Response:
        if request.path.startswith("/_fake/"):
            return response
        if request.method in CHANGING or request.path.endswith("/disable"):
            self.ended.append(request.path)
        said = response.get_json(silent=True)
        if said is not None and self.about is not None:
            response.set_data(json.dumps(self._told(said)))
        return response

    def _told(self, said: object) -> object:
        match said:
            case dict():
                return {name: self._told(each) for name, each in said.items()}
            case list():
                return [self._told(each) for each in said]
            case _ if self.about is not None and self.about(said) is True:  # not NotImplemented
                return self.lie
            case _:
                return said


@contextmanager
def lying(app: Flask) -> Iterator[Liar]:
    """`app` lies until the end of the `with`, once its liar is told what about."""
    liar = Liar()
    hooks = app.after_request_funcs.setdefault(None, [])
    hooks.insert(0, liar)  # Flask runs them in reverse: what checks the exchanges sees the truth
    try:
        yield liar
    finally:
        hooks.remove(liar)
