"""A Markdown text as one HTML file: notices, decisions and a team's own templates are written once, and read in two
forms.

Source: CommonMark 0.31, with GitHub's tables. HTML in the text stays text, and a picture from elsewhere is a link: the
page needs nothing but itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from markdown_it import MarkdownIt
from markupsafe import Markup

from bot.incident.events import Recorded, kind_of
from bot.incident.state import Incident
from bot.phrases.events import sentence
from bot.phrases.marks import plain
from bot.phrases.report import plainest
from bot.phrases.times import moment
from bot.report.gates import demand_clean, texts_of_page
from bot.report.markdown import md
from bot.report.render import fill
from bot.report.secret_scan import Search

TEXT_HTML = "text.html.j2"
_MARKER = re.compile(r"\A(?:<!--[^\n]*-->\s*)+")
"""The mark that finds an entry of the decisions log again; readers do not see it."""


def text_page(text: str, title: str, folders: Sequence[Path], search: Search, withheld: str = "") -> str:
    """The page of a text that was searched for secrets. `withheld` says what is missing, and why.

    Refused, with the place, if the finished page holds a value; ConfigurationError for a wrong template.
    """
    shown = _MARKER.sub("", text)
    if not shown.startswith("# "):
        shown = f"# {title}\n\n{shown}"
    body = Markup(_reader().render(shown))  # noqa: S704 - the reader escapes all that is not its own
    page = fill(TEXT_HTML, folders, title=title, body=body, withheld=withheld)
    demand_clean(texts_of_page(page), search, "the page")
    return page


def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


# The report in its plainest form, as Markdown, for where it cannot be drawn: no template, and nothing worked out.


def plain_report(incident: Incident, events: Sequence[Recorded], now: datetime) -> str:
    """The known facts of the incident, and its timeline."""
    known = [f"- {md(plain(line))}" for line in plainest(incident, "report", now)]
    told = [f"- {each.seq}, {moment(each.at)}, {md(each.actor)}: {md(_words(each, incident))}" for each in events]
    return "\n".join([f"# Report of {md(incident.id)}", "", *known, "", "## Timeline", "", *told, ""])


def _words(recorded: Recorded, incident: Incident) -> str:
    try:
        words = sentence(recorded, incident)
    except Exception:  # noqa: BLE001 - the other events are shown anyway
        words = None
    return plain(words) if words else kind_of(recorded.event)
