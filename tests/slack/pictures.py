"""Pictures of what people see in Slack, at the widths of a laptop and of a phone:

    uv run python -m tests.slack.pictures FOLDER

draws the card in every state, every form and the home tab into FOLDER, to be looked at, and the card that the README
shows into docs/images/card.png. It takes Chromium, and a font with emoji (Debian: fonts-noto-color-emoji).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.drill.fakes.slack.rendering import document, form_document
from bot.eventlog import Summary
from bot.incident import events as e
from bot.incident.model import Strategy
from bot.incident.overlap.strategy import Proposed
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, to_json
from bot.slack.incident_card import incident_card
from bot.slack.listeners.forms import FORMS
from bot.slack.listeners.home import Shown, home_tab
from bot.slack.listeners.looks import LOOKS
from bot.slack.modals import declare
from bot.slack.modals.answers import answers_form, reads_of
from bot.slack.modals.details import details
from bot.slack.modals.draft import Draft
from bot.slack.modals.foreseen import again_form
from tests.slack import states
from tests.slack.card_states import STATES, closed, story
from tests.slack.conftest import catalog
from tests.slack.states import HEAD, Story
from tests.slack.test_declaration_form import foreseen
from tests.support.chromium import Browser

CARD = Path(__file__).parents[2] / "docs" / "images" / "card.png"
WIDTHS = {1280: 900, 390: 844}
NUMBERS = (1, 4, 15, 100)
ABOUT = "stripe-secret-key"
"""What forms about one secret are about."""


def cards() -> Iterator[tuple[str, str]]:
    """The name and the page of the card in each state, on hold, and closed."""
    told = {f"{state}-{number}": story(number, state) for number in NUMBERS for state in STATES}
    told["hold-4"] = story(4, "waiting").then(e.RevocationsHeld("Law enforcement asked us to wait"), by="eli")
    told["closed-4"] = closed(4)
    for name, one in told.items():
        yield f"card-{name}", document(to_json(incident_card(one.incident, one.at, HEAD)))


def forms() -> Iterator[tuple[str, str]]:
    """The same of every form, in the state in which people meet it; those that the card opens in both states."""
    for state in ("waiting", "done"):
        told = story(4, state)
        for name, view in _of_incident(told):
            yield f"form-{name}-{state}", form_document(view)
    yield from _declaring()


def _of_incident(told: Story) -> Iterator[tuple[str, Json]]:
    incident, now = told.incident, told.at
    about, whole = ButtonValue(incident.id, ABOUT), ButtonValue(incident.id)
    for name, draw in LOOKS.items():
        yield name, draw(incident, about if name in {ActionId.BY_HAND, ActionId.HAND_OVER_KEY} else whole, now, "")
    reads = reads_of(incident, told.news)
    for group in ("reader", f"check:{ABOUT}", f"copy:{ABOUT}", "task"):
        view = answers_form(incident, ButtonValue(incident.id, group), now, reads)
        yield f"answer-{group.partition(':')[0]}", view
    yield "details", details(incident, about, now)
    for form in FORMS:
        subject = ABOUT
        if form.act in {
            "hand_over",
            "accept_role",
            "decline_role",
            "withdraw_role",
            "take_role",
        }:
            subject = "commander"
        elif form.act == "step_skip":
            subject = incident.steps[0].definition.id
        digest = Strategy.OVERLAP if form.act == "strategy" else ""
        try:
            yield form.act, form.view(incident, ButtonValue(incident.id, subject, digest), now)
        except (LookupError, ValueError) as error:
            print(f"{form.act}: not drawn here ({error})", file=sys.stderr)


def _declaring() -> Iterator[tuple[str, str]]:
    known = catalog()
    menu = [option.to_dict() for option in declare.offered(known, "production", "")]
    offered = [{"text": each["text"], "value": each["value"]} for each in menu]
    proposed = Proposed(Strategy.KILL_FIRST, "Strangers can read it.")
    for name, draft in (
        ("empty", Draft(environment="production")),
        (
            "chosen",
            Draft(environment="production", secrets=("openai-api-key", ABOUT), how_noticed="Seen on a paste page"),
        ),
        ("everything", Draft(environment="production", everything=True, how_noticed="A laptop is gone")),
    ):
        view = declare.declaration_form(draft, known, lambda *_: proposed, foreseen(draft, known), 900)
        yield f"form-declare-{name}", form_document(view, offered)
    yield "form-declare-sure", form_document(again_form(draft, foreseen(draft, known)))


def homes() -> Iterator[tuple[str, str]]:
    """The home tab of whom something waits for, and of a stranger."""
    now = states.AT
    summary = Summary(
        "inc_ab12cd", 9, "open", "production", "A .env with production keys in a public gist", now, "dana", HEAD, now,
        ("openai-api-key", ABOUT, "redis-url", "sendgrid-api-key"), 1,
    )  # fmt: skip
    waits = Shown(summary, "https://slack.com/app_redirect?channel=C1", ("*I revoked it* `stripe-secret-key`",))
    yield "home", form_document(home_tab([waits], trusted=True))
    yield "home-idle", form_document(home_tab([], trusted=True))
    yield "home-stranger", form_document(home_tab([Shown(summary)], trusted=False))


def draw(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(Path(profile))
        try:
            for name, page in [*cards(), *forms(), *homes()]:
                for width, height in WIDTHS.items():
                    _take(browser, page, width, height, folder / f"{name}-{width}.png")
            _take(browser, readme_card(), 390, 100, CARD)
        finally:
            browser.close()


def _take(browser: Browser, page: str, width: int, height: int, picture: Path) -> None:
    """The whole page, however long it is, and no less than the window's height."""
    with tempfile.NamedTemporaryFile("w", suffix=".html", delete=False) as file:
        file.write(page)
    browser.resize(width, height)
    browser.open(Path(file.name).as_uri())
    tall = browser.run("Math.max(...[...document.querySelectorAll('article, .modal, .home')].map(e => e.scrollHeight"
                       " + [...e.querySelectorAll('.content')].reduce((n, c) => n + c.scrollHeight - c.clientHeight, 0)"
                       ")) + 16")  # fmt: skip
    browser.resize(width, max(height, int(tall)))
    browser.picture(picture)
    Path(file.name).unlink()


def readme_card() -> str:
    """As the README tells it: two of four keys dead, one for a person, one that waits for a second one's word."""
    told = story(4, "waiting")
    return document(to_json(incident_card(told.incident, told.at, HEAD)))


def main(arguments: list[str]) -> None:
    states.AT = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=2)  # so that "in 9 minutes" is true
    draw(Path(arguments[0] if arguments else "pictures"))


if __name__ == "__main__":
    main(sys.argv[1:])
