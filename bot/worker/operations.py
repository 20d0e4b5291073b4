"""The operations that are not about secrets: the channel, the page, the report and the entry in the decisions log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from bot.errors import LogError, OutsideError, Refused
from bot.eventlog.contract import Snapshot
from bot.eventlog.sql import EventLog
from bot.incident import events as e
from bot.incident.closing.schedule import SLACK
from bot.incident.evolve import evolve
from bot.incident.lanes import FALLBACK_LANE
from bot.incident.model import PageAction
from bot.incident.operations import Op
from bot.incident.paging.rules import announcement, leaked, pager_severity, status_words
from bot.incident.state import Incident
from bot.incident.updates.rules import audience_named, corrects, figures, fitting, looks_first, new_milestones, state_of
from bot.logs import Logger
from bot.pager.contract import Page, Pager
from bot.report.contract import Destination, Document, document_name
from bot.report.drafts import Source, report_page
from bot.report.filing import FileArchive
from bot.report.gates import demand_clean
from bot.report.render import render, render_decision
from bot.report.secret_scan import Gated, Search, gate, stands_in
from bot.report.text_page import plain_report, text_page
from bot.report.update_view import render_update
from bot.rotation import Job
from bot.worker.ports import Board

_log = Logger(__name__)


@dataclass(frozen=True)
class IncidentOperations:
    """Carries out the operations that are about the incident itself, through the ports."""

    event_log: EventLog
    board: Board
    pager: Pager
    archive: FileArchive
    templates: Sequence[Path]
    """The template folders, first match first."""
    clock: Callable[[], datetime]
    fallback: Pager | None = None
    meeting: Callable[[], Sequence[str]] = tuple
    """How responders find each other without Slack: the bridge, and telephone numbers."""
    values: Callable[[], Collection[str]] = tuple
    """The fingerprints of all values that the catalog's parameters hold or held."""
    destinations: Mapping[str, Destination] = field(default_factory=dict)
    """Where reports arrive besides, by the names that the core knows them by."""

    @property
    def handlers(self) -> Mapping[Op, Callable[[Job], e.Outcome]]:
        """Which method carries out which operation."""
        return {
            Op.OPEN_CHANNEL: self.open_channel,
            Op.PAGE: self.page,
            Op.REPORT: self.report,
            Op.DECISIONS: self.decisions,
            Op.DELIVER: self.deliver,
            Op.DRAFT_UPDATE: self.draft_update,
            Op.SEND_UPDATE: self.send_update,
        }

    def open_channel(self, job: Job) -> e.ChannelOpened:
        channel = self.board.open_channel(job.incident)
        return e.ChannelOpened(job.claim.number, channel.id, channel.url)

    def page(self, job: Job) -> e.PageSent:
        """One call to the lane's pager: about the page, something that got worse, a request for approval, or unreported
        milestones.
        """
        incident, action = job.incident, PageAction(job.claim.detail)
        second = job.claim.lane == FALLBACK_LANE
        pager, page = (self.fallback, incident.fallback) if second else (self.pager, incident.page)
        if pager is None:
            return e.PageSent(job.claim.number, PageAction.NONE, fallback=True)
        told, alerts = page.notes_sent, page.alerts_sent
        match action:
            case PageAction.TRIGGER:
                pager.trigger(self._page_of(incident, incident.alerts[alerts:]))
                # After the close it is a milestone that pages: it has to be told.
                told = len(incident.milestones) if incident.open else told
                alerts = len(incident.alerts)
            case PageAction.ALERT:
                # A note on the first page would not wake the person who acknowledged it.
                worse = self._page_of(incident, incident.alerts[alerts:])
                pager.trigger(replace(worse, incident=worse_key(incident)))
                alerts = len(incident.alerts)
            case PageAction.ALERT_OVER:
                pager.resolve(worse_key(incident))
            case PageAction.ACKNOWLEDGE:
                pager.acknowledge(incident.id)
            case PageAction.RESOLVE:
                pager.resolve(incident.id)
            case PageAction.ASK:
                pager.trigger(approval_page_of(incident))
            case PageAction.ANSWERED:
                pager.resolve(approval_page_of(incident).incident)
            case _:
                pager.note(self._page_of(incident), "; ".join(incident.milestones[told:]))
                told = len(incident.milestones)
        return e.PageSent(job.claim.number, action, told, second, alerts)

    def _page_of(self, incident: Incident, worse: Sequence[str] = ()) -> Page:
        page = page_of(incident)
        if incident.slack_untrusted:
            page = _without_slack(page, incident, self.meeting())
        if worse:
            page = replace(page, summary=f"{incident.id}: {'; '.join(dict.fromkeys(worse))}. {page.summary}")
        return page

    def draft_update(self, job: Job) -> e.UpdateDrafted:
        """The text that the audience's template makes of the current state; the latest news heads it."""
        incident, now = job.incident, self.clock()
        audience = audience_named(incident, job.claim.subject)
        if audience is None:
            raise Refused("bot", f"draft the update to {job.claim.subject}", "no secret has this owner now")
        new = new_milestones(incident, audience)
        newest = max(new, key=lambda each: new[each], default=None)
        text = render_update(incident, audience, newest, self.templates, now)
        text = fitting(gate(text, self._search(self.event_log.events(incident.id))).text.strip())
        draft = state_of(incident, audience.name).draft
        return e.UpdateDrafted(
            job.claim.number,
            audience.name,
            draft.number + 1 if draft is not None else 1,
            newest or "",
            text,
            {str(each): at for each, at in new.items()},
            released=not looks_first(incident, audience),
            figures=figures(incident) if corrects(audience) else "",
        )

    def send_update(self, job: Job) -> e.UpdateSent:
        """The newest text that may go out, to one channel or person."""
        incident, target = job.incident, job.claim.subject
        audience, _, number = job.claim.detail.rpartition("#")
        draft = state_of(incident, audience).draft
        if draft is None or str(draft.number) != number:
            raise Refused("bot", f"send update {number} to {audience}", "a newer one takes its place")
        named = audience_named(incident, audience)
        again = named is not None and corrects(named) and not draft.milestone
        missing = self.board.tell(incident.id, job.claim.detail, target, draft.text, again=again)
        return e.UpdateSent(job.claim.number, audience, draft.number, target, missing)

    def report(self, job: Job) -> e.ReportWritten:
        """Renders, checks and files the report of everything up to now, as Markdown and as HTML. After a signature it
        renders the HTML again, which shows it.
        """
        read, now = self.event_log.snapshot(job.incident.id), self.clock()
        incident, report = read.incident, read.incident.report
        keep = [version.digest for version in report.kept]
        keep_html = [version.html_digest for version in report.kept if version.html_digest]
        if report.requested_at is None and report.signers:
            shown = self.archive.put_report(
                incident.id, self._page(self._source(_as_signed(read), now)), "html", keep_html
            )
            return e.ReportWritten(
                job.claim.number, report.path, report.digest, report.head, report.covers, report.withheld, shown.place,
                shown.digest,
            )  # fmt: skip
        gated, page = self._drawn(read, now)
        if incident.redacted:
            self.archive.forget_kept(incident.id, [*keep, *keep_html])
        filed = self.archive.put_report(incident.id, gated.text, keep=keep)
        as_page = self.archive.put_report(incident.id, page, "html", keep_html)
        withheld = len({line for line, _ in gated.withheld})
        return e.ReportWritten(
            job.claim.number, filed.place, filed.digest, read.head, read.events[-1].seq, withheld, as_page.place,
            as_page.digest, self._destinations(incident),
        )  # fmt: skip

    def _destinations(self, incident: Incident) -> tuple[str, ...]:
        """Where a report of this incident is to arrive, as this worker is set up."""
        here = incident.channel and not incident.slack_untrusted
        return tuple(name for name in self.destinations if name != SLACK or here)

    def deliver(self, job: Job) -> e.ReportDelivered:
        """Sends the last written report to its destination, unless it is there already."""
        incident, to = job.incident, job.claim.subject
        destination = self.destinations.get(to)
        if destination is None:
            raise Refused("report", f"deliver it to {to}", "this worker is no longer set up for that")
        covers = incident.report.deliveries[to].covers
        documents = self._documents(job)
        job.still_mine()
        place = destination.deliver(incident, documents, renewed=bool(incident.redacted))
        return e.ReportDelivered(job.claim.number, to, place, documents[0].digest, covers)

    def _documents(self, job: Job) -> tuple[Document, ...]:
        """The report as filed; written again if another worker has it on its disk. Its file names are checked too."""
        incident, report = job.incident, job.incident.report
        texts = {
            "html": self.archive.read_report(incident.id, "html", report.html_digest),
            "md": self.archive.read_report(incident.id, "md", report.digest),
        }
        if None in texts.values():
            read, now = self.event_log.snapshot(incident.id), self.clock()
            gated, page = self._drawn(read, now)
            texts = {"html": page, "md": gated.text}
        return self._named(incident, {form: text for form, text in texts.items() if text is not None})

    def _named(self, incident: Incident, texts: Mapping[str, str]) -> tuple[Document, ...]:
        made = []
        for form, text in texts.items():
            digest = hashlib.sha256(text.encode()).hexdigest()
            title = f"{incident.id}: {'draft of the ' if incident.open else ''}report"
            made.append(Document(document_name(incident.id, digest, form), title, form, text, digest))
        names = [
            (place, text)
            for each in made
            for place, text in (("the file's name", each.name), ("its title", each.title))
        ]
        demand_clean(names, self._search(self.event_log.events(incident.id)), "the document")
        return tuple(made)

    def _drawn(self, read: Snapshot, now: datetime) -> tuple[Gated, str]:
        """The report in both forms; in its plainest form where it cannot be drawn."""
        source = self._source(read, now)
        try:
            text = render(source.incident, source.events, source.head, self.templates, now)
            return self._gated(text, source), self._page(source)
        except (OutsideError, LogError):
            raise
        except Exception as error:  # noqa: BLE001 - an incident without any report would be worse
            incident = read.incident
            _log.error("the report is in its plainest form", incident=incident.id, error=type(error).__name__)
            plainest = self._gated(plain_report(incident, read.events, now), source)
            return plainest, text_page(plainest.text, f"Report of {incident.id}", self.templates, source.search)

    def _source(self, read: Snapshot, now: datetime) -> Source:
        return Source(read.incident, read.events, read.head, self.templates, now, frozenset(self.values()))

    def _page(self, source: Source) -> str:
        return report_page(source, lambda: self._remedy(source)).text

    def decisions(self, job: Job) -> e.DecisionRecorded:
        """Adds the incident's entry to the decisions log; once, however often it is tried."""
        read = self.event_log.snapshot(job.incident.id)
        entry = render_decision(job.incident, job.incident.report.path, self.templates)
        gated = self._gated(entry, self._source(read, self.clock()))
        place = self.archive.add_decision(gated.text, anew=bool(job.incident.redacted))
        withheld = len({line for line, _ in gated.withheld})
        return e.DecisionRecorded(job.claim.number, place, withheld)

    def _search(self, events: Sequence[e.Recorded]) -> Search:
        return Search.of(events, self.values())

    def _gated(self, text: str, source: Source) -> Gated:
        """The text without its secrets, with the command that takes them out of the log."""
        gated = gate(text, source.search)
        return gate(text, source.search, self._remedy(source)) if gated.withheld else gated

    def _remedy(self, source: Source) -> str:
        numbers = [str(recorded.seq) for recorded in source.events if stands_in(recorded.event, source.search)]
        words = f"bot incident redact {source.incident.id} {' '.join(numbers)} --note TEXT"
        how = f"Two people remove it from the log: `{words}`."
        return how if numbers else "It is in no event of the log: check the template."


