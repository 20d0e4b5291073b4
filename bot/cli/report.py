"""The report at the terminal: have it written, write its words, sign it, or draft a notice from it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bot.cli import status
from bot.cli.arguments import flag, option
from bot.cli.inbox import ask, record, show_document
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal
from bot.errors import BotError, Misuse, Refused

if TYPE_CHECKING:
    from bot.incident.commands import WriteNarrative
    from bot.incident.state import Incident
    from bot.report.drafts import Form

PARTS = {"summary": "Summary", "impact": "Impact", "root-cause": "Cause", "lessons": "Lessons"}
HEAD = """\
# {incident}: the report in your words. Facts, times and proofs come from the log, not from here.
# Save to record what you changed; lines that begin with # are not kept. Never a secret, not even in part.
"""
SEARCHED = (
    "Searched for this incident's keys and known key forms, not for other keys of the catalog: only the worker "
    "reads those. Read it before you send it. The worker searches what it files for all of them."
)
"""Said beside every draft at a terminal."""
KEPT = "Your text is in {path}: delete it when you no longer need it."
DELETED = "Your text was deleted here too."
_HEADING = re.compile(r"^## (Summary|Impact|Cause|Lessons)\s*$", re.MULTILINE)


def report(
    terminal: Terminal,
    incident: IncidentId,
    *,
    edit: Annotated[bool, flag("--edit", "Write summary, impact, cause and lessons in $EDITOR.")] = False,
    sign: Annotated[str, option("--sign", "DIGEST", "Sign the report with this SHA-256, or its beginning.")] = "",
    draft: Annotated[
        str,
        option(
            "--draft",
            "NAME",
            "Print as it is now: report, regulator, customer, decision, export (JSON), a notice, or your own template.",
        ),
    ] = "",
    html: Annotated[bool, flag("--html", "The draft as one HTML file rather than Markdown.")] = False,
) -> int:
    """Have the report written, and print where it is; or write its words, sign it, print a draft of it or of a notice.

    A draft needs no worker and is saved nowhere. It is searched for this incident's values and for known forms of keys.

    For example:
      bot report inc_ab12cd
      bot report inc_ab12cd --edit
    """
    if sum(map(bool, (edit, sign, draft))) > 1:
        raise Misuse("One thing at a time: --edit, --sign or --draft.")
    if html and not draft:
        raise Misuse("--html needs a draft: add one, such as --draft report.")
    if edit:
        return _edit(terminal, incident)
    if sign:
        from bot.incident.commands import SignReport
        from bot.phrases.report import signed_words

        state = ask(terminal, incident, SignReport(sign))
        show_document(terminal, state)
        terminal.say(f"{incident}: {signed_words(state.report)}")
        return status.DONE
    return _draft(terminal, incident, draft, "html" if html else "md") if draft else _write(terminal, incident)


def _write(terminal: Terminal, incident: str) -> int:
    from bot.cli.follow import carry_through
    from bot.incident.commands import RequestReport

    asked = ask(terminal, incident, RequestReport())
    state = carry_through(terminal, incident, _written, since=asked.seq)
    found = state.report
    if found.requested_at is not None or not found.path:
        raise Refused("report", f"write that of {incident}", _failure(state) or "no worker has written it yet")
    places = {to: delivery.place for to, delivery in found.deliveries.items() if delivery.place}
    terminal.document(
        {
            "incident": incident, "report": found.path, "digest": found.digest, "head": found.head,
            "html": found.html or None, "html_digest": found.html_digest or None, "delivered": places,
        }
    )  # fmt: skip
    terminal.command(found.path, indent=0)
    if found.html:
        terminal.command(found.html, indent=0)
    return status.DONE


def _written(incident: Incident, _now: datetime) -> bool:
    return incident.report.requested_at is None or bool(_failure(incident))


def _failure(incident: Incident) -> str:
    from bot.incident.lanes import REPORT_LANE

    failure = incident.lane(REPORT_LANE).failure
    return failure.message if failure is not None and failure.final else ""


# --- its words -------------------------------------------------------------------------------------------------------


def _edit(terminal: Terminal, incident: str) -> int:
    from bot.incident.commands import WriteNarrative
    from bot.incident.narrative import latest

    state = terminal.incidents.load(incident)
    before = HEAD.format(incident=incident) + "".join(
        f"\n## {title}\n\n{latest(state, part)}\n" for part, title in PARTS.items()
    )
    folder = Path(tempfile.mkdtemp(prefix="compromise-"))  # which its owner alone can open
    path, lost = folder / "report.md", False
    try:
        written = _edited(path, before)
        said = parse_narrative(written)
        words = WriteNarrative(said["Summary"], said["Impact"], said["Cause"], said["Lessons"])
        lost = written != before
        record(terminal, incident, words, f"{incident}: the report's words are recorded.")
        lost = False
    except BotError as error:
        if lost:
            lost = not _holds_value(words, error)
            error.args = (f"{error} {KEPT.format(path=path) if lost else DELETED}",)  # an error of the same kind
        raise
    except KeyboardInterrupt:
        if lost:
            terminal.hint(KEPT.format(path=path))
        raise
    finally:
        if lost:
            path.chmod(0o600)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return status.DONE


def _holds_value(words: WriteNarrative, error: BotError) -> bool:
    """Whether it was declined because it contains a secret's value."""
    from bot.inbox.fingerprints import says_that_it_holds_a_value
    from bot.inbox.wire import secrets_in
    from bot.incident.refusals import Declined

    return isinstance(error, Declined) and (secrets_in(words) is not None or says_that_it_holds_a_value(str(error)))


def parse_narrative(text: str) -> dict[str, str]:
    """The text under each heading, without our own lines that begin with one #."""
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("# "))
    pieces = _HEADING.split(kept)
    found = dict(zip(pieces[1::2], (piece.strip() for piece in pieces[2::2]), strict=True))
    return {title: found.get(title, "") for title in PARTS.values()}


def _edited(path: Path, text: str) -> str:
    """What came back from the editor, which opened `text` in this new file. Misuse where there is none, or it ended
    with an error.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise Misuse("$EDITOR is not set. Set it, or write with `bot note`.")
    path.touch(mode=0o600)
    path.write_text(text)
    try:
        done = subprocess.run([*shlex.split(editor), str(path)], check=False)  # noqa: S603 - the person's own editor
    except OSError:
        raise Misuse(f"The editor {editor!r} could not be started: nothing was recorded.") from None
    if done.returncode:
        raise Misuse(f"The editor ended with status {done.returncode}: nothing was recorded.")
    return path.read_text(errors="replace")


# --- drafts ----------------------------------------------------------------------------------------------------------


def _draft(terminal: Terminal, incident: str, name: str, form: Form) -> int:
    """Of a notice that is named, also whom it is to, by when, and what asks for it."""
    from bot.data_files import template_folders
    from bot.report.drafts import Source, draft
    from bot.report.notices import duty_of, notice_named

    application = terminal.application
    application.outside.use_fingerprints()
    read, folders = application.event_log.snapshot(incident), template_folders(application.settings.templates)
    source, template = Source(read.incident, read.events, read.head, folders, application.clock()), name
    if name in {each.id for each in read.incident.obligations}:
        clock = notice_named(read.incident, name)
        source, template = replace(source, duty=duty_of(clock)), clock.obligation.template
    made = draft(source, template, form)
    terminal.document({"incident": incident, "draft": name, "form": form, "text": made.text, "withheld": made.withheld})
    terminal.text(made.text)
    terminal.hint(SEARCHED)
    return status.DONE
