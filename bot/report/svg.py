"""The drawing as SVG inside an HTML page, in the page's colours for light and dark.

It is drawn twice, and the page shows one: wide, with names and words beside the lanes, for screens and paper; narrow,
with both above each lane, for phones. Colour is never the only sign: the old key is the upper bar of a lane, the new
one the lower, and each lane says in words how it ended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import drawsvg

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


def svg_of(drawing: Drawing) -> str:
    """Two `<svg>` elements without headers, outside references or ids: of the classes ``wide`` and ``narrow``."""
    wide = WIDE if len(drawing.keys) <= MANY else CLOSE
    words = max((len(key.label) for key in drawing.keys), default=0)
    wide = replace(wide, right=max(wide.right, round(words * wide.letter) + 14))
    return _svg(drawing, wide) + _svg(drawing, NARROW)


def _svg(drawing: Drawing, layout: Layout) -> str:
    height = layout.top + layout.lane * len(drawing.keys) + layout.bottom
    end = height - layout.bottom
    picture = drawsvg.Drawing(layout.width, height, role="img", aria_label=drawing.words, class_=layout.kind)
    for tick in drawing.ticks:
        _line(picture, layout, tick, "tick", end)
        picture.append(_text(tick.label, layout.x(tick.at), height - 8, "axis", anchor="middle"))
    for mark in drawing.marks:
        _line(picture, layout, mark, mark.kind, end)
    for number, key in enumerate(drawing.keys):
        _lane(picture, layout, key, layout.top + layout.lane * number)
    _mark_words(picture, layout, drawing.marks)
    text: str = picture.as_svg(header="")
    return _bare(text, layout.width)


def _bare(svg: str, width: int) -> str:
    """Without what HTML does not need: namespaces, an empty `<defs>`, a size that no page could shrink."""
    for known in (' xmlns="http://www.w3.org/2000/svg"', ' xmlns:xlink="http://www.w3.org/1999/xlink"'):
        svg = svg.replace(known, "", 1)
    head, _, rest = svg.strip().partition(">")
    size = f' width="{width}" height="'
    before, _, after = head.replace("\n", " ").partition(size)
    _, _, after = after.partition('"')
    return f"{' '.join((before + after).split())}>{rest.replace('<defs>\n</defs>\n', '', 1)}"


def _text(words: str, x: float, y: float, kind: str, *, anchor: str = "start") -> drawsvg.Text:
    return drawsvg.Text(words, 13, x, y, class_=kind, text_anchor=anchor)


def _line(picture: drawsvg.Drawing, layout: Layout, mark: Mark, kind: str, end: float) -> None:
    x = layout.x(mark.at)
    picture.append(drawsvg.Line(x, layout.top - (6 if kind != "tick" else 0), x, end, class_=kind))


def _mark_words(picture: drawsvg.Drawing, layout: Layout, marks: tuple[Mark, ...]) -> None:
    taken: list[tuple[int, float, float]] = []
    for mark in sorted(marks, key=lambda each: -each.at):
        x, length = layout.x(mark.at), layout.letter * len(mark.label) + 4
        row, start = _free(layout, taken, x, length)
        taken.append((row, start, start + length))
        anchor, edge = ("start", x + 4) if start == x else ("end", x - 4)
        picture.append(_text(mark.label, edge, layout.top - 10 - 14 * row, "mark", anchor=anchor))


def _free(layout: Layout, taken: list[tuple[int, float, float]], x: float, length: float) -> tuple[int, float]:
    """The row (0 is the lower one) and the left end of a label that has room there, right or left of its line."""
    for row in (0, 1):
        for start in (x, x - length):
            inside = start >= 0 and start + length <= layout.width
            if inside and not any(on == row and start < b and start + length > a for on, a, b in taken):
                return row, start
    return 1, x


def _lane(picture: drawsvg.Drawing, layout: Layout, key: DrawnKey, top: float) -> None:
    name = key.name if len(key.name) <= layout.longest else f"{key.name[: layout.longest - 1]}…"
    ended = "ended" if key.over else "ended open"
    middle, end = top + layout.bars + BAR + 1, layout.width - layout.right
    if layout.kind == "narrow":
        picture.append(_text(name, 0, top + 13, "name"))
        picture.append(_text(key.label, 0, top + 27, ended))
    else:
        picture.append(_text(name, layout.left - 10, middle + 4, "name", anchor="end"))
        picture.append(_text(key.label, end + 10, middle + 4, ended))
    picture.append(drawsvg.Line(layout.left, middle, end, middle, class_="lane"))
    for bar in key.bars:
        _bar(picture, layout, bar, top + layout.bars)
    for mark in key.marks:
        x = layout.x(mark.at)
        corners = (x - 5, middle, x, middle - 7, x + 5, middle, x, middle + 7)
        diamond = drawsvg.Lines(*corners, close=True, class_=mark.kind)
        diamond.append_title(mark.label)
        picture.append(diamond)


def _bar(picture: drawsvg.Drawing, layout: Layout, bar: Bar, top: float) -> None:
    left, right = layout.x(bar.start), layout.x(bar.end)
    y = top + BAR + 1 if bar.kind == "live" else top
    picture.append(drawsvg.Rectangle(left, y, max(round(right - left, 1), 3), BAR, class_=bar.kind, rx=2))
