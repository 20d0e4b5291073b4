"""The seven steps: what each still waits for, and the digests by which a button or form knows of a change."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping

from bot.incident import commands as c
from bot.incident.access.readers import may_still_read
from bot.incident.lanes import REPORT_LANE
from bot.incident.model import New, Old, StepState
from bot.incident.operations import OPERATIONS, Op
from bot.incident.refusals import Declined
from bot.incident.state import Check, Incident, SecretState, Step, Task
from bot.incident.updates.rules import first_held, told_nobody, untold
from bot.model.playbooks import MAKES, PLACES, REVOKES, Action

IMPACT, ROOT_CAUSE = "impact", "root-cause"
TASKS_NAMED, TITLE = 3, 50
"""So many of the tasks for which a step waits are named, with so many characters of their titles; more are counted."""
NO_NEW_VALUE = "no new key yet"
BEING_WRITTEN = "the report is being written"
NAMED = 3
"""Secrets within reach of a key that are named; the others are counted."""


def step_digest(step: Step) -> str:
    """Changes exactly when the step ends or opens again; that its turn comes changes nothing for who ends it."""
    ended = f"{step.ended.name}@{step.ended.at.isoformat()}" if step.ended else ""
    state = step.state if step.over else StepState.OPEN
    return hashlib.sha256(f"{step.definition.id}:{state}:{ended}".encode()).hexdigest()[:16]


def check_digest(check: Check) -> str:
    """Changes when someone settles the item, or the machine finds something else there."""
    found = ",".join(sorted(left.id for left in check.found))
    ended = f"{check.ended.name}@{check.ended.at.isoformat()}" if check.ended else ""
    return hashlib.sha256(f"{check.item}:{found}:{ended}".encode()).hexdigest()[:16]


def blockers(incident: Incident, step: Step) -> tuple[str, ...]:
    """What is missing before this step can be marked done, as phrases; empty if nothing is."""
    return tuple(_lacking(incident, step))


def blocked(incident: Incident, step: Step) -> bool:
    """Whether anything does; it looks no further than the first."""
    return next(_lacking(incident, step), None) is not None


def _lacking(incident: Incident, step: Step) -> Iterator[str]:
    actions = step.definition.actions
    if Action.ROTATE in actions:
        yield from (f"{s.name}: {_new_words(s.new_state)}" for s in incident.secrets.values() if not s.in_place)
    yield from (f"{s.name}: {words}" for s in incident.secrets.values() for words in _part_of_rotating(actions, s))
    if Action.REVOKE in actions or Action.PROVE in actions:
        left = (secret for secret in incident.secrets.values() if not secret.gone)
        yield from (f"{secret.name}: old key {_old_words(secret.old_state)}" for secret in left)
    if Action.USAGE in actions:
        unread = (name for name in incident.secrets if name not in incident.usage)
        yield from (f"{name}: readers not looked up yet" for name in unread)
    if Action.USAGE in actions and not impact_known(incident):
        yield "no impact is recorded (what the keys allow, by whom, since when)"
    if investigates(step) and not root_cause_known(incident):
        yield "no root cause is recorded (or “unknown, because …”)"
    if Action.ANNOUNCE in actions:
        yield from untold(incident)
    if Action.REPORT in actions and not incident.report.path:
        yield BEING_WRITTEN if being_written(incident) else "no report has been written"
    yield from _held_words(task for task in open_tasks(incident, step) if not task.goes_on)


def _held_words(held: Iterable[Task]) -> Iterator[str]:
    """``2 tasks without a due time (“Search”, “Rotate”): …``, for what each of them lacks."""
    alike: dict[str, list[Task]] = {}
    for task in held:
        lacks = [words for words, there in (("an owner", task.owner), ("a due time", task.due)) if not there]
        alike.setdefault(" and ".join(lacks), []).append(task)
    for lacking, tasks in alike.items():
        named = ", ".join(f"“{_cut(task.title)}”" for task in tasks[:TASKS_NAMED])
        more = f" and {len(tasks) - TASKS_NAMED} more" if len(tasks) > TASKS_NAMED else ""
        number = f"{len(tasks)} task{'s' if len(tasks) > 1 else ''}"
        yield f"{number} without {lacking} ({named}{more}): add it, or finish or decline them"


def _cut(title: str) -> str:
    return title if len(title) <= TITLE else f"{title[: TITLE - 1].rstrip()}…"


def open_tasks(incident: Incident, step: Step) -> tuple[Task, ...]:
    """The open tasks of this step. It does not wait for a task with an owner and a due time, which
    goes on beside it.
    """
    return tuple(task for task in incident.tasks.values() if task.open and task.step == step.definition.id)


def ready(incident: Incident, step: Step) -> bool:
    """Whether it waits only for someone to say that it is done: also before its turn, where its actions show that."""
    seen = step.state is StepState.OPEN or (step.state is StepState.WAITING and bool(step.definition.actions))
    peoples = seen and not step.definition.by_itself
    return peoples and not blocked(incident, step) and not unsaid(incident, step)


def in_reach(incident: Incident) -> tuple[Step, ...]:
    """The steps that people can mark done now: each waits for nothing else, or for its turn after another of them."""
    found, turn = [], True
    for step in incident.steps:
        if step.over or step.definition.by_itself:
            continue
        lacks = blocked(incident, step)
        if not lacks and (turn or ready(incident, step)):
            found.append(step)
        turn = turn and not lacks
    return tuple(found)


def page_unanswered(incident: Incident, step: Step) -> bool:
    """Whether the step includes the page and it is not acknowledged: it can be marked done, but
    nothing suggests that.
    """
    return Action.PAGE in step.definition.actions and incident.traits.pages and not incident.answered_by


def unwritten_parts(incident: Incident, step: Step) -> tuple[str, ...]:
    """The unwritten parts that only people know, for the report's step with only a draft: it can be marked done, but
    nothing suggests that. A planned rotation needs none.
    """
    if Action.REPORT not in step.definition.actions or not incident.open or incident.routine:
        return ()
    said = {each.what for each in incident.statements}
    return tuple(part for part in ("summary", "lessons") if part not in said)


def unsaid(incident: Incident, step: Step) -> bool:
    """Whether a warning advises against marking it done, without preventing it."""
    announces = Action.ANNOUNCE in step.definition.actions
    unheard = page_unanswered(incident, step) or (announces and told_nobody(incident))
    return unheard or bool(unwritten_parts(incident, step))


def settling(incident: Incident, step: Step) -> Iterator[tuple[type[c.Act], str]]:
    """The commands of people that settle what the step is missing, each with its subject (empty for anything)."""
    actions = step.definition.actions
    if Action.USAGE in actions and not impact_known(incident):
        yield c.RecordFinding, IMPACT
    if investigates(step) and not root_cause_known(incident):
        yield c.RecordFinding, ROOT_CAUSE
    if Action.REPORT in actions and not incident.report.path and not being_written(incident):
        yield c.RequestReport, ""
    if incident.report.path and unwritten_parts(incident, step):
        yield c.WriteNarrative, ""
    if Action.ANNOUNCE in actions:
        yield from ((c.ReleaseUpdate, audience) for audience in first_held(incident))
    for task in open_tasks(incident, step):
        if not task.goes_on:
            yield c.ChangeTask, task.id
            yield c.FinishTask, task.id
            return


def _part_of_rotating(actions: Collection[Action], secret: SecretState) -> Iterator[str]:
    """What is still missing of a part, for one secret; only for the first part that misses something."""
    new = secret.new_state
    if new is New.NONE:
        if not _PARTS.isdisjoint(actions):
            yield _new_words(new)
        return
    if Action.UPDATE in actions and new is New.STAGED:
        yield f"{_new_words(new)}, not in its parameters"
    if Action.UPDATE in actions and new is New.UNKNOWN:
        yield "unknown which key is in its parameters"
    if Action.VERIFY in actions and not secret.restored:
        yield _new_words(new)


_PARTS = frozenset({Action.GENERATE, Action.UPDATE, Action.VERIFY})


def _new_words(state: New) -> str:
    return NO_NEW_VALUE if state is New.NONE else f"new key is {state}"


def _old_words(state: Old) -> str:
    match state:
        case Old.ALIVE:
            return "STILL WORKS"
        case Old.REVOKING:
            return "is not confirmed dead yet"
        case Old.REJECTED | Old.UNPROVEN:
            return "is REJECTED, NOT CONFIRMED"
        case _:
            return f"is {state}"


def investigated(incident: Incident) -> bool:
    """Whether evidence at a provider is no longer needed. A reopened incident is investigated until it is closed."""
    over = all(step.over for step in incident.steps if investigates(step))
    return not incident.open or (over and not incident.reopened)


def evidence_needed(incident: Incident, secret: SecretState) -> bool:
    """Whether its switched-off key may still be needed: until the investigation is over, its readers are explained and
    its checks answered. The close ends all of that.
    """
    return not investigated(incident) or (incident.open and _looked_into(incident, secret))


def _looked_into(incident: Incident, secret: SecretState) -> bool:
    return bool(secret.open_checks or may_still_read(incident, secret.name))


def let_go(incident: Incident, step: Step) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The secrets whose switched-off keys are deleted after this step: those without anything open, at once, and the
    others as soon as their readers and checks are settled.
    """
    steps = [each for each in incident.steps if investigates(each)]
    last = step in steps and not step.over and all(each.over or each is step for each in steps)
    if not last or not incident.open or incident.reopened:
        return (), ()
    kept = [secret for secret in incident.secrets.values() if secret.kept_as_evidence]
    later = tuple(secret.name for secret in kept if _looked_into(incident, secret))
    return tuple(secret.name for secret in kept if secret.name not in later), later


