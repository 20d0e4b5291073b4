"""Tells a whole incident as the calls that it made and the claims that it said.

The operations are the real ones, on fakes of providers and AWS, one after the other on a clock of their own. What a
lane called stands in its order, lane by lane: lanes run beside each other, so nothing is said of the order between
two. What an operation repeats until something changes stands once. Neither digests, nor times, nor names of keys are
told: a story reads the same on every machine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bot.errors import OutsideError, Unreachable
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.operations import Claim, Op
from bot.incident.state import Incident
from bot.model.probes import Answer
from bot.model.secrets import SecretEntry
from bot.pager.contract import Page
from bot.report.filing import FileArchive
from bot.rotation import Job
from bot.worker.operations import IncidentOperations
from bot.worker.ports import Channel
from bot.worker.retries import failed
from tests.support.rotation import ADA, Account, Harness

THROUGH_PORTS = frozenset({Op.OPEN_CHANNEL, Op.PAGE, Op.SEND_UPDATE})
"""What is carried out besides the operations on secrets. Reports have tests of their own."""
SPELLED = ("/", "arn:")
"""How arguments begin that are told: parameters and people."""


@dataclass
class Slack:
    """The board, as far as operations call it."""

    say: Callable[[str], None]

    def open_channel(self, incident: Incident) -> Channel:
        self.say(f"slack.open_channel {incident.id}")
        return Channel("C1", "https://slack.test/C1")

    def tell(self, incident: str, _update: str, target: str, _text: str, *, again: bool = False) -> str:
        self.say(f"slack.tell {incident} {target}")
        return ""


@dataclass
class PagerDuty:
    """A pager that takes everything; `down` while it cannot be reached."""

    say: Callable[[str], None]
    name: str = "pagerduty"
    down: bool = False

    def trigger(self, page: Page) -> None:
        self.said(f"trigger {page.incident} {page.severity}: {page.summary}")

    def note(self, page: Page, text: str) -> None:
        self.said(f"note {page.incident}: {text}")

    def acknowledge(self, incident: str) -> None:
        self.said(f"acknowledge {incident}")

    def resolve(self, incident: str) -> None:
        self.said(f"resolve {incident}")

    def said(self, words: str) -> None:
        if self.down:
            self.say(f"{self.name}.{words.split(':', maxsplit=1)[0]} !Unreachable")
            raise Unreachable(self.name, "page", "no answer")
        self.say(f"{self.name}.{words}")


PATIENCE = 60.0
"""Seconds that a fake has to answer: a busy machine must not record a time-out."""


class Recorder(Harness):
    """A harness that writes down what each operation called, and what was claimed after it."""

    def __init__(self, account: Account, providers: dict[str, object], **more: object) -> None:
        self.calls: list[str] = []
        self.lanes: dict[str, list[str]] = defaultdict(list)
        self.claims_said: list[str] = []
        super().__init__(account, providers, **more)
        self.tools = replace(
            self.tools,
            vault=self.watched(self.tools.vault, "ssm"),
            consumers=self.watched(self.tools.consumers, "lambda"),
        )
        self.pagerduty, self.fallback = PagerDuty(self.calls.append), PagerDuty(self.calls.append, "fallback")
        nowhere = FileArchive(Path(), Path())
        self.ports = IncidentOperations(
            None, Slack(self.calls.append), self.pagerduty, nowhere, (), self.clock, self.fallback
        )

    # --- what is called -----------------------------------------------------------------------------------------------

    def provider(self, entry: SecretEntry, timeout: float | None = None) -> object:
        return self.watched(super().provider(entry, max(timeout or 0.0, PATIENCE)), entry.provider)

    def watched(self, target: object, kind: str) -> object:
        """`target`, each of whose calls is written down."""

        def called(name: str) -> Callable[..., object]:
            def call(_self: object, *args: object, **named: object) -> object:
                words = " ".join([f"{kind}.{name}", *_spelled(args)])
                try:
                    given = getattr(target, name)(*args, **named)
                except OutsideError as error:
                    self.calls.append(f"{words} !{type(error).__name__}")
                    raise
                self.calls.append(f"{words} {given.liveness}" if isinstance(given, Answer) else words)
                return given

            return call

        names = [name for name in dir(type(target)) if not name.startswith("_") and callable(getattr(target, name))]
        members: dict[str, object] = {name: called(name) for name in names}
        return type("Watched", (), members | ({"card": target.card} if hasattr(target, "card") else {}))()

    def carry_out(self, claim: Claim) -> e.Outcome:
        self.calls.clear()
        outcome = self._through_ports(claim) if claim.op in THROUGH_PORTS else super().carry_out(claim)
        detail = f" {claim.detail}" if claim.op is Op.PAGE else ""
        line = f"{claim.op}{detail}: {'; '.join(_once(self.calls)) or 'nothing'} → {e.kind_of(type(outcome))}"
        told = self.lanes[str(claim.lane)]
        if not told or told[-1] != line:
            told.append(line)
        return outcome

    def _through_ports(self, claim: Claim) -> e.Outcome:
        try:
            return self.ports.handlers[claim.op](Job(self.incident, claim, self.tools, lambda: None))
        except OutsideError as error:
            return failed(self.incident, claim, error, self.clock(), lambda: 0.5)

    # --- what is claimed ----------------------------------------------------------------------------------------------

    def tell(self, body: c.Command, actor: object = ADA) -> tuple[e.Event, ...]:
        before = self.incident
        events = super().tell(body, actor)
        known, now = claims(before), claims(self.incident)
        who = [] if isinstance(body, c.Begin | c.Finish | c.Tick) else [f"{actor.name}: {c.name_of(body)}"]
        said = [f"{name} {known.get(name, '-')} → {is_}" for name, is_ in now.items() if known.get(name, "-") != is_]
        news = [f"“{words}”" for words in _news(before, self.incident)]
        if line := "; ".join([*who, *said, *news]):
            self.claims_said.append(line)
        return events

    def lines(self) -> Iterator[str]:
        """The recording."""
        for lane, told in sorted(self.lanes.items()):
            yield f"[{lane}]"
            yield from told
            yield ""
        yield "[claims]"
        yield from self.claims_said


def claims(incident: Incident | None) -> dict[str, str]:
    """What card, report and terminal say of an incident, by what it is said of."""
    if incident is None:
        return {}
    said = {incident.id: "open" if incident.open else "closed"}
    for name, secret in incident.secrets.items():
        said[f"{name} old"], said[f"{name} new"] = str(secret.old_state), str(secret.new_state)
        said[f"{name} strategy"], said[f"{name} access"] = str(secret.strategy), str(secret.access)
        said[f"{name} orphans"] = str(len(secret.new.orphans))
    return said | {f"step {step.definition.id}": str(step.state) for step in incident.steps}


def _news(before: Incident | None, after: Incident) -> tuple[str, ...]:
    """Milestones and alerts that were not there."""
    known = (before.milestones, before.alerts) if before is not None else ((), ())
    return (*after.milestones[len(known[0]) :], *after.alerts[len(known[1]) :])


def _spelled(args: tuple[object, ...]) -> list[str]:
    words = [str(arg) for arg in args if isinstance(arg, str | int) and not isinstance(arg, bool)]
    return [word for word in words if word.startswith(SPELLED) or word.isdecimal()]


def _once(calls: list[str]) -> list[str]:
    return [call for at, call in enumerate(calls) if at == 0 or calls[at - 1] != call]
