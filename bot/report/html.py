"""Functions for HTML templates: links from statements to their events.

Jinja escapes every expression. As in Markdown, a text becomes one line, without control characters and characters that
change the direction of writing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from markupsafe import Markup, escape

from bot.report.facts import Fact
from bot.report.markdown import one_line, shortened


def text(value: object) -> object:
    """`value` for HTML: text that is not HTML yet loses its line breaks and control characters."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else one_line(value)


def links(anchors: Collection[int]) -> Callable[[Iterable[int]], Markup]:
    """A filter that links numbers of events; an event without a line on the page stays a number."""

    def refs(seqs: Iterable[int]) -> Markup:
        shown = [
            Markup('<a href="#e{0}">{0}</a>').format(number) if number in anchors else escape(number)
            for number in shortened(seqs)
        ]
        return Markup(' <span class="refs">[{}]</span>').format(Markup(", ").join(shown)) if shown else Markup("")

    return refs


def bullets(refs: Callable[[Iterable[int]], Markup]) -> Callable[..., Markup]:
    """A filter that makes a list of facts."""

    def listed(facts: Iterable[Fact], otherwise: str = "") -> Markup:
        items = [Markup("<li>{}{}</li>").format(one_line(fact.text), refs(fact.seqs)) for fact in facts]
        none = Markup('<p class="none">{}</p>').format(otherwise) if otherwise else Markup("")
        return Markup("<ul>{}</ul>").format(Markup("").join(items)) if items else none

    return listed


def sentences(refs: Callable[[Iterable[int]], Markup]) -> Callable[[Iterable[Fact]], Markup]:
    """A filter that puts facts one behind the other."""

    def joined(facts: Iterable[Fact]) -> Markup:
        return Markup(" ").join(Markup("{}{}").format(one_line(fact.text), refs(fact.seqs)) for fact in facts)

    return joined