def investigates(step: Step) -> bool:
    """Whether switched-off keys are kept as evidence until it is done."""
    return Action.INVESTIGATE in step.definition.actions


def impact_known(incident: Incident) -> bool:
    """Whether someone recorded what the leaked keys could do, and who could have used them."""
    return any(said.what == IMPACT for said in incident.statements)


def within_reach(incident: Incident) -> Iterator[tuple[str, str]]:
    """The leaked keys that can read further secrets, each with words for them, until someone has recorded the impact or
    added them.
    """
    for name, secret in () if impact_known(incident) else incident.secrets.items():
        reach = secret.old.reach if incident.traits.investigates else None
        left = [each for each in (reach.beyond if reach is not None else ()) if each not in incident.secrets]
        if reach is not None and left:
            paths = [f"{each} ({reach.beyond[each]})" for each in left[:NAMED]]
            more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
            yield name, f"{name} can read {', '.join(paths)}{more}"


def root_cause_known(incident: Incident) -> bool:
    """Whether someone recorded how it leaked, or why that is unknown."""
    return any(said.what == ROOT_CAUSE for said in incident.statements)


def being_written(incident: Incident) -> bool:
    """Whether the report has been asked for, and the bot is at it or is about to be; not once that failed for good."""
    return incident.report.requested_at is not None and not incident.lane(REPORT_LANE).failed_for_good


