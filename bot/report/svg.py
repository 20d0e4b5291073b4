"""The drawing as SVG inside an HTML page, in the page's colours for light and dark.

It is drawn twice, and the page shows one: wide, with names and words beside the lanes, for screens and paper; narrow,
with both above each lane, for phones. Colour is never the only sign: the old key is the upper bar of a lane, the new
one the lower, and each lane says in words how it ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from markupsafe import Markup

from bot.report.drawing import Bar, Drawing, DrawnKey, Mark

BAR = 9
"""The height of a bar."""


@dataclass(frozen=True)
class Layout:
    """In units of the picture, which is `width` wide: lanes begin at `left` and end `right` before the edge, each is
    `lane` high, and its bars begin `bars` below its top. `longest`: characters of a name.
    """

    kind: str
    width: int
    left: int
    right: int
    lane: int
    bars: int
    longest: int
    letter: float
    """About as wide is one letter."""
    top: int = 40
    bottom: int = 22

    def x(self, share: float) -> float:
        return round(self.left + share * (self.width - self.left - self.right), 1)


WIDE = Layout("wide", 840, 185, 250, lane=27, bars=4, longest=26, letter=6.6)
CLOSE = Layout("wide", 840, 185, 250, lane=21, bars=0, longest=26, letter=6.6)
"""For many lanes."""
NARROW = Layout("narrow", 360, 0, 2, lane=56, bars=33, longest=44, letter=6.6)
MANY = 8


def svg_of(drawing: Drawing) -> Markup:
    """Two `<svg>` elements without headers, outside references or ids: of the classes ``wide`` and ``narrow``."""
    wide = WIDE if len(drawing.keys) <= MANY else CLOSE
    words = max((len(key.label) for key in drawing.keys), default=0)
    wide = replace(wide, right=max(wide.right, round(words * wide.letter) + 14))
    return _svg(drawing, wide) + _svg(drawing, NARROW)


def _svg(drawing: Drawing, layout: Layout) -> Markup:
    height = layout.top + layout.lane * len(drawing.keys) + layout.bottom
    shapes = Markup("").join(_shapes(drawing, layout, height))
    box = f"0 0 {layout.width} {height}"
    return _element("svg", shapes, viewBox=box, role="img", aria_label=drawing.words, class_=layout.kind)


def _shapes(drawing: Drawing, layout: Layout, height: int) -> Iterator[Markup]:
    end = height - layout.bottom
    for tick in drawing.ticks:
        yield _line(layout, tick, "tick", end)
        yield _text(tick.label, layout.x(tick.at), height - 8, "axis", anchor="middle")
    for mark in drawing.marks:
        yield _line(layout, mark, mark.kind, end)
    for number, key in enumerate(drawing.keys):
        yield from _lane(layout, key, layout.top + layout.lane * number)
    yield from _mark_words(layout, drawing.marks)


def _element(name: str, inside: str = "", **attributes: object) -> Markup:
    """Escaped. Of an attribute's name `_` is a dash, and one at the end is left out."""
    given = (Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    return Markup("<{0}{1}>{2}</{0}>").format(name, Markup("").join(given), inside)


def _text(words: str, x: float, y: float, kind: str, *, anchor: str = "start") -> Markup:
    return _element("text", words, x=x, y=y, font_size=13, class_=kind, text_anchor=anchor)


def _line(layout: Layout, mark: Mark, kind: str, end: float) -> Markup:
    x, top = layout.x(mark.at), layout.top - (6 if kind != "tick" else 0)
    return _element("line", x1=x, y1=top, x2=x, y2=end, class_=kind)


def _mark_words(layout: Layout, marks: tuple[Mark, ...]) -> Iterator[Markup]:
    taken: list[tuple[int, float, float]] = []
    for mark in sorted(marks, key=lambda each: -each.at):
        x, length = layout.x(mark.at), layout.letter * len(mark.label) + 4
        row, start = _free(layout, taken, x, length)
        taken.append((row, start, start + length))
        anchor, edge = ("start", x + 4) if start == x else ("end", x - 4)
        yield _text(mark.label, edge, layout.top - 10 - 14 * row, "mark", anchor=anchor)


def _free(layout: Layout, taken: list[tuple[int, float, float]], x: float, length: float) -> tuple[int, float]:
    """The row (0 is the lower one) and the left end of a label that has room there, right or left of its line."""
    for row in (0, 1):
        for start in (x, x - length):
            inside = start >= 0 and start + length <= layout.width
            if inside and not any(on == row and start < b and start + length > a for on, a, b in taken):
                return row, start
    return 1, x


def _lane(layout: Layout, key: DrawnKey, top: float) -> Iterator[Markup]:
    name = key.name if len(key.name) <= layout.longest else f"{key.name[: layout.longest - 1]}…"
    ended = "ended" if key.over else "ended open"
    middle, end = top + layout.bars + BAR + 1, layout.width - layout.right
    if layout.kind == "narrow":
        yield _text(name, 0, top + 13, "name")
        yield _text(key.label, 0, top + 27, ended)
    else:
        yield _text(name, layout.left - 10, middle + 4, "name", anchor="end")
        yield _text(key.label, end + 10, middle + 4, ended)
    yield _element("line", x1=layout.left, y1=middle, x2=end, y2=middle, class_="lane")
    for bar in key.bars:
        yield _bar(layout, bar, top + layout.bars)
    for mark in key.marks:
        x = layout.x(mark.at)
        diamond = f"M{x - 5},{middle} L{x},{middle - 7} L{x + 5},{middle} L{x},{middle + 7} Z"
        yield _element("path", _element("title", mark.label), d=diamond, class_=mark.kind)


def _bar(layout: Layout, bar: Bar, top: float) -> Markup:
    left, right = layout.x(bar.start), layout.x(bar.end)
    y = top + BAR + 1 if bar.kind == "live" else top
    width = max(round(right - left, 1), 3)
    return _element("rect", x=left, y=y, width=width, height=BAR, class_=bar.kind, rx=2)
