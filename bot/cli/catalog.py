"""Commands about files and facts: catalog check, providers, manifest. None of them needs AWS or Slack."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import status
from bot.cli.arguments import argument
from bot.cli.streams import speaks_all
from bot.cli.terminal import Terminal
from bot.errors import BotError, Misuse

if TYPE_CHECKING:
    from bot.catalog.loader import Loaded
    from bot.model.playbooks import Playbook


def check(
    terminal: Terminal,
    path: Annotated[
        Path | None, argument("[PATH]", "A catalog, playbook, deadlines or folder; yours by default.")
    ] = None,
) -> int:
    """Check catalog, playbooks and deadlines, and list what they hold. Every mistake is named with its line.

    Where the values of your own catalog can be read, a URL that leads to none of its secret's hosts is a mistake too:
    after a leak nothing would be sent there.

    For example:
      bot catalog check
      bot catalog check ./playbooks
    """
    from msgspec import structs

    loaded, playbooks = _loaded(terminal, path)
    _tell(terminal, loaded, playbooks)
    elsewhere = _elsewhere(terminal, loaded) if path is None and loaded is not None else {}
    terminal.document(
        {
            "secrets": [structs.asdict(entry) for entry in (loaded.catalog.entries if loaded else ())],
            "left_out": [asdict(left) for left in (loaded.left_out if loaded else ())],
            "playbooks": {name: [step.id for step in playbook.steps] for name, playbook in playbooks.items()},
            "elsewhere": elsewhere,
        }
    )
    if elsewhere:
        return status.FAILED
    terminal.say("No mistakes.", style="green")
    return status.DONE


def _elsewhere(terminal: Terminal, loaded: Loaded) -> dict[str, str]:
    """By environment and secret, what is wrong with where its current value leads. An environment whose values cannot
    be read is named.
    """
    from bot.cli.diagnostics.secrets import leads, led_elsewhere

    outside, found = terminal.application.outside, dict[str, str]()
    for environment in loaded.catalog.environments:
        try:
            for entry in filter(leads, loaded.catalog.all(environment)):
                if said := led_elsewhere(outside, entry):
                    found[f"{environment}/{entry.name}"] = said
                    terminal.say(f"{environment} {entry.name}: {said}.", style="red")
        except BotError as error:
            said = f"{environment}: hosts not compared with the URLs in use: these can't be read ({error})"
            terminal.say(f"{said}.", style="yellow")
    return found


def _loaded(terminal: Terminal, path: Path | None) -> tuple[Loaded | None, Mapping[str, Playbook]]:
    from bot.app.files import demand_templates
    from bot.catalog.deadlines import load_deadlines
    from bot.catalog.loader import load_catalog, load_playbook, load_playbooks
    from bot.data_files import DEADLINES, find_catalog, find_playbook, playbook_files
    from bot.documents import read
    from bot.providers import provider_names, validation_error

    if path is None:
        _ = terminal.application.files.obligations
        return terminal.application.files.loaded, terminal.application.files.playbooks
    if path.is_dir():
        loaded = load_catalog(find_catalog(path), provider_names(), validation_error)
        load_deadlines(find_playbook(DEADLINES, path), loaded.catalog.environments)
        return loaded, load_playbooks(playbook_files(path))
    document = read(path)
    if document.at(("obligations",)) is not None:
        load_deadlines(path)
        return None, {}
    if document.at(("steps",)) is not None and document.at(("secrets",)) is None:
        playbook = load_playbook(path)
        demand_templates(playbook, terminal.application.settings.templates)
        return None, {playbook.id: playbook}
    return load_catalog(path, provider_names(), validation_error), {}


def _tell(terminal: Terminal, loaded: Loaded | None, playbooks: Mapping[str, Playbook]) -> None:
    if loaded is not None:
        for environment in loaded.catalog.environments:
            entries = loaded.catalog.all(environment)
            terminal.say(f"{environment}: {len(entries)} secrets", style="bold")
            for entry in entries:
                public = ", public by design" if entry.public_by_design else ""
                terminal.say(f"{entry.name}  {entry.title} ({entry.provider}{public})", indent=2)
        for left in loaded.left_out:
            terminal.say(f"left out: {left.name} (line {left.line}): {left.why}", style="yellow")
    for name, playbook in playbooks.items():
        terminal.say(f"playbook {name}: {', '.join(step.id for step in playbook.steps)}")


def ours(terminal: Terminal, incident: Annotated[str, argument("INCIDENT", "Its id.")]) -> None:
    """Print catalog entries so that the bot does not ask about the same readers and uses for 90 days.

    Each names a reader that a person called ours, with secrets, networks and programs. For another network or program
    the bot asks again. The bot never writes the catalog: have the change reviewed.

    For example:
      bot catalog ours inc_ab12cd
    """
    import yaml

    from bot.catalog.remembered import proposed, proposed_uses

    state, today = terminal.incidents.load(incident), terminal.clock().date()
    readers = proposed(state, terminal.incidents.events(incident), today)
    entries = {key: found for key, found in (("ours", readers), ("secrets", proposed_uses(state, today))) if found}
    terminal.document(entries)
    if not entries:
        terminal.say("Nothing to add: no person recorded a reader or use with a known network and program as ours.")
        return
    terminal.say("Add this to the catalog, and have it reviewed:")
    terminal.text(yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=1000))


def check_provider(
    terminal: Terminal,
    name: Annotated[str, argument("NAME", "A provider, built in or of an installed package.")],
) -> int:
    """Ask a provider's classes the standard questions that need no server: card, hosts, methods that belong together.

    One of another package is asked before BOT_PROVIDERS names it, too. It is imported for that, and gets no credential.

    For example:
      bot catalog check-provider stripe
      bot catalog check-provider acme --json
    """
    from bot.providers.entry_points import examined

    found = examined(name)
    terminal.document({key: list(flaws) for key, flaws in found.items()}, by_name=True)
    for key, flaws in found.items():
        terminal.say(f"{key}: {'no mistakes' if not flaws else 'not to be used'}", style="red" if flaws else "green")
        for flaw in flaws:
            terminal.say(flaw, indent=2)
    return status.FAILED if any(found.values()) else status.DONE


def manifest(
    _terminal: Terminal,
    *,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where Slack reaches the bot; Socket Mode by default.")
    ] = None,
) -> None:
    """Print the Slack app's manifest, as JSON, to create the app from.

    For example:
      bot setup manifest
      bot setup manifest --url https://bot.example.com
    """
    from bot.slack.manifest import manifest as made

    if url is not None and not re.fullmatch(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^\s]*)?", url):
        raise Misuse(f"--url {url!r} is no address that Slack can reach. Enter one such as https://bot.example.com.")
    sys.stdout.write(
        json.dumps(made(url, socket=url is None), indent=2, ensure_ascii=not speaks_all(sys.stdout)) + "\n"
    )
