"""The command that practises: drill."""

from __future__ import annotations

import importlib.util
import os
import re
import socket
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bot.cli import status
from bot.cli.arguments import flag, option
from bot.cli.terminal import Terminal
from bot.data_files import CATALOG
from bot.errors import BotError, Misuse

if TYPE_CHECKING:
    from bot.drill.client.summary import Summary
    from bot.drill.rehearsal import Own

NEEDED = ("bot.drill", "moto")
"""What a drill takes: the practice world's own code, which the production image leaves out, and the extra `drill`."""
NOT_HERE = (
    "The practice world is not installed here: run `uv run bot drill` in a checkout, "
    "or `pip install 'compromise-bot[drill]'` where you practise."
)
Auto = Annotated[bool, flag("--auto", "Automatic responders play it; also the default without a terminal.")]
Data = Annotated[Path | None, option("--data", "DIR", "Folder for its files; the same folder again resumes.")]
FaultNames = Annotated[
    list[str] | None, option("--fault", "PLACE:FAULT", "What goes wrong, such as sendgrid:revoke-500 or slack:down.")
]
IncidentOnly = Annotated[bool, flag("--incident-only", "With --auto: no planned rotation and no departure.")]
StoryName = Annotated[
    str, option("--story", "NAME", "What happened before. attack: someone used the keys; quiet: only the product did.")
]
Keep = Annotated[bool, flag("--keep", "Leave everything running at the end, until Ctrl-C.")]


def drill(
    terminal: Terminal,
    *,
    auto: Auto = False,
    data: Data = None,
    fault: FaultNames = None,
    every: Annotated[bool, flag("--all", "All secrets of the practice world.")] = False,
    keep: Keep = False,
    incident_only: IncidentOnly = False,
    story: StoryName = "",
) -> int:
    """Practise a whole incident against fakes on this machine: real bot, made-up keys.

    For example:
      bot drill
      bot drill --auto
    """
    if not all(importlib.util.find_spec(name) for name in NEEDED):
        raise Misuse(NOT_HERE)
    from bot.drill.client.bytecode import keep_own_bytecode

    keep_own_bytecode()
    from bot.cli.documents import incident_document
    from bot.drill.faults import parse_faults
    from bot.drill.narrator import Narrator
    from bot.drill.run import Drill, DrillOptions
    from bot.drill.stories import Story

    if story and story not in Story:
        raise Misuse(f"There is no story {story!r}. The stories: {', '.join(Story)}.")

    by_itself = auto or terminal.json or not (sys.stdin.isatty() and sys.stdout.isatty())
    earlier = tuple(_earlier(auto=by_itself))
    options = DrillOptions(data, by_itself, parse_faults(fault or []), every, keep, earlier, incident_only, story)
    narrator = Narrator(terminal.err if terminal.json else terminal.out)

    def tell(summary: Summary) -> None:
        _remember(summary, auto=by_itself)
        terminal.document(summary.document())
        _show(terminal, summary)

    try:
        return Drill(options, narrator, incident_document, tell).run().exit_status
    except KeyboardInterrupt:
        return status.INTERRUPTED


def rehearse(
    terminal: Terminal,
    *,
    into: Annotated[Path, option("--into", "DIR", "The folder of your installation.")] = Path("installation"),
    auto: Auto = False,
    data: Data = None,
) -> int:
    """Practise by your own catalog, playbooks and people's rights, with made-up keys and accounts.

    It does not begin where a real credential is visible. What it cannot rehearse: your accounts, parameters, functions
    and templates, and providers that the practice world lacks.

    For example:
      bot setup rehearse
      bot setup rehearse --into installation --auto
    """
    from bot.catalog.loader import load_catalog
    from bot.providers import provider_names

    path = into / "playbooks" / CATALOG
    loaded = load_catalog(path, provider_names()).catalog
    variables = {part.variable for entry in loaded.entries for part in entry.parts}
    if seen := list(visible(os.environ, Path.home(), variables, metadata_answers)):
        raise Misuse(
            f"A rehearsal begins only where no real credential is visible. Here: {', '.join(seen)}. Take them away, or "
            "rehearse on another machine. Nothing was started."
        )
    if not all(importlib.util.find_spec(name) for name in NEEDED):
        raise Misuse(NOT_HERE)
    from bot.drill import rehearsal

    own = rehearsal.Own.of(into)
    _tell_played(terminal, own)
    folder = data or Path(tempfile.mkdtemp(prefix="bot-rehearsal-"))
    rehearsal.keep(folder, own)
    return drill(terminal, auto=auto, data=folder, incident_only=True)


