"""Any form of the report at this moment, read from the log on request and written nowhere.

The report itself (``report``), the notices (``regulator``, ``customer``), the entry of the decisions log
(``decision``), the JSON for an outside response firm (``export``), and each template ``NAME.md.j2`` of the team. All
pass the same search for secrets as filed documents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from bot.errors import Misuse
from bot.incident import events as e
from bot.incident.state import Incident
from bot.phrases.times import counted
from bot.report.export import as_json, export
from bot.report.gates import clean_view, demand_clean, texts_of_page
from bot.report.notices import NOTICES, Duty, notice_view
from bot.report.render import REPORT as TEMPLATE
from bot.report.render import ROTATION, fill, render, render_decision
from bot.report.report_view import report_view
from bot.report.secret_scan import Search, gate
from bot.report.text_page import text_page

REPORT, DECISION, EXPORT = "report", "decision", "export"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_NO_DRAFT = frozenset({"runbook", "rotation", "page", "text"})
"""Templates of other things."""

type Form = Literal["md", "html"]


@dataclass(frozen=True)
class Source:
    """The data of a draft. `head` is the log's ``SEQ:DIGEST``, `folders` those of the templates, `values` the
    fingerprints of further values that must not appear; `duty` is the reason for a notice.
    """

    incident: Incident
    events: Sequence[e.Recorded]
    head: str
    folders: Sequence[Path]
    now: datetime
    values: Collection[str] = ()
    duty: Duty = field(default_factory=Duty)

    @cached_property
    def search(self) -> Search:
        return Search.of(self.events, self.values)

    @property
    def view(self) -> dict[str, Any]:
        return report_view(self.incident, self.events, self.head, self.now)


@dataclass(frozen=True)
class Draft:
    """`withheld` counts the lines (Markdown) or texts (HTML) that are not shown, because a secret stood there."""

    text: str
    withheld: int = 0


def draft(source: Source, name: str, form: Form = "md") -> Draft:
    """Misuse for a name that no variant can have, and for the decision of an open incident; ConfigurationError for a
    template that is missing or wrong, or in a process that holds no fingerprint key; Refused if a value is left in the
    finished page.
    """
    if not _NAME.fullmatch(name) or name in _NO_DRAFT:
        known = ", ".join((REPORT, *NOTICES, DECISION, EXPORT))
        raise Misuse(f"There is no draft {name!r}. Known: {known}, or a template NAME.md.j2 in BOT_TEMPLATES.")
    if name == REPORT:
        return (
            report_page(source)
            if form == "html"
            else _gated(source, render(source.incident, source.events, source.head, source.folders, source.now))
        )
    if name == EXPORT:
        document = clean_view(export(source.incident, source.events, source.head, source.now), source.search)
        return Draft(as_json(document.view), document.withheld)
    if name == DECISION:
        entry = render_decision(source.incident, source.incident.report.path, source.folders)
        return _gated(source, entry) if form == "md" else _decision_page(source, entry)
    notice = notice_view(source.incident, source.events, source.now, source.duty)
    views: dict[str, object] = {"notice": notice, "report": source.view}
    template = NOTICES.get(name, f"{name}.md.j2")
    if form == "md":
        return _gated(source, fill(template, source.folders, **views))
    cleaned = clean_view(views, source.search)
    text = fill(template, source.folders, **cleaned.view)
    gated = gate(text, source.search)
    page = text_page(
        gated.text, f"{source.incident.id}: draft, {name}", source.folders, source.search, said(cleaned.withheld)
    )
    return Draft(page, cleaned.withheld + len(gated.withheld))


def report_page(source: Source, remedy: Callable[[], str] = str) -> Draft:
    """The report as HTML. Its texts are searched before rendering, and the page again afterwards: Refused, with the
    place, if it still holds a secret. `remedy` says what to do about withheld texts.
    """
    cleaned = clean_view(source.view, source.search)
    withheld = f"{said(cleaned.withheld)} {remedy()}".strip() if cleaned.withheld else ""
    template = (ROTATION if source.incident.routine else TEMPLATE).replace(".md.", ".html.")
    page = fill(template, source.folders, report={**cleaned.view, "withheld": withheld})
    demand_clean(texts_of_page(page), source.search, "the page")
    return Draft(page, cleaned.withheld)


def said(withheld: int) -> str:
    """That something is not shown; empty if nothing is withheld."""
    what = counted(withheld, "text was", "texts were")
    return f"{what} withheld because it held a secret." if withheld else ""


def _gated(source: Source, text: str) -> Draft:
    gated = gate(text, source.search)
    return Draft(gated.text, len({line for line, _ in gated.withheld}))


def _decision_page(source: Source, entry: str) -> Draft:
    gated = _gated(source, entry)
    title = f"{source.incident.id}: entry of the decisions log"
    return Draft(text_page(gated.text, title, source.folders, source.search), gated.withheld)
