"""A practice account for tests: one front a module, emptied before each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.drill.fakes.aws import AwsFront
from bot.drill.fakes.aws_world import AwsWorld

BOT = "compromise-bot"


@contextmanager
def running_front(**settings: float) -> Iterator[AwsFront]:
    """A front that starts and stops; settings as of `AwsFront`. Updates of functions are instant unless told."""
    front = AwsFront(**{"update_seconds": 0.0, **settings})
    try:
        yield front
    finally:
        front.stop()


def furnished(front: AwsFront) -> AwsWorld:
    """An empty account."""
    front.reset()
    return AwsWorld(front)
