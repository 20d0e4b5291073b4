"""Writes logs as this program writes them, for later releases to read: ``python -m tests.support.recording FOLDER``.

Each story is an incident that is worked on by the real operations against fakes, on a clock of its own, and left
where its name says. ``NAME.jsonl`` holds its rows, ``NAME.facts.json`` what this program makes of them.
tests/eventlog/test_stories.py reads them with the program of today.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from tests.support.facts import facts

from bot.eventlog.chain import link
from bot.eventlog.forms import ROOT
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.plan import request_digest
from bot.incident.closing.open_items import acceptable
from bot.incident.model import CheckOutcome, New, Old, StepState, Strategy
from bot.incident.state import Incident
from bot.playbook import PLAYBOOK, find_playbook, load_playbook
from bot.secret import use_fingerprint_key
from tests.providers.harnesses import HARNESSES
from tests.support import rotation
from tests.support.aws import running_front
from tests.support.consents import SHOWN
from tests.support.rotation import ADA, BEN, TIMINGS, Account, Harness, entry_for

DAY = 24 * 3600
TOO_OLD_TO_TELL = "The provider's console shows no such key any more."


class Recorder(Harness):
    """A harness that keeps what each command led to, as one append."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.appends: list[tuple[str, tuple[e.Event, ...]]] = []

    def tell(self, body: c.Command, actor=ADA) -> tuple[e.Event, ...]:
        events = super().tell(body, actor)
        if events:
            self.appends.append((actor.name, events))
        return events

    def begin(self, *providers: str, strategy: Strategy = Strategy.KILL_FIRST) -> None:
        """Declares a secret of each provider, with the shipped playbook without its guides."""
        entries = [entry_for(provider) for provider in providers]
        for entry in entries:
            self.store(entry)
        shipped = load_playbook(find_playbook(PLAYBOOK))
        steps = tuple(replace(step, why="", guide="", tasks=step.tasks[:1]) for step in shipped.steps)
        wanted = tuple(c.Wanted(entry, rotation.Target(rotation.TargetKind.ASSUMED), strategy, "it is public")
                       for entry in entries)  # fmt: skip
        self.tell(
            c.Declare(
                rotation.INCIDENT, "production", "A key in a public repository", "a scanner told us", True,
                replace(shipped, steps=steps), TIMINGS, wanted, self.clock(),
            )
        )  # fmt: skip

    def until(self, holds: Callable[[Incident], object], seconds: float = 900.0) -> None:
        self.run(lambda harness: holds(harness.incident), seconds=seconds)

    def approve(self) -> None:
        self.until(lambda incident: incident.request is not None)
        self.tell(c.ApprovePlan(request_digest(self.incident.request.plans)), BEN)

    def finish(self) -> None:
        """Findings, checks, steps, report, close."""
        self.settled()
        self.run(seconds=120)
        self.tell(c.RecordFinding("root-cause", "It was copied into a notebook."), ADA)
        self.tell(c.RecordFinding("notification", "Nobody's data was read with it."), BEN)
        for secret in self.incident.secrets.values():
            for check in secret.open_checks:
                self.tell(c.EndCheck(secret.name, check.item, CheckOutcome.CLEAR, "all ours"))
        for task in list(self.incident.tasks.values()):
            if not task.done and not task.declined:
                self.tell(c.FinishTask(task.id))
        for step in self.incident.steps:
            if step.state is StepState.WAITING:
                self.tell(c.StartStep(step.definition.id))
        for task in list(self.incident.tasks.values()):
            if not task.done and not task.declined:
                self.tell(c.FinishTask(task.id))
        for step in self.incident.steps[:-1]:
            if not step.over:
                self.tell(c.CompleteStep(step.definition.id))
        self.tell(c.RequestReport())
        self.until(lambda incident: incident.report.path)
        self.tell(c.CompleteStep(self.incident.steps[-1].definition.id))
        left = tuple(item.key for item in acceptable(self.incident))
        self.tell(c.Close("enough", left), BEN)


# --- the stories ----------------------------------------------------------------------------------------------------


def half_killed(harness: Recorder) -> None:
    """One key is revoked and not proven dead yet, the other alive."""
    harness.begin("openai", "sendgrid")
    harness.until(lambda incident: any(secret.old.revoked_at for secret in incident.secrets.values()))


def overlap_asked(harness: Recorder) -> None:
    """The new value is in place, the old one lives, and nobody has agreed to its end."""
    harness.begin("sendgrid", strategy=Strategy.OVERLAP)
    harness.until(lambda incident: incident.request is not None and _restored(incident))


