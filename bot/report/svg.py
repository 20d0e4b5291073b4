"""The drawing as SVG, to stand inside an HTML page: its colours are the page's, so that it follows light and dark.

Colour says nothing alone: the old value is the upper bar of a lane, the new one the lower, and each lane says in words
how it ended.
"""

from __future__ import annotations

import drawsvg

from bot.report.drawing import Bar, Drawing, DrawnKey, Mark

WIDTH, NAMES, WORDS = 1000, 200, 270
"""Of the picture, of the names to the left of the lanes, and of the words to their right."""
LANE, TOP, BOTTOM = 27, 26, 22
LONGEST = 26
"""Characters of a name."""


def svg_of(drawing: Drawing) -> str:
    """An `<svg>` element without a header, outside references or ids."""
    height = TOP + LANE * len(drawing.keys) + BOTTOM
    picture = drawsvg.Drawing(WIDTH, height, role="img", aria_label=drawing.words)
    for tick in drawing.ticks:
        _line(picture, tick, "tick", TOP, height - BOTTOM)
        picture.append(_text(tick.label, _x(tick.at), height - 8, "axis", anchor="middle"))
    for number, key in enumerate(drawing.keys):
        _lane(picture, key, TOP + LANE * number)
    for mark in drawing.marks:
        _line(picture, mark, mark.kind, TOP - 6, height - BOTTOM)
    _mark_words(picture, drawing.marks)
    text: str = picture.as_svg(header="")
    return _bare(text)


def _bare(svg: str) -> str:
    """Without what HTML does not need: namespaces, an empty `<defs>`, a size that no page could shrink."""
    for known in (' xmlns="http://www.w3.org/2000/svg"', ' xmlns:xlink="http://www.w3.org/1999/xlink"'):
        svg = svg.replace(known, "", 1)
    head, _, rest = svg.strip().partition(">")
    size = f' width="{WIDTH}" height="'
    before, _, after = head.replace("\n", " ").partition(size)
    _, _, after = after.partition('"')
    return f"{' '.join((before + after).split())}>{rest.replace('<defs>\n</defs>\n', '', 1)}"


def _x(share: float) -> float:
    return round(NAMES + share * (WIDTH - NAMES - WORDS), 1)


def _text(words: str, x: float, y: float, kind: str, *, anchor: str = "start") -> drawsvg.Text:
    return drawsvg.Text(words, 13, x, y, class_=kind, text_anchor=anchor)


def _line(picture: drawsvg.Drawing, mark: Mark, kind: str, top: float, bottom: float) -> None:
    picture.append(drawsvg.Line(_x(mark.at), top, _x(mark.at), bottom, class_=kind))


def _mark_words(picture: drawsvg.Drawing, marks: tuple[Mark, ...]) -> None:
    """The first to the left of its line, the others to the right: declared and paged are often one moment."""
    for number, mark in enumerate(marks):
        anchor, x = ("end", _x(mark.at) - 4) if number == 0 else ("start", _x(mark.at) + 4)
        picture.append(_text(mark.label, x, TOP - 10, "mark", anchor=anchor))


def _lane(picture: drawsvg.Drawing, key: DrawnKey, top: float) -> None:
    name = key.name if len(key.name) <= LONGEST else f"{key.name[: LONGEST - 1]}…"
    picture.append(_text(name, NAMES - 10, top + 19, "name", anchor="end"))
    picture.append(drawsvg.Line(NAMES, top + 15, WIDTH - WORDS, top + 15, class_="lane"))
    for bar in key.bars:
        _bar(picture, bar, top)
    for mark in key.marks:
        x, y = _x(mark.at), top + 15
        corners = (x - 5, y, x, y - 7, x + 5, y, x, y + 7)
        diamond = drawsvg.Lines(*corners, close=True, class_=mark.kind)
        diamond.append_title(mark.label)
        picture.append(diamond)
    picture.append(_text(key.label, WIDTH - WORDS + 10, top + 19, "ended" if key.over else "ended open"))


def _bar(picture: drawsvg.Drawing, bar: Bar, top: float) -> None:
    left, right = _x(bar.start), _x(bar.end)
    y = top + 16 if bar.kind == "live" else top + 4
    picture.append(drawsvg.Rectangle(left, y, max(round(right - left, 1), 3), 10, class_=bar.kind, rx=2))