def next_step(incident: Incident) -> Step | None:
    """The first step that is neither done nor skipped."""
    return next((step for step in incident.steps if not step.over), None)


def waiting_steps(incident: Incident) -> tuple[Step, ...]:
    """Steps that are neither done nor skipped."""
    return tuple(step for step in incident.steps if not step.over)


def steps_to_close(incident: Incident) -> tuple[Step, ...]:
    """The steps that people end before the close. It ends the machine's own; their open parts are accepted by name."""
    return tuple(step for step in waiting_steps(incident) if not _of_keys(step))


def _of_keys(step: Step) -> bool:
    """Whether the machine ends it, and the close asks for each of its open parts, key by key."""
    asked = {*MAKES, *PLACES, *REVOKES, Action.PROVE}
    return step.definition.by_itself and asked.issuperset(step.definition.actions)


# What a playbook's actions allow: without the action the machine refuses every request for it.


_COMMANDS: Mapping[type[c.Act], tuple[Action, ...]] = {
    c.KillNow: REVOKES,
    c.BreakGlass: REVOKES,
    c.AnnounceSubmission: MAKES,
    c.AskReplacement: MAKES,
    c.RollBack: PLACES,
    c.RequestReport: (Action.REPORT,),
}


def allowed(incident: Incident, op: Op) -> bool:
    """Whether the machine may do it at all. What gets worse in a planned rotation pages without an action, since its
    beginning does not page.
    """
    return incident.playbook.allows(OPERATIONS[op].needs) or (op is Op.PAGE and not incident.traits.pages)


def demand_allowed(incident: Incident, body: c.Act) -> None:
    """Declined if no step of the playbook has the needed action."""
    actions = _COMMANDS.get(type(body), ())
    if not incident.playbook.allows(actions):
        raise Declined(
            f"No step of the playbook “{incident.playbook.title}” has the action {' or '.join(actions)}, so the bot "
            "does not do that. Do it by hand, or declare with another playbook."
        )