def overlap_approved(harness: Recorder) -> None:
    """The same, agreed to by the second person; the overlap is not over."""
    harness.begin("sendgrid", strategy=Strategy.OVERLAP)
    harness.approve()
    harness.until(_restored)


def glass_broken(harness: Recorder) -> None:
    """An overlap was cut short by broken glass: dead, and not reviewed."""
    harness.begin("openai", strategy=Strategy.OVERLAP)
    harness.until(_restored)
    harness.tell(c.BreakGlass({"openai-api-key": SHOWN}, "It is being used by a stranger right now."))
    harness.until(lambda incident: incident.secrets["openai-api-key"].old_state is Old.DEAD)


def attested(harness: Recorder) -> None:
    """A person ended a key that was never seen alive, and another vouches for it."""
    harness.begin("stripe")
    harness.providers["stripe"].kill_by_hand()
    harness.run(seconds=60)
    harness.tell(c.ConfirmRevoked("stripe-secret-key"))
    harness.run(seconds=TIMINGS.retry_for + 300)
    harness.tell(c.AttestDeath("stripe-secret-key", TOO_OLD_TO_TELL), BEN)


def by_hand(harness: Recorder) -> None:
    """A person has brought the new value, and has yet to end the old one."""
    harness.begin("stripe", strategy=Strategy.OVERLAP)
    harness.until(lambda incident: incident.secrets["stripe-secret-key"].old.snapshot_at)
    harness.submit(entry_for("stripe"), harness.providers["stripe"].make_by_hand().key.reveal())
    harness.until(_restored)


def closed(harness: Recorder) -> None:
    """All seven steps to the end."""
    harness.begin("openai", "sendgrid")
    harness.finish()


def after_care(harness: Recorder) -> None:
    """Closed, and looked at again three times since."""
    harness.begin("openai")
    harness.finish()
    harness.run(seconds=2 * DAY)


def reopened(harness: Recorder) -> None:
    """Closed; then the old key answered again, and the incident is open once more."""
    harness.begin("openai")
    harness.finish()
    openai = harness.providers["openai"]
    old = openai.old.key.reveal()
    next(key for key in openai.world.all_keys() if key.value == old).revoked_at = None
    harness.until(lambda incident: incident.open, seconds=3600)


STORIES = (half_killed, overlap_asked, overlap_approved, glass_broken, attested, by_hand, closed, after_care, reopened)


def _restored(incident: Incident) -> bool:
    return all(secret.new_state in {New.LIVE, New.UNCONFIRMED} for secret in incident.secrets.values())


# --- writing them ---------------------------------------------------------------------------------------------------


@contextmanager
def account() -> Iterator[Account]:
    with running_front(put_rate=100_000, put_burst=100_000) as front:
        yield Account(front)


def told(story: Callable[[Recorder], None], account_: Account, number: int) -> Recorder:
    """The harness after the story. Each has an incident's id of its own, so that all fit into one database."""
    before, rotation.INCIDENT = rotation.INCIDENT, f"inc_story{'abcdefghijk'[number]}"
    try:
        with ExitStack() as stack:
            providers = {name: stack.enter_context(HARNESSES[name]()) for name in ("openai", "sendgrid", "stripe")}
            harness = Recorder(account_, providers)
            story(harness)
            return harness
    finally:
        rotation.INCIDENT = before


def lines(harness: Recorder) -> Iterator[str]:
    """A line of JSON for each row: what cannot be worked out from the other rows (see `tests.support.oldlogs`)."""
    at, after = iter(harness.log), (0, ROOT)
    for number, (actor, events) in enumerate(harness.appends):
        times = [next(at).at for _ in events]
        batch = link(harness.incident.id, after, events, at=times[0], actor=actor, command_id=f"command-{number}")
        after = (batch[-1].seq, batch[-1].digest)
        for row in batch:
            kept = {name: getattr(row, name) for name in ("at", "actor", "kind", "data", "salt", "digest")}
            yield json.dumps(kept | ({"command_id": row.command_id} if row.command_id else {}), ensure_ascii=False)


def main(folder: Path) -> None:
    use_fingerprint_key(bytes(32))
    with account() as account_:
        for number, story in enumerate(STORIES):
            harness = told(story, account_, number)
            name = story.__name__.replace("_", "-")
            text = "".join(f"{line}\n" for line in lines(harness))
            (folder / f"{name}.jsonl").write_text(text)
            (folder / f"{name}.facts.json").write_text(
                json.dumps(facts(harness.incident, harness.log), indent=1) + "\n"
            )
            sys.stdout.write(f"{name}: {len(harness.log)} events, {len(text)} bytes\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
