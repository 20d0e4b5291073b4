"""Faults of a drill: ``sendgrid:revoke-500`` is the fault `revoke-500` at the fake `sendgrid`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

from bot.drill.fakes.faults import EFFECTS, Faults
from bot.errors import Misuse


@dataclass(frozen=True)
class Fault:
    """`place` is a fake; `name` one of its faults."""

    place: str
    name: str

    def __str__(self) -> str:
        return f"{self.place}:{self.name}"


def parse_faults(texts: Iterable[str]) -> tuple[Fault, ...]:
    """The faults named on a command line. Misuse for an unknown one, with a list of the existing ones."""
    return tuple(_parse(text) for text in texts)


def _parse(text: str) -> Fault:
    place, _, name = text.partition(":")
    if place not in PLACES:
        raise Misuse(f"--fault {text}: expected PLACE:FAULT, where PLACE is one of {', '.join(PLACES)}.")
    known = PLACES[place]()
    if name not in known.known:
        raise Misuse(f"--fault {text}: {place} has no such fault. {listed(place, known)}")
    return Fault(place, name)


def listed(place: str, faults: Faults) -> str:
    """What a fake can show, in sentences: its operations with the effects that fit any of them, and its own."""
    tail = f"-{EFFECTS[0]}"
    operations = sorted(name.removesuffix(tail) for name in faults.known if name.endswith(tail))
    special = "".join(f" {place}:{name} ({words})." for name, words in faults.special.items())
    return (
        f"For every call: {', '.join(f'{place}:{effect}' for effect in EFFECTS)}; for one operation "
        f"{place}:OPERATION-EFFECT, where OPERATION is one of {', '.join(operations)}.{special}"
    )


SLACK_PRODUCT = "slack-product"
"""The place of the product's own Slack workspace."""


# A fake is imported when one of its faults is named: moto alone needs a second.


def _of(module: str) -> Faults:
    """Those of a fake that names its `OPERATIONS` and `SPECIAL` faults."""
    fake = import_module(f"bot.drill.{module}")
    return Faults(fake.OPERATIONS, fake.SPECIAL)


def _slack() -> Faults:
    from bot.drill.fakes.slack import FakeSlack  # noqa: PLC0415 - see above

    return FakeSlack().faults


def _aws() -> Faults:
    from bot.drill.fakes.aws import SPECIAL  # noqa: PLC0415 - see above
    from bot.drill.fakes.aws_request import OPERATIONS  # noqa: PLC0415 - see above

    return Faults({*OPERATIONS.values(), "ssm", "lambda", "iam", "sts", "kms", "cloudtrail"}, SPECIAL)


def _fakes() -> Iterator[tuple[str, Callable[[], Faults]]]:
    """Of the providers' folders, those with a fake: the place has the provider's name, and Slack's is the bot's own."""
    for path in sorted(Path(__file__).parent.glob("providers/*/fake.py")):
        folder = path.parent.name
        yield SLACK_PRODUCT if folder == "slack" else folder.replace("_", "-"), partial(_of, f"providers.{folder}.fake")


PLACES: Mapping[str, Callable[[], Faults]] = {
    **dict(_fakes()),
    "aws-iam": partial(_of, "fakes.aws_identity"),
    "slack": _slack,
    "aws": _aws,
    "functions": partial(_of, "fakes.lambda_app"),
}
"""Slack and PagerDuty are the bot's own; a provider's place has the provider's name."""