def _as_signed(read: Snapshot) -> Snapshot:
    """The log up to the signed report, plus the signature."""
    report, state = read.incident.report, None
    events = read.events[: report.covers]
    for recorded in events:
        state = evolve(state, recorded)
    assert state is not None
    return Snapshot(replace(state, report=report), events, report.head)


def worse_key(incident: Incident) -> str:
    """The dedup key of the alert about what got worse, beside the page."""
    return f"{incident.id}-worse"


def _without_slack(page: Page, incident: Incident, meeting: Sequence[str]) -> Page:
    """The same page where Slack is not trusted: it leads to no channel."""
    details = {**page.details, "do": "Acknowledge. Don't use Slack: it isn't trusted. Meet as this page says."}
    return replace(page, summary=announcement(incident), link="", meet="; ".join(meeting), details=details)


def approval_page_of(incident: Incident) -> Page:
    """The separate page for approvers: the on-call person has already acknowledged the other one."""
    asked = f"A revocation needs a second approver. {announcement(incident)}"
    page, link = page_of(incident), "" if incident.slack_untrusted else incident.channel_url
    do = f"Acknowledge, then decide: bot approve {incident.id}{f', or on the card in {link}' if link else ''}."
    details = {**page.details, "do": do}
    return replace(page, incident=f"{incident.id}-approval", summary=asked, link=link, details=details)


def page_of(incident: Incident) -> Page:
    """The page: the words that may be said anywhere, the way to the channel, and what to do without Slack."""
    join = incident.channel_url or "the incident's channel, once the bot has opened it"
    commander = f" Commander: {incident.commander}." if incident.commander else ""
    planned = incident.routine
    return Page(
        incident=incident.id,
        summary=announcement(incident) if planned else f"{leaked(incident)}. Join the channel of {incident.id}",
        severity=pager_severity(incident),
        link=incident.channel_url,
        environment=incident.environment,
        details={
            "do": f"Acknowledge, then join {join}.{commander}",
            "status": announcement(incident) if planned else status_words(incident),
            "if Slack is down": f"bot show {incident.id}, bot todo {incident.id}",
            "if the bot is down": "bot runbook SECRET prints the steps by hand",
        },
    )