def _tell_played(terminal: Terminal, own: Own) -> None:
    """Which of the installation's secrets, people and playbooks are rehearsed. Misuse if none can be."""
    from bot.drill.inventory import Inventory
    from bot.drill.providers import FIXTURES

    plays = Inventory.read({name for fixture in FIXTURES for name in fixture.secrets}, own.entries).plays
    played = [entry["name"] for entry in plays.values()]
    if not played:
        raise Misuse("None of your providers is in the practice world. `bot drill` practises with its own catalog.")
    for name, entry in plays.items():
        terminal.hint(f"{name} leaks by the rules of your {entry['name']}: {entry['title']}.")
    if left := [str(entry["name"]) for entry in own.entries if entry["name"] not in played]:
        terminal.hint(f"Not rehearsed, the practice world has no further account for them: {', '.join(left)}.")
    for persona, rights in own.given.items():
        whose = f"the rights of your {own.parts[persona]}: {', '.join(rights)}" if rights else "no rights"
        terminal.hint(f"{persona} has {whose}.")
    terminal.hint(f"Your playbooks: {', '.join(own.playbooks) or 'none, so the shipped ones'}.")


def _earlier(*, auto: bool) -> list[Mapping[str, object]]:
    """The measures of drills before. A drill needs no sound settings."""
    from bot.drill.client.debrief import earlier_drills
    from bot.settings.model import Settings

    with suppress(BotError, OSError):
        return earlier_drills(Settings.load(os.environ).data_folder, auto=auto)
    return []


def _remember(summary: Summary, *, auto: bool) -> None:
    """For the next debrief, in the data folder of the installation that practised."""
    from bot.drill.client.debrief import keep_drill
    from bot.settings.model import Settings

    with suppress(BotError, OSError):
        folder = Settings.load(os.environ).data_folder
        keep_drill(folder, summary.incident, summary.measures, auto=auto)


def _show(terminal: Terminal, summary: Summary) -> None:
    from bot.drill.client.ending import lines_of

    for line in lines_of(summary):
        if line.is_path:
            terminal.command(line.text)
        else:
            terminal.say(line.text, style=line.style, indent=line.indent)


# What keeps a rehearsal away from real accounts: it does not begin where a credential can be seen.

METADATA = ("169.254.169.254", 80)
"""Where an instance gets its role's credentials. Source: Amazon EC2 User Guide, instance metadata."""
PATIENCE = 1.0
"""Seconds."""
_NAMES = re.compile(
    r"AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|PROFILE|DEFAULT_PROFILE|WEB_IDENTITY_TOKEN_FILE"
    r"|CONTAINER_CREDENTIALS_(FULL|RELATIVE)_URI)"
    r"|\w+_(TOKEN|PASSWORD|SECRET|API_KEY|ACCESS_KEY|SECRET_KEY|ROUTING_KEY|ROLE_KEY|ANON_KEY|WEBHOOK_URL)"
    r"|(DATABASE|REDIS|BOT_DATABASE)_URL|PGPASSWORD"
)
"""Variables that hold a credential or lead to one."""
_PROFILES = {"AWS_SHARED_CREDENTIALS_FILE": ".aws/credentials", "AWS_CONFIG_FILE": ".aws/config"}


def metadata_answers() -> bool:
    """Whether this machine can ask for the credentials of a role."""
    try:
        with socket.create_connection(METADATA, PATIENCE):
            return True
    except OSError:
        return False


def visible(
    environ: Mapping[str, str], home: Path, variables: Collection[str], metadata: Callable[[], bool]
) -> Iterator[str]:
    """Names of what was seen, never values. `variables` are those of the catalog, which the product reads."""
    for name in sorted(environ):
        if environ[name] and (name in variables or _NAMES.fullmatch(name)):
            yield f"variable {name}"
    for name, usual in _PROFILES.items():
        path = Path(environ.get(name) or home / usual)
        if path.is_file() and path.stat().st_size:
            yield f"profiles in {path}"
    if metadata():
        yield f"instance metadata at {METADATA[0]}"
