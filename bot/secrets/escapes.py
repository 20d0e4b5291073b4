"""Undoes escapes in a text: backslashes of JSON, Python and shells, percent signs, HTML entities, quoted-printable, and
the colours of a terminal. Takes time linear in the text.
"""

from __future__ import annotations

import re
from html import unescape

_HEX = "[0-9A-Fa-f]"
_ESCAPE = re.compile(
    # However many backslashes: JSON inside JSON doubles them. Alone they match too, so that none is begun at twice.
    rf"\\++(?:u(?P<unicode>{_HEX}{{4}})|u\{{(?P<braces>{_HEX}{{1,6}})\}}|U(?P<long>{_HEX}{{8}})|x(?P<byte>{_HEX}{{2}})"
    r"|(?P<octal>[0-7]{3})|(?P<letter>[abefnrtv0])|(?P<mark>[!-/:-@\[\]^-`{-~]))?"
    rf"|%u(?P<legacy>{_HEX}{{4}})|%(?:25)*(?P<percent>{_HEX}{{2}})|=(?P<quoted>[0-9A-F]{{2}})"
    rf"|&(?:amp;)*(?P<entity>#[0-9]{{1,7}}|#[xX]{_HEX}{{1,6}}|[A-Za-z]{{2,8}}[0-9]{{0,2}});"
    r"|\x1b\[[0-9;?]{0,16}[A-Za-z]|\[[0-9;]{1,16}m"
)
_COLOUR = re.compile(r"\x1b\[[0-9;?]{0,16}[A-Za-z]")
_BACKSLASH = re.compile(
    rf"(?P<bytes>(?:\\x{_HEX}{{2}})+)|(?P<octals>(?:\\[0-7]{{3}})+)|\\u(?P<unicode>{_HEX}{{4}})"
    rf"|\\u\{{(?P<braces>{_HEX}{{1,6}})\}}|\\U(?P<long>{_HEX}{{8}})|\\(?P<letter>[abefnrtv0])|\\(?P<mark>[!-/:-@\[-`{{-~])"
)
_WHITE = {"n": "\n", "r": "\r", "t": "\t"}
_ROUNDS = 3
"""How often an opened text is opened again: a percent-encoded backslash begins another escape."""

type Opened = tuple[str, list[int], list[int]]
"""A text with its escapes undone, and for each character the beginning and end of its source."""


def opened(text: str) -> list[Opened]:
    """The text with all escapes undone at once, however often they were doubled; then, a few times, with the escapes
    that appeared. Empty if there are none.
    """
    found: list[Opened] = []
    shown, begins, ends = text, list[int](), list[int]()
    while len(found) < _ROUNDS and _ESCAPE.search(shown):
        if not found:
            begins, ends = list(range(len(text))), list(range(1, len(text) + 1))
        once = _once(shown, begins, ends)
        if once[0] == shown:
            break
        found.append(once)
        shown, begins, ends = once
    return found


def without_colours(text: str) -> str:
    """The text without the codes that only tell a terminal how to show it."""
    return _COLOUR.sub("", text) if "\x1b" in text else text


def colours(text: str) -> list[tuple[int, int]]:
    """The places of these codes, each with beginning and end."""
    return [match.span() for match in _COLOUR.finditer(text)]


def unescaped(text: str) -> str:
    """The text with one layer of backslashes undone, as a program would read it back."""
    return _BACKSLASH.sub(_one_layer, text) if "\\" in text else text


def _once(text: str, begins: list[int], ends: list[int]) -> Opened:
    pieces: list[str] = []
    starts: list[int] = []
    stops: list[int] = []
    done = 0
    for match in _ESCAPE.finditer(text):
        meant = _meaning(match)
        pieces += [text[done : match.start()], meant]
        starts += begins[done : match.start()] + [begins[match.start()]] * len(meant)
        stops += ends[done : match.start()] + [ends[match.end() - 1]] * len(meant)
        done = match.end()
    pieces.append(text[done:])
    return "".join(pieces), starts + begins[done:], stops + ends[done:]


def _meaning(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind is None:
        return "\\" if match[0].startswith("\\") else " "
    said = match[kind]
    match kind:
        case "letter":
            return _WHITE.get(said, " ")
        case "mark":
            return said
        case "octal":
            return _character(int(said, 8))
        case "entity":
            return unescape(f"&{said};")
        case _:
            return _character(int(said, 16))


def _one_layer(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    said = match[kind]
    match kind:
        case "bytes":
            return _text(bytes.fromhex(said.replace("\\x", "")))
        case "octals":
            return _text(bytes(int(digits, 8) & 0xFF for digits in said.split("\\")[1:]))
        case "letter":
            return _WHITE.get(said, " ")
        case "mark":
            return said
        case _:
            return _character(int(said, 16))


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _character(code: int) -> str:
    """The character; empty for half a surrogate pair, which means nothing alone and cannot be encoded."""
    return chr(code) if code < 0xD800 or 0xE000 <= code < 0x110000 else "\ufffd"
