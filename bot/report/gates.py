"""The search for secrets before an HTML page is filed: in the texts of the view before rendering, and in the whole page
as a browser would assemble it.

The Markdown report has its own search in `secret_scan`: there a line can be withheld after rendering. In HTML an
element could cut a value in two, or an attribute could hold one, so the texts are searched before. A hit in the
finished page comes from a template, and the page is not filed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any

from bot.errors import Refused
from bot.report.markdown import Markdown, one_line
from bot.report.secret_scan import Search, demand_key, findings

INLINE = frozenset({"a", "b", "code", "em", "i", "small", "span", "strong", "tspan", "wbr", "br"})
"""Elements that a word goes on through."""
SILENT = frozenset({"meta", "link", "img", "input", "br", "hr", "wbr"})
"""Elements without an end."""


@dataclasses.dataclass(frozen=True)
class Cleaned[T]:
    """A view whose texts may be shown, and the number of withheld texts."""

    view: T
    withheld: int


def clean_view[T](view: T, search: Search) -> Cleaned[T]:
    """The view (a frozen dataclass) with each text that holds a secret, as it is or as it will be shown, replaced by
    what kind of secret it is.
    """
    cleaner = _Cleaner(search)
    return Cleaned(cleaner.of(view), cleaner.withheld)


class _Cleaner:
    def __init__(self, search: Search) -> None:
        demand_key()
        self.search = search
        self.withheld = 0
        self._seen: dict[str, str] = {}

    def of(self, thing: Any) -> Any:
        match thing:
            case Markdown():
                return thing
            case str():
                return self._text(thing)
            case tuple():
                return tuple(self.of(each) for each in thing)
            case list():
                return [self.of(each) for each in thing]
            case dict():
                return {self.of(key): self.of(value) for key, value in thing.items()}
            case _ if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
                fields = {field.name: getattr(thing, field.name) for field in dataclasses.fields(thing) if field.init}
                return dataclasses.replace(thing, **{name: self.of(value) for name, value in fields.items()})
            case _:
                return thing

    def _text(self, text: str) -> str:
        if text not in self._seen:
            as_shown = {text, one_line(text)}
            kinds = sorted({kind for each in as_shown for _, kind in findings(each, self.search)})
            self._seen[text] = f"(withheld: {'; '.join(kinds)})" if kinds else text
        if self._seen[text] != text:
            self.withheld += 1
        return self._seen[text]


def demand_clean(texts: Iterable[tuple[str, str]], search: Search, what: str) -> None:
    """Refused, saying where, if any of the texts, each with the words for its place, holds a secret.

    ConfigurationError in a process that holds no fingerprint key: it could not see anything.
    """
    demand_key()
    bad = {}
    for place, text in texts:
        if found := findings(text, search):
            bad[place] = found[0][1]
    if bad:
        where = "; ".join(f"{kind} in {place}" for place, kind in bad.items())
        raise Refused(
            "report", f"file {what}", f"{where}. Nothing was filed; look at the template or the setting it is from"
        )


def texts_of_page(page: str) -> Iterator[tuple[str, str]]:
    """All texts of an HTML page, each with the words for its place: the text of each block, joined through its
    elements, each node alone, each attribute, comments and styles.
    """
    reader = _Reader()
    reader.feed(page)
    reader.close()
    yield from reader.found()


class _Reader(HTMLParser):
    """Joins the text of one block; elements that no reader sees may cut a value."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self._blocks: list[tuple[str, list[str]]] = []
        self._other: list[tuple[str, str]] = []
        self._block: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            self._other.append((f"the attribute {name} of <{tag}>", value or ""))
            self._other.append((f"the name of an attribute of <{tag}>", name))
        if tag not in INLINE:
            self._end()
        if tag not in SILENT:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in SILENT:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in INLINE:
            self._end()
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        self._other.append((self._place(), data))
        self._block.append(data)

    def handle_comment(self, data: str) -> None:
        self._other.append(("a comment", data))

    def handle_decl(self, decl: str) -> None:
        self._other.append(("a declaration", decl))

    def handle_pi(self, data: str) -> None:
        self._other.append(("an instruction", data))

    def _place(self) -> str:
        inside = " of the drawing" if "svg" in self._open else ""
        return f"the text of <{self._open[-1]}>{inside}" if self._open else "the page's text"

    def _end(self) -> None:
        if self._block:
            self._blocks.append((self._place(), self._block))
            self._block = []

    def found(self) -> Iterator[tuple[str, str]]:
        self._end()
        yield from self._other
        for place, pieces in self._blocks:
            if len(pieces) > 1:
                yield place, "".join(pieces)
        shown = "".join(piece for _, pieces in self._blocks for piece in pieces)
        yield "the page's text, across elements", " ".join(shown.split())
