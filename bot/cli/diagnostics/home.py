"""The bot itself: settings, files, people, the event log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cli.diagnostics.check import Checks, Doubtful, Skipped, Wrong
from bot.data_files import CATALOG, find_catalog, shipped
from bot.errors import BotError
from bot.incident.model import Right
from bot.trust import NOBODY_PROVES

if TYPE_CHECKING:
    from bot.app import Application
    from bot.eventlog import Seal

FILES, RUNNING = Checks["Application"](), Checks["Application"]()
EXAMPLE = "`bot setup catalog` drafts one of your own; BOT_PLAYBOOKS names its folder."
APPROVERS = 2
"""A plan needs another person's approval: with one approver, their own plans cannot be approved."""


@FILES("settings", "Correct the name, or unset it; `.env.example` lists all there are.")
def _settings(application: Application) -> str:
    from bot.providers.building import unknown_addresses

    settings = application.settings
    if unknown := [*settings.unknown, *unknown_addresses(settings.host_urls)]:
        raise Doubtful(f"unknown here: {', '.join(unknown)}")
    return f"BOT_ENVIRONMENT is {settings.environment}"


@FILES("catalog", "Fix the file; `bot catalog check` shows every mistake.", needed=True)
def _catalog(application: Application) -> str:
    loaded = application.files.loaded
    names = {entry.name for entry in loaded.catalog.entries}
    if loaded.left_out:
        left = ", ".join(f"{entry.name} ({entry.provider})" for entry in loaded.left_out)
        raise Doubtful(f"{len(names)} secrets; left out on purpose: {left}")
    if find_catalog(application.settings.playbooks).read_bytes() == (shipped("playbooks") / CATALOG).read_bytes():
        raise Doubtful("this is the example: none of your secrets is in it", EXAMPLE)
    return f"{len(names)} secrets in {', '.join(loaded.catalog.environments)}"


@FILES("known readers", "Look whether they still read it so; then give the entry a later `until`, or remove it.")
def _known_readers(application: Application) -> str:
    from bot.catalog.remembered import running_out

    catalog = application.files.loaded.catalog
    if out := [*running_out(catalog, application.clock().date())]:
        raise Doubtful("; ".join(out))
    return f"{len(catalog.ours)} in the catalog, none runs out soon"


@FILES("playbooks", "Fix the file; `bot catalog check` shows every mistake.")
def _playbooks(application: Application) -> str:
    return ", ".join(application.files.playbooks)


@FILES(
    "people",
    "Let BOT_PEOPLE name a file in which at least two people have the right `approve` and one `command`.",
    needed=True,
)
def _people(application: Application) -> str:
    if application.settings.people is None:
        raise Wrong("BOT_PEOPLE is not set: no one can respond or approve")
    people = application.files.people
    approvers = [person.name for person in people.having(Right.APPROVE)]
    if len(approvers) < APPROVERS:
        raise Wrong(
            f"{len(approvers)} can approve, and no one may approve their own plan: at least {APPROVERS} are needed"
        )
    if not people.having(Right.COMMAND):
        raise Wrong("no one can command: no incident could be closed")
    return f"{len(people.everyone)} people; {', '.join(approvers)} may approve"


@FILES(
    "SSH signatures",
    "Install openssh-client where the worker runs, and let it write a temporary folder (systemd: PrivateTmp=true).",
)
def _ssh(application: Application) -> str:
    """What the worker checks such a signature with: ssh-keygen, which gets its files in a temporary folder."""
    from shutil import which
    from tempfile import TemporaryDirectory

    if not any(person.keys for person in application.files.people.everyone):
        raise Skipped("no one in the people file has an SSH key there")
    if which("ssh-keygen") is None:
        raise Wrong("ssh-keygen is not on the path: SSH signatures cannot be checked")
    try:
        with TemporaryDirectory(prefix="bot-ssh-"):
            return "ssh-keygen is there, and a temporary folder"
    except OSError as error:
        raise Wrong(f"no temporary folder can be made ({error.strerror}): ssh-keygen gets its files in one") from None


@RUNNING(
    "event log",
    "Let BOT_DATABASE_URL or BOT_DATA name a database that this user may read, and a worker's user write.",
    needed=True,
)
def _log(application: Application) -> str:
    """Opening it brings the schema up to date; a write that changes nothing shows whether writing is possible."""
    from sqlalchemy import update

    from bot.eventlog.failures import NotPermitted
    from bot.eventlog.tables import INCIDENTS

    database = application.event_log.database
    kind = f"SQLite at {database.path}" if database.sqlite else "PostgreSQL"
    try:
        with database.writing() as connection:
            connection.execute(update(INCIDENTS).where(INCIDENTS.c.incident == "").values(seq=0))
    except NotPermitted:
        return f"{kind}, schema up to date, readable; only a worker writes"
    return f"{kind}, schema up to date, writable"


@RUNNING(
    "trust",
    "Two people give trust back: `bot people trust NAME --note WHY`, with slack as NAME for Slack. "
    "Where only one person can: `bot people trust --on-this-host --note WHY` on the worker's host. A damaged "
    "record needs the database's own backup.",
)
def _trust(application: Application) -> str:
    """The whole chain, and by its seals where this process may read the worker key."""
    if application.takes_a_word:
        raise Doubtful(NOBODY_PROVES)
    seal = seal_of(application)
    state = application.event_log.trust.verify(seal)
    checked = "" if seal is not None else " (whether a worker wrote that cannot be checked here)"
    if state.lost:
        raise Doubtful("; ".join(state.words()) + checked)
    return f"everyone in the people file is trusted, and so is Slack{checked}"


@RUNNING(
    "planned rotations", "`bot rotation policy` says what is stopped. A damaged record needs the database's own backup."
)
def _stops(application: Application) -> str:
    """The whole record of stopped providers, checked like the log of trust."""
    state = application.event_log.stops.verify(seal_of(application))
    if state.stopped:
        raise Doubtful("; ".join(state.words.values()))
    return "no provider is stopped"


def seal_of(application: Application) -> Seal | None:
    """Reads the worker key, and never makes one."""
    from bot.eventlog import Seal
    from bot.vault.own import WORKER_KEY, read_key

    try:
        read_key(application.outside.aws, WORKER_KEY)
        return Seal(application.keys.worker_keys)
    except BotError:
        return None


@RUNNING("worker", "Start one where AWS can be reached: `bot serve` or `bot work`.", needed=True)
def _worker(application: Application) -> str:
    from bot.eventlog import open_leadership

    living = open_leadership(application.event_log.database).living()
    if not living:
        raise Doubtful("none runs: terminals do the work of their own commands, and deadlines won't fire")
    return f"running: {', '.join(sorted(living))}"
