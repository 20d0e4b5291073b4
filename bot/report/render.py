"""Templates and what goes into them.

The views are plain text; every expression of a template is escaped for Markdown unless a filter has made it Markdown
already (`md`, `code`). A misspelt name is an error, not a gap. People's text is data and is never read as a template;
the templates themselves run in Jinja's sandbox.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from bot.errors import ConfigurationError
from bot.incident.events import Recorded
from bot.incident.state import Incident
from bot.phrases.times import moment
from bot.report import html
from bot.report.decision_view import decision_view
from bot.report.markdown import bullets, code, md, refs, sentences
from bot.report.report_view import report_view
from bot.report.secret_view import divided
from bot.report.svg import svg_of

REPORT = "report.md.j2"
ROTATION = "rotation.md.j2"
"""The template of a planned rotation: short, since nothing leaked. Each has another for HTML."""
DECISION = "decision.md.j2"


def render(incident: Incident, events: Sequence[Recorded], head: str, templates: Sequence[Path], now: datetime) -> str:
    """The report as Markdown, from all events of the incident; `head` is the log's ``SEQ:DIGEST``, `now` UTC.

    `templates` are folders, searched in order. ConfigurationError, naming the template, for a template that is missing,
    malformed, or asks for something that the view does not have.
    """
    name = ROTATION if incident.routine else REPORT
    return fill(name, templates, report=report_view(incident, events, head, now))


def render_decision(incident: Incident, report: Path | str, templates: Sequence[Path]) -> str:
    """The entry for the decisions log, with the marker by which it is found again. Misuse while the incident is open.

    ConfigurationError as for `render`.
    """
    return fill(DECISION, templates, decision=decision_view(incident, str(report)))


def fill(name: str, templates: Sequence[Path], **views: Any) -> str:
    """The template of this name, filled. ``.md.j2`` is Markdown, ``.html.j2`` one file that needs nothing else, and
    ``.txt.j2`` is not escaped, since its readers treat it as plain text. ConfigurationError as for `render`.
    """
    form = name.removesuffix(".j2").rpartition(".")[2]
    lines = views["report"]["timeline"] if form == "html" and "report" in views else ()
    text = _filled(environment(form, templates, {seq for line in lines for seq in line.seqs}), name, templates, views)
    return text.strip() + "\n" if form == "html" else _tidy(text)


def _filled(environment: jinja2.Environment, name: str, templates: Sequence[Path], views: Mapping[str, object]) -> str:
    try:
        return environment.get_template(name).render(views)
    except jinja2.TemplateNotFound as error:
        places = ", ".join(str(folder) for folder in templates) or "no folder"
        raise ConfigurationError(
            f"{error.name or name}: not found; expected a template of that name in {places}"
        ) from None
    except jinja2.TemplateSyntaxError as error:
        raise ConfigurationError(f"{error.filename or error.name}:{error.lineno}: {error.message}") from None
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        file, line = _place(error, name, templates)
        # Jinja's messages name attributes and filters; other errors could repeat texts of the incident.
        cause = (
            error.message if isinstance(error, jinja2.TemplateError) else f"{type(error).__name__} while it was filled"
        )
        raise ConfigurationError(f"{file}:{line}: {cause}") from None


def _tidy(text: str) -> str:
    """Removes blanks at the ends of lines and repeated empty lines, which a template's tags leave."""
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines) + "\n"


class _Compiled(jinja2.BytecodeCache):
    """Compiled templates, cached by their contents, one for each kind of environment, since its settings affect the
    result.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (kept := self._kept.get((bucket.key, bucket.checksum))) is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


_COMPILED = {form: _Compiled() for form in ("md", "txt", "html")}


def environment(form: str, templates: Sequence[Path], anchors: Collection[int] = ()) -> jinja2.Environment:
    """Fills templates of a form, ``md``, ``txt`` or ``html``; `finalize` escapes for Markdown, HTML included. `anchors`
    are the events that a page of HTML has a line for.
    """
    finalize: dict[str, Callable[..., object]] = {"md": md, "html": html.text}
    made = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(templates),
        undefined=jinja2.StrictUndefined,
        autoescape=form == "html",
        finalize=finalize.get(form),
        bytecode_cache=_COMPILED[form],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(moment=moment, divided=divided)
    if form == "md":
        made.filters.update(md=md, code=code, refs=refs, bullets=bullets, sentences=sentences)
    if form == "html":
        links = html.links(anchors)
        # Of this page alone: what is compiled holds nothing that these have made.
        own: dict[str, Callable[..., Markup]] = {
            "refs": links,
            "bullets": html.bullets(links),
            "sentences": html.sentences(links),
        }
        filters = {name: _when_filled(each) for name, each in own.items()}
        made.filters.update(drawn=svg_of, numbers=refs, **filters)
    return made


def _when_filled(made: Callable[..., Markup]) -> Callable[..., Markup]:
    """A filter that Jinja asks when a template is filled, and not already when it is compiled."""

    @jinja2.pass_context
    def asked(_context: Context, *given: object, **named: object) -> Markup:
        return made(*given, **named)

    return asked


def _place(error: BaseException, name: str, templates: Sequence[Path]) -> tuple[str, int]:
    """The file and line of a template at which an error arose: Jinja rewrites tracebacks to point there."""
    files = {str(folder) for folder in templates}
    place = (name, 1)
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if any(file.startswith(folder) for folder in files) and file.endswith(".j2"):
            place = (file, trace.tb_lineno)
        trace = trace.tb_next
    return place
