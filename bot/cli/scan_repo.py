"""The command that finds the catalog's values in a git repository and its whole history: scan-repo."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import status
from bot.cli.arguments import flag, option
from bot.cli.terminal import Terminal
from bot.errors import Misuse
from bot.phrases.times import listed

if TYPE_CHECKING:
    from bot.news.sources.catalogued import Catalogued, Place
    from bot.news.sources.repository import Repository
    from bot.news.sources.scan import Finding, Scanned

Environment = Annotated[str, option("--environment -e", "NAME", "Only values of this one.")]
MANY = 20
"""Places of one value that are listed; the rest is counted (all of them under --json)."""


def scan_repo(
    terminal: Terminal,
    path: Annotated[Path, typer.Argument(help="A folder in the repository.")] = Path(),
    *,
    environment: Environment = "",
    staged: Annotated[
        bool, flag("--staged", "Only what the next commit adds, beside the local .env: for a hook.")
    ] = False,
    dotenv: Annotated[Path | None, option("--dotenv", "FILE", "The .env of --staged; else the repository's.")] = None,
) -> int:
    """Find the catalog's values in a git repository: files, index and whole history. No value is printed or written.

    Ends with 3 where one is found. It needs the worker's right to read the parameters; with --staged it needs nothing.

    For example:
      bot scan-repo
      bot scan-repo --staged --dotenv .env
    """
    from bot.news.sources.repository import Repository

    repository = Repository(path)
    if staged:
        return _staged(terminal, repository, dotenv)
    return _everywhere(terminal, repository, environment)


# --- the whole repository -------------------------------------------------------------------------------------------


def _everywhere(terminal: Terminal, repository: Repository, environment: str) -> int:
    from bot.news.sources.catalogued import read_catalog
    from bot.news.sources.needles import Needles
    from bot.news.sources.scan import scan

    with terminal.progress() as progress:
        application = terminal.application
        own = application.settings.credentials()
        values = read_catalog(application.files.loaded.catalog, application.outside.vault, own, environment, progress)
        scanned = scan(repository, Needles(values.values), progress)
    terminal.document(
        {
            "repository": repository.root,
            "values": len(values.values),
            "found": [_document(one) for one in scanned.findings],
            "not_read": values.unread,
            "not_searchable": values.unsearchable,
            "shallow": repository.shallow,
            "missing_objects": repository.missing,
            "files_not_read": scanned.unread,
        }
    )
    _tell(terminal, repository, values, scanned)
    if scanned.findings:
        return status.AT_RISK
    return status.DONE if values.values and not values.unread and _whole(repository, scanned) else status.FAILED


def _whole(repository: Repository, scanned: Scanned) -> bool:
    """Whether all files and all of the history were looked through."""
    return not (repository.shallow or repository.missing or scanned.unread)


def _document(one: Finding) -> dict[str, object]:
    holder = {name: getattr(one.holder, name) for name in ("secret", "environment", "parameter", "current")}
    return {**asdict(one), "holder": holder, "name": one.holder.name}


def _tell(terminal: Terminal, repository: Repository, values: Catalogued, scanned: Scanned) -> None:
    found = scanned.findings
    what = f"{len(values.values)} values of {len({holder.parameter for _, holder in values.values})} parameters"
    if not found:
        where = "in any commit of it" if _whole(repository, scanned) else "as far as it is here and can be read"
        terminal.say(f"None of {what} stands in {repository.root}, {where}.", style="bold")
    by_value: dict[Place, list[Finding]] = {}
    for one in found:  # earlier values of one parameter are told together
        by_value.setdefault(replace(one.holder, version=None), []).append(one)
    for holder, places in by_value.items():
        terminal.say(f"{holder.name}: {_times(len(places))}", style="bold red" if holder.current else "bold")
        for one in places[:MANY]:
            terminal.say(_place(one), indent=2)
        if len(places) > MANY:
            terminal.say(f"and {len(places) - MANY} more (--json lists all)", indent=2)
        if holder.secret and holder.current:
            terminal.command(f"bot declare {holder.secret} -e {holder.environment} --notice {_notice(places[0])!r}")
    for trouble in values.unread:
        terminal.say(f"Could not be read, so not looked for: {trouble}", style="yellow")
    for parameter in values.unsearchable:
        terminal.say(f"Too short or too plain a word to be looked for: a value of {parameter}", style="yellow")
    if repository.shallow:
        terminal.say("The clone is shallow, older commits are not here: `git fetch --unshallow` first.", style="yellow")
    if repository.missing:
        terminal.say(
            f"The clone is partial, at least {repository.missing} objects are not here: "
            "`git fetch --refetch --no-filter` first.", style="yellow",
        )  # fmt: skip
    if scanned.unread:
        few = listed([*scanned.unread[:MANY], *(["others (--json lists all)"] if len(scanned.unread) > MANY else [])])
        terminal.say(f"{_many(len(scanned.unread))} could not be read, so not looked through: {few}", style="yellow")
    if found:
        terminal.say("What was pushed is known, whatever becomes of the commit: rotate it before you rewrite history.")


def _many(unread: int) -> str:
    return "1 file, folder or object" if unread == 1 else f"{unread} files, folders or objects"


def _times(places: int) -> str:
    return "in one place" if places == 1 else f"in {places} places"


def _place(one: Finding) -> str:
    where = f"{one.path}:{one.line}" if one.line else one.path
    came = ""
    if one.commit:
        since = f" of {one.at}" if one.at else ""
        more = f", and {one.commits - 1} more commits" if one.commits > 1 else ""
        came = f"commit {one.commit[:12]}{since}{more}"
    return ", ".join(word for word in (str(one.where), where, came, one.how) if word)


def _notice(one: Finding) -> str:
    return f"in the repository, {one.where}" + (f", commit {one.commit[:12]}" if one.commit else "")


# --- before a commit ------------------------------------------------------------------------------------------------


def _staged(terminal: Terminal, repository: Repository, dotenv: Path | None) -> int:
    from bot.news.sources.needles import ALLOWED, added_secrets

    if dotenv is not None and not dotenv.is_file():
        raise Misuse(f"There is no file {dotenv}.")
    file = dotenv or repository.root / ".env"
    found = list(added_secrets(repository.added(), _variables(file), _variables(file.with_name(".env.example"))))
    terminal.document({"repository": repository.root, "dotenv": file, "found": [asdict(one) for one in found]})
    for one in found:
        what = f"the value of {one.variable}" if one.variable else f"what looks like a key: {one.shape}"
        terminal.say(f"{one.path}:{one.line} holds {what}", style="bold red")
    if found:
        terminal.say(f"Nothing is committed. Take it out, or mark a line that holds no secret with “{ALLOWED}”.")
    return status.FAILED if found else status.DONE


def _variables(file: Path) -> dict[str, str]:
    """Those of an environment file, and older values that a rotation has left in it; none where there is no such file.

    Misuse where a line of the bot's own in it is damaged.
    """
    import msgspec

    from bot.vault.dotenv_file import EnvFile

    if not file.is_file():
        return {}
    try:
        held = EnvFile.parse(file.read_text(encoding="utf-8", errors="replace"))
    except msgspec.DecodeError:
        raise Misuse(
            f"A line of {file.name} that begins with #bot is damaged: mend or delete it, then do this again."
        ) from None
    older = {f"{one.parameter}, version {one.version}": one.value or "" for one in held.records}
    return older | held.values
