"""The practice world of a drill (`bot.drill.world_server`), which also keeps what is asked of AWS there."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING

from bot.drill import world_server
from bot.drill.fakes.aws import AwsFront
from bot.drill.fakes.aws_identity import Signer
from bot.drill.fakes.aws_request import AwsAnswer, AwsRequest
from tests.iam.calls import Call, calls

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

CARRY_OUT = AwsFront._carry_out


@contextmanager
def recording(*, strict: bool = True) -> Iterator[set[Call]]:
    """Every call that a front of this process carries out meanwhile. `strict`: ValueError for a parameter of no kind
    that the bot knows; else such a call is left out.
    """
    kept: set[Call] = set()

    def carried_out(front: AwsFront, request: AwsRequest, signer: Signer, environ: WSGIEnvironment) -> AwsAnswer:
        with suppress(*() if strict else (ValueError,)):
            kept.update(calls(signer.user, request, environ))
        return CARRY_OUT(front, request, signer, environ)

    AwsFront._carry_out = carried_out
    try:
        yield kept
    finally:
        AwsFront._carry_out = CARRY_OUT


if __name__ == "__main__":
    with recording() as found:
        world_server.main(sys.argv[1:])
    Path(sys.argv[1]).with_suffix(".calls").write_text(json.dumps([astuple(call) for call in sorted(found)]))
