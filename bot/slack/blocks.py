"""A small Block Kit vocabulary over `slack_sdk.models.blocks`, which check Slack's limits when turned into JSON.

All text is rich text or plain text, which Slack shows as it is; mrkdwn, in which it would have to be escaped, is not
used. Lines given to `section` and `context` are phrases (`bot.phrases.marks`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    InputBlock,
    InputInteractiveElement,
    InteractiveElement,
    LinkButtonElement,
    Option,
    PlainTextObject,
    RichTextBlock,
    SectionBlock,
)
from slack_sdk.models.views import View

from bot.phrases.marks import ELLIPSIS, printable, shorten
from bot.phrases.marks import plain as as_plain
from bot.slack.actions import ButtonValue
from bot.slack.rich_text import numbered, paragraph, typed

TEXT = 3000
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
BUTTONS_A_ROW = 25
OPTION_VALUE = 150
DAY = "%-d %b %H:%M UTC"
"""Of a day in text that knows no time zones."""

type Json = dict[str, Any]


def plain(text: str, limit: int = TEXT) -> PlainTextObject:
    """Text shown exactly as it is: no styles, mentions, links; emoji codes stay codes."""
    return PlainTextObject(text=_cut(printable(text), limit) or " ", emoji=False)


def _cut(text: str, limit: int) -> str:
    """At most `limit` characters of text that is no phrase: its backticks and asterisks are shown, and count."""
    return text if len(text) <= limit else text[: limit - 1] + ELLIPSIS


def header(text: str) -> Block:
    return HeaderBlock(text=plain(text, 150))


def section(*lines: str) -> Block:
    """A paragraph of lines, each a phrase; empty ones are left out. At most 3,000 characters are shown."""
    return RichTextBlock(elements=[paragraph(shorten("\n".join(line for line in lines if line), TEXT))])


def paragraphs(lines: Iterable[str]) -> list[Block]:
    """Lines as paragraphs. One ends at an empty line, and where Slack would show no more of it."""
    blocks: list[Block] = []
    some, room = list[str](), TEXT
    for line in (*lines, ""):
        length = len(as_plain(line)) + 1
        if some and (not line or length > room):
            blocks.append(section(*some))
            some, room = [], TEXT
        if line:
            some.append(line)
            room -= length
    return blocks


def maybe(*lines: str) -> list[Block]:
    """The same, or no block at all where nothing is said."""
    return [section(*lines)] if any(lines) else []


def beside(line: str, press: ButtonElement) -> Block:
    """A line with its button at its right. Such text knows no styles: the phrase as plain text."""
    return SectionBlock(text=plain(as_plain(line, day=DAY)), accessory=press)


def steps(phrases: Iterable[str]) -> Block:
    """What is done one after the other, numbered."""
    return RichTextBlock(elements=[numbered(phrases)])


def command(line: str) -> Block:
    """What is typed at a terminal, by itself and as it is."""
    return RichTextBlock(elements=[typed(line)])


def quoted(text: str) -> Block:
    """People's words, exactly as they are."""
    return SectionBlock(text=plain(text))


def context(*lines: str) -> Block:
    """Small print, which knows no styles: phrases as plain text."""
    return ContextBlock(elements=[plain(as_plain("\n".join(line for line in lines if line), day=DAY))])


def divider() -> Block:
    return DividerBlock()


def row(*buttons: InteractiveElement | None) -> list[Block]:
    """A row of buttons, or no block at all if none is left."""
    shown = [button for button in buttons if button is not None]
    return [ActionsBlock(elements=shown[:BUTTONS_A_ROW])] if shown else []


def rows(buttons: Iterable[InteractiveElement], wide: int = 5) -> list[Block]:
    """All of them, `wide` in a row at most. In a row no two may have the same action.

    Source: docs.slack.dev, reference/block-kit/block-elements/button-element, action_id.
    """
    found: list[list[InteractiveElement]] = []
    for press in buttons:
        free = (line for line in found if len(line) < wide and press.action_id not in {o.action_id for o in line})
        line = next(free, None)
        if line is None:
            found.append([press])
        else:
            line.append(press)
    return [ActionsBlock(elements=line) for line in found]


def button(
    label: str,
    action: str,
    value: ButtonValue,
    *,
    style: str | None = None,
    confirm: ConfirmObject | None = None,
) -> ButtonElement:
    """`style`: primary (green), danger (red), None."""
    return ButtonElement(
        text=PlainTextObject(text=_cut(label, 75), emoji=True),
        action_id=action,
        value=value.encode(),
        style=style,
        confirm=confirm,
    )


def link(label: str, url: str, action: str = "open_link") -> LinkButtonElement:
    """A button that opens a page. Slack informs the bot of the press too, which is only acknowledged."""
    return LinkButtonElement(text=plain(label, 75), url=url, action_id=action)


def confirm(title: str, text: str, yes: str) -> ConfirmObject:
    """Asks again before a button does what it says."""
    return ConfirmObject(
        title=plain(title, 100), text=plain(text, 300), confirm=plain(yes, 30), deny=plain("Cancel", 30)
    )


def option(value: str, label: str, description: str = "") -> Option:
    return Option(value=value, text=plain(label, 75), description=plain(description, 75) if description else None)


def field(
    name: str,
    label: str,
    element: InputInteractiveElement,
    *,
    hint: str = "",
    optional: bool = False,
    tell: bool = False,
) -> Block:
    """A field of a form; `name` is its block_id. With `tell` the bot hears of each change."""
    return InputBlock(
        block_id=name,
        label=plain(label, 2000),
        element=element,
        hint=plain(hint, 2000) if hint else None,
        optional=optional,
        dispatch_action=tell or None,
    )


def to_json(blocks: Iterable[Block]) -> list[Json]:
    """The blocks as Slack takes them. SlackObjectFormationError if one of them is beyond Slack's limits."""
    return [block.to_dict() for block in blocks]


def form(
    callback: str,
    title: str,
    blocks: Sequence[Block],
    *,
    submit: str = "",
    close: str = "Cancel",
    note: str = "",
    last: bool = False,
) -> Json:
    """A modal as JSON; `note` comes back with the submission, unseen. Without `submit` there is nothing to send.
    `last`: closing it closes those beneath it too.
    """
    view = View(
        type="modal",
        callback_id=callback,
        title=plain(title, 24),
        submit=plain(submit, 24) if submit else None,
        close=plain(close, 24),
        private_metadata=note,
        clear_on_close=last or None,
        blocks=fitted(blocks),
    )
    found: Json = view.to_dict()
    return found


def look(callback: str, title: str, about: ButtonValue, blocks: Sequence[Block], answer: str = "") -> Json:
    """A form to read, with buttons; `answer` is what a press in it came to."""
    return form(callback, title, [*maybe(answer), *blocks], close="Back", note=about.encode())


def fitted(blocks: Sequence[Block]) -> list[Block]:
    """As many as a view has room for; the last says how many there are besides."""
    if len(blocks) <= VIEW_BLOCKS:
        return list(blocks)
    left = len(blocks) - VIEW_BLOCKS + 1
    return [*blocks[: VIEW_BLOCKS - 1], section(f"{left} more parts have no room here: `bot show` has them.")]


def told_form(callback: str, title: str, words: str) -> Json:
    """Takes the place of a form that was sent: says what comes of it. Closing it closes those beneath it too."""
    return form(callback, title, [section(words)], close="Close", last=True)


def home(blocks: Sequence[Block]) -> Json:
    """A home tab as JSON."""
    found: Json = View(type="home", blocks=fitted(blocks)).to_dict()
    return found
