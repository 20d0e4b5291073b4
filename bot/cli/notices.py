"""The notices that the law and contracts ask for: notice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from bot.cli.arguments import argument, flag, parse_time
from bot.cli.report import SEARCHED
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal
from bot.errors import Misuse

if TYPE_CHECKING:
    from bot.incident.commands import DecideNotice, RecordNoticeSent
    from bot.incident.state import Incident


def notice(
    terminal: Terminal,
    incident: IncidentId,
    name: Annotated[str, argument("[NOTICE]", "As the list names it; all by default.")] = "",
    *,
    draft: Annotated[bool, flag("--draft", "Its draft for counsel.")] = False,
    html: Annotated[bool, flag("--html", "The draft as one HTML file rather than Markdown.")] = False,
) -> None:
    """Show who must be notified by law and contracts, and draft it. `bot answer` records decisions and sent notices.

    The bot sends no notice: a draft is for counsel. At a terminal it is searched for this incident's values and known
    forms of keys; a draft in the channel also for the catalog's other values.

    For example:
      bot incident notice inc_ab12cd
      bot incident notice inc_ab12cd authority --draft
    """
    if html and not draft:
        raise Misuse("--html needs --draft: `bot incident notice INCIDENT NOTICE --draft --html`.")
    if draft:
        _draft(terminal, incident, name, html=html)
    else:
        _list(terminal, terminal.incidents.load(incident), name)


def with_decision(
    terminal: Terminal, incident: Incident, row: DecideNotice | RecordNoticeSent, said: NoticeOptions
) -> DecideNotice | RecordNoticeSent:
    """The answer to a notice with who decided and when. Misuse if another person decides without being named, since the
    decision would carry the author's name, and if something known contradicts it.
    """
    from bot.incident.commands import RecordNoticeSent

    if isinstance(row, RecordNoticeSent):
        return replace(row, sent_at=parse_time(said.at), delay=said.delay)
    decides = next((each.decides for each in incident.obligations if each.id == row.obligation), "")
    if not said.by.strip() and decides not in ("", terminal.application.askers.here().actor.name):
        raise Misuse(f"Name who decided: {decides} decides this. Add --by NAME to the decision.")
    return replace(row, decider=said.by, again=parse_time(said.again))


@dataclass(frozen=True)
class NoticeOptions:
    """What `bot answer` takes for notices alone, as it was typed."""

    by: str = ""
    again: str = ""
    at: str = ""
    delay: str = ""


def _list(terminal: Terminal, incident: Incident, name: str) -> None:
    from bot.cli.documents import notices_document
    from bot.incident.obligations.rules import aware_at, facts_of, notice_clocks
    from bot.phrases.notices import notice_lines
    from bot.phrases.times import moment

    clocks = [clock for clock in notice_clocks(incident) if name in {"", clock.obligation.id}]
    if name and not clocks:
        known = ", ".join(clock.obligation.id for clock in notice_clocks(incident)) or "none"
        raise Misuse(f"{incident.id} has no notice {name!r}. Its notices: {known}.")
    terminal.document(notices_document(incident))
    if not clocks:
        terminal.say("Nothing known requires a notice. playbooks/deadlines.yaml lists when one is required.")
        return
    said = "recorded" if incident.awareness is not None else "the detection; `bot incident known` records another time"
    terminal.say(f"Known since {moment(aware_at(incident))} ({said})")
    terminal.say(f"Facts: {'; '.join(facts_of(incident))}")
    for clock in clocks:
        terminal.say()
        terminal.say(f"{clock.obligation.id}  {clock.obligation.title}", style="yellow" if clock.open else "green")
        for line in notice_lines(clock):
            terminal.say(line, indent=2)
        if clock.owed:
            terminal.command(f"bot answer {incident.id} notice:{clock.obligation.id} sent --note REFERENCE")
        elif clock.open:
            terminal.say("To decide, with ANSWER notify or not-required:", indent=2)
            terminal.command(f"bot answer {incident.id} notice:{clock.obligation.id} ANSWER --by NAME --note WHY")


def _draft(terminal: Terminal, incident: str, name: str, *, html: bool) -> None:
    """To standard output, and searched for secrets as a report's draft is: without the catalog's other values."""
    from bot.data_files import template_folders
    from bot.incident.obligations.rules import notice_clocks
    from bot.report.drafts import Form, Source, draft
    from bot.report.notices import Duty

    application = terminal.application
    application.outside.use_fingerprints()
    read = application.event_log.snapshot(incident)
    clocks = {clock.obligation.id: clock for clock in notice_clocks(read.incident)}
    if name not in clocks:
        raise Misuse(f"{incident} has no notice {name!r}. Its notices: {', '.join(clocks) or 'none'}.")
    clock, duty = clocks[name], clocks[name].obligation
    if not duty.template:
        raise Misuse(
            f"No draft belongs to {name!r}: its `template` in deadlines.yaml says which, regulator or customer."
        )
    delay = clock.notice.sent.delay if clock.notice.sent is not None else ""
    source = Source(
        read.incident,
        read.events,
        read.head,
        template_folders(application.settings.templates),
        terminal.clock(),
        duty=Duty(duty.title, duty.to, duty.basis, clock.due, delay),
    )
    form: Form = "html" if html else "md"
    made = draft(source, duty.template, form)
    terminal.document(
        {"incident": incident, "notice": name, "form": form, "draft": made.text, "withheld": made.withheld}
    )
    terminal.text(made.text)
    terminal.hint(SEARCHED)
