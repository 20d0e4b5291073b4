"""An incident as the drill's people know it: the JSON of `bot show`, and what they conclude from it.

They go by states, offers, names and numbers, never by wording: a sentence can be put differently, and a sign drawn
differently, without anyone in a drill acting otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.drill.client.summary import IN_PLACE
from bot.drill.personas import Persona
from bot.drill.statements import NOBODY_TO_TELL, NOTHING_THERE, OURS, SOMEONE_TO_TELL, UNDONE
from bot.drill.stories import MADE
from bot.incident.model import New, Old
from bot.incident.record.rules import AbuseSeen, Verdict
from bot.incident.taking import UNDO
from bot.incident.todos import State

type Json = dict[str, Any]

OVER = frozenset({"done", "skipped"})
GONE = frozenset({Old.DEAD, Old.ATTESTED})
SERVES = frozenset({New.LIVE, New.UNCONFIRMED})
NO_FAILURE = "not finished, and nothing has failed"
OWN_LANES = ("old:", "new:")
"""What happens to a key itself. A look at its readers that failed keeps it from nothing."""
MACHINE_PATIENCE = 10.0
"""Seconds that people leave the machine to do by itself what it is about to do."""
LAST_STEP = "document"
"""The step in which the report is written: it comes when all others are over."""
END = "end-sessions"
"""The command that proposes to end sessions."""


@dataclass(frozen=True)
class IncidentView:
    """Read-only; `document` is one look, taken at one moment."""

    document: Json

    @property
    def incident(self) -> str:
        return str(self.document["incident"])

    @property
    def closed(self) -> bool:
        return bool(self.document["state"] == "closed")

    @property
    def reported(self) -> bool:
        return bool(self.document["report"])

    @property
    def page_waits(self) -> bool:
        """Whether someone was paged, and no one has answered."""
        return bool(self.document["page"] == "triggered" and not self.document["page_answered_by"])

    @property
    def unchecked(self) -> int:
        """How many backdoor checks are open."""
        return int(self.document["unchecked"])

    @property
    def plan_digest(self) -> str:
        """Of the plan that waits for a second person; empty if none does."""
        return str((self.document["approval"] or {}).get("digest", ""))

    @property
    def proposal_digest(self) -> str:
        return str((self.document["proposal"] or {}).get("digest", ""))

    # --- secrets ----------------------------------------------------------------------------------------------------

    @property
    def secrets(self) -> dict[str, Json]:
        return {str(secret["name"]): secret for secret in self.document["secrets"]}

    @property
    def unfinished(self) -> list[Json]:
        """The secrets whose old key is not dead, or whose new one is not in place."""
        return [each for each in self.document["secrets"] if each["old"] != Old.DEAD or each["new"] not in IN_PLACE]

    @property
    def hopeless(self) -> bool:
        """Whether each secret that is not finished waits for something that has failed for good."""
        failures = (each for each in self.document["failures"] if each["final"])
        failed = {each["subject"] for each in failures if each["lane"].startswith(OWN_LANES)}
        left = self.unfinished
        return bool(left) and all(each["name"] in failed or each["old"] == Old.UNPROVEN for each in left)

    @property
    def given_up(self) -> bool:
        """Whether people have written down what failed for good, and can do no more."""
        return self.reported and self.hopeless

    @property
    def progress(self) -> tuple[object, ...]:
        """Another one whenever something has moved on: not when a look finds what the last one found."""
        known = self.document
        return (
            known["state"],
            known["report"],
            known["unchecked"],
            self.plan_digest,
            self.proposal_digest,
            *((each["old"], each["new"]) for each in known["secrets"]),
            *(each["state"] for each in known["steps"]),
            *(each["open"] for each in known["tasks"]),
            *(each["outcome"] for each in known["readers"]),
            *(each["decision"] for each in known["notices"]),
            *((each["lane"], each["final"]) for each in known["failures"]),
        )

    @property
    def why_open(self) -> str:
        """What keeps it from its close, as a sentence without its point; empty where nothing does."""
        failed = {each["subject"]: each["message"] for each in self.document["failures"]}
        keys = [f"{each['name']}: {failed.get(each['name'], NO_FAILURE)}" for each in self.unfinished]
        steps = ", ".join(step["id"] for step in self.steps_left)
        return "; ".join([*keys, *([f"open steps: {steps}"] if steps else [])])

    def due_checks(self) -> Iterator[tuple[str, list[str], str, str]]:
        """The checks that can be answered now: the secret, its items, their outcome, and a note. What the API finds is
        the team's own, or the attacker's, and then answered alone.
        """
        for secret in self.document["secrets"]:
            due: dict[tuple[str, str, str], list[str]] = {}
            for check in secret["checks"] if secret["old"] in GONE else ():
                if check["outcome"] is None and not check["undo"]:
                    item, made = str(check["item"]), MADE in str(check["found"])
                    said = ("handled", UNDONE) if made else ("clear", OURS if check["found"] else NOTHING_THERE)
                    due.setdefault((*said, item if made else ""), []).append(item)
            for (outcome, note, _), items in due.items():
                yield str(secret["name"]), items, outcome, note

    @property
    def to_undo(self) -> list[Json]:
        """What an attacker made and no one has undone; sessions of roles two people end, which is `to_end`."""
        ended = {f"{UNDO}:{o['secret']}/{o['subject']}" for o in self.document["offers"] if o["command"] == END}
        return [each for each in self.document["todos"] if each["kind"] == UNDO and each["todo"] not in ended]

    @property
    def to_end(self) -> list[str]:
        """The checks of opened sessions that a person can propose to end."""
        return [] if self.proposal_digest else self.sensible(END)

    @property
    def used_by_others(self) -> list[str]:
        """The secrets that others used, as the bot proposes it, and no one has recorded."""
        others = (each for each in self.document["secrets"] if each["used"] == Verdict.OTHERS)
        return [str(each["name"]) for each in others if not each["abused_at"]]

    @property
    def notice(self) -> tuple[str, str]:
        """What is decided on every notice, and why."""
        found = self.document["abuse_seen"] == AbuseSeen.YES
        return ("notify", SOMEONE_TO_TELL) if found else ("not-required", NOBODY_TO_TELL)

    # --- offers -----------------------------------------------------------------------------------------------------

    def offers(self, command: str, *, about: str | None = None) -> Iterator[Json]:
        """What can be given now by this command; of one secret, step or other subject if `about` names it."""
        for offer in self.document["offers"]:
            fits = about is None or about in {offer["secret"], offer["subject"]}
            if offer["command"] == command and fits and not offer["why_not_yet"]:
                yield offer

    def offered(self, command: str, about: str | None = None) -> bool:
        """Whether the command can be given."""
        return any(self.offers(command, about=about))

    def needed(self, command: str, about: str) -> bool:
        """Whether something stands still until someone gives it."""
        return any(offer["urgency"] == "needed" for offer in self.offers(command, about=about))

    def subjects(self, command: str) -> list[str]:
        """What the command can be given about: names of secrets, steps or tasks."""
        return list(dict.fromkeys(str(offer["subject"]) for offer in self.offers(command)))

    def sensible(self, command: str) -> list[str]:
        """What the command can be given about, where it makes sense now."""
        found = (offer for offer in self.offers(command) if offer["urgency"] != "possible")
        return list(dict.fromkeys(str(offer["subject"]) for offer in found))

    def first_entitled(self, command: str, people: Sequence[Persona]) -> Persona | None:
        """The first of these people who may give it; None if none of them can."""
        ways = [way for offer in self.offers(command) for way in offer["who"]]
        return next(
            (
                person
                for person in people
                if any(set(way["rights"]) <= set(person.rights) and person.name not in way["but_not"] for way in ways)
            ),
            None,
        )

    def untaken(self, *names: str) -> list[Json]:
        """Which of these to-dos a person can do now and no one has taken."""
        return [each for each in self.document["todos"] if each["todo"] in names and each["state"] == State.OPEN]

    # --- steps, tasks, record ---------------------------------------------------------------------------------------

    @property
    def steps_left(self) -> list[Json]:
        return [step for step in self.document["steps"] if step["state"] not in OVER]

    @property
    def movable(self) -> bool:
        """Whether people can end some step but the last now."""
        return bool({*self.subjects("complete-step")} - {LAST_STEP})

    @property
    def time_for_the_report(self) -> bool:
        """When nothing else is left to do: only the last step is open, or what is left has failed for good."""
        if self.reported or not self.offered("request-report"):
            return False
        if not self.unfinished:
            return all(step["id"] == LAST_STEP for step in self.steps_left)
        return self.hopeless and not self.movable

    @property
    def time_for_the_close(self) -> bool:
        return self.reported and not self.unfinished and not self.unchecked and self.offered("close")

    @property
    def coming(self) -> bool:
        """Whether the bot is about to settle by itself what a close now would have to accept."""
        return any(item["coming"] for item in self.document["open_items"])

    def to_be_closed(self, waited: float) -> bool:
        """Whether people who have waited so many seconds close it: they do not accept what the bot is about to settle,
        unless it takes too long.
        """
        return self.time_for_the_close and (not self.coming or waited >= MACHINE_PATIENCE)

    @property
    def acceptable(self) -> list[str]:
        """The keys of what is open and may stay so at the close."""
        return [str(item["key"]) for item in self.document["open_items"] if not item["must"]]

    @property
    def open_tasks(self) -> list[Json]:
        return [task for task in self.document["tasks"] if task["open"]]

    def wants(self, finding: str) -> bool:
        """Whether the report needs this finding (impact, root-cause, abuse) and it is not recorded."""
        if finding == "abuse-unknown":
            return any(item["key"] == "abuse" for item in self.document["open_items"])
        return any(offer["urgency"] != "possible" for offer in self.offers("record-finding", about=finding))

    @property
    def notices_left(self) -> list[tuple[str, str]]:
        """The undecided notices, each with the news since its decision."""
        return [
            (str(each["notice"]), " ".join(each["changed"]))
            for each in self.document["notices"]
            if each["decision"] is None or each["changed"]
        ]

    @property
    def unaccounted(self) -> list[str]:
        """Readers of the leaked keys without a person's answer."""
        return [str(reader["principal"]) for reader in self.document["readers"] if not reader["outcome"]]

    @property
    def strangers(self) -> list[str]:
        """Unexplained readers of the leaked keys that may still read."""
        return [str(reader["principal"]) for reader in self.document["readers"] if reader["outcome"] == "unexplained"]
