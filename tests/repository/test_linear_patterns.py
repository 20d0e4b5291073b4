"""Every regular expression of the bot takes time linear in the text: each gets long repeats of what it is made of."""

from __future__ import annotations

import ast
import importlib
import math
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]

import pytest

import bot
from bot.secrets.keyshapes import SHAPES

N = 1_000
"""Characters of the shorter text; the longer one has four times as many."""
UNTOLD = 0.001
"""Seconds in which nothing quadratic looks through the longer text: what is faster is not measured again."""
AT_MOST = 8.0
"""How often as long the longer text may take: 4 is linear, 16 quadratic."""
ANYWHERE = frozenset({"search", "findall", "finditer", "sub", "subn", "split"})
METHODS = ANYWHERE | {"match", "fullmatch"}
REPEATS = frozenset({c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT})
LETTERS = "a0A-_./:@*+= \t\n\\\"'`<>[](){}|#,;!?%&~^$é\ue000\x00"


# --- which there are, and how they are used -------------------------------------------------------------------------


def patterns() -> Iterator[tuple[str, re.Pattern[str], frozenset[str]]]:
    """Each with its place, and the methods by which it is used: all where that is not seen. What is made within a
    function of its arguments is not among them.
    """
    yield from ((f"keyshapes, {shape.name}", shape.pattern, ANYWHERE) for shape in SHAPES)
    root = Path(bot.__path__[0])
    texts = {file.relative_to(root.parent): file.read_text(encoding="utf-8") for file in root.rglob("*.py")}
    trees = {file: ast.parse(text) for file, text in texts.items() if "import re\n" in text}
    used = methods(trees.values())
    for file, tree in trees.items():
        names = {id(node.value): node.targets[0].id for node in tree.body if is_named(node)}
        for node in ast.walk(tree):
            if is_of_re(node) and (pattern := made(node, file)) is not None:
                name = names.get(id(node), "")
                known = frozenset({node.func.attr}) & METHODS or used[name]
                yield f"{file}:{node.lineno}", pattern, known or METHODS


def methods(trees) -> dict[str, frozenset[str]]:
    """By name the methods that are called on it where `re` is imported."""
    found = defaultdict(frozenset)
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in METHODS:
            found[node.value.id] |= {node.attr}
    return found


def is_named(node) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)


def is_of_re(node) -> bool:
    """Whether it is a call of a function of `re` that takes an expression."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr in METHODS | {"compile"}
    )


def made(node, file) -> re.Pattern[str] | None:
    """Its expression, for which the module is imported only where it is more than a constant."""
    flags = [each.value for each in node.keywords] + node.args[1:2] * (node.func.attr == "compile")
    names = {"re": re}
    if not isinstance(node.args[0], ast.Constant):
        names = vars(importlib.import_module(".".join(file.with_suffix("").parts)))
    try:
        expression, *known = (eval(ast.unparse(each), names) for each in (node.args[0], *flags))
    except NameError:  # of a function's arguments
        return None
    return re.compile(expression, *known) if isinstance(expression, str) else None


# --- what each is given ---------------------------------------------------------------------------------------------


def texts(pattern) -> Iterator[tuple[str, str, str]]:
    """(Beginning, what is repeated, end) of texts that would be dear: what leads to a repeat, then what can be repeated
    there or anywhere, and what it ends with nowhere.
    """
    parsed = parser.parse(pattern.pattern, pattern.flags)
    allowed = {letter for part in parts(parsed) for op, value in part for letter in of(op, value)}
    end = next((letter for letter in reversed(LETTERS) if letter not in allowed), "\x00")
    for unit in dict.fromkeys(filter(None, (shortest(parsed), *units(parsed)))):
        for start in dict.fromkeys(("", *beginnings(parsed))):
            yield start, unit, end


def shortest(parsed) -> str:
    """A short text that it matches, or nearly."""
    return "".join(shortest_of(op, value) for op, value in parsed)


def shortest_of(op, value) -> str:
    if op is c.BRANCH:
        return min(map(shortest, value[1]), key=len)
    if op in REPEATS:
        return shortest(value[2]) * value[0]
    inner = list(inside(op, value))
    return shortest(inner[0]) if inner else next(of(op, value), "")


def of(op, value) -> Iterator[str]:
    """Letters that it allows, a few."""
    if op is c.LITERAL:
        yield chr(value)
    elif op in {c.IN, c.NOT_LITERAL, c.ANY}:
        items = value if op is c.IN else [(c.NEGATE, None), (c.LITERAL, value if op is c.NOT_LITERAL else 10)]
        wanted = re.compile(f"[{''.join(written(*item) for item in items)}]")
        yield from filter(wanted.fullmatch, LETTERS)
        yield from (chr(one if op is c.LITERAL else one[0]) for op, one in items if op in {c.LITERAL, c.RANGE})


def written(op, value) -> str:
    match op:
        case c.NEGATE:
            return "^"
        case c.LITERAL:
            return re.escape(chr(value))
        case c.RANGE:
            return "-".join(re.escape(chr(each)) for each in value)
        case _:
            *negated, kind = str(value).removeprefix("CATEGORY_").split("_")
            return "\\" + (kind[0].upper() if negated else kind[0].lower())


def inside(op, value) -> Iterator:
    """What stands in it, but for what only looks ahead or behind."""
    if op is c.BRANCH:
        yield from value[1]
    elif op is c.SUBPATTERN or op in REPEATS:
        yield value[-1]
    elif op is c.ATOMIC_GROUP:
        yield value


def parts(parsed) -> Iterator:
    yield parsed
    for op, value in parsed:
        for each in inside(op, value):
            yield from parts(each)


def units(parsed) -> Iterator[str]:
    """What can be repeated; of classes their first letters, and one that neighbours both allow."""
    for part in parts(parsed):
        before = set()
        for op, value in part:
            if op in REPEATS and value[1] > 1:
                yield shortest(value[2])
            allowed = list(of(*(value[2][0] if op in REPEATS and len(value[2]) else (op, value))))
            yield from allowed[:2]
            yield from [letter for letter in allowed if letter in before][:1]
            before = set(allowed)


def beginnings(parsed) -> Iterator[str]:
    """What it matches before each of its repeats."""
    before = ""
    for op, value in parsed:
        if op in REPEATS:
            yield before
        before += shortest_of(op, value)


# --- how long it takes ----------------------------------------------------------------------------------------------


def looks(pattern, used) -> Iterator[Callable[[str], object]]:
    if used & ANYWHERE:
        yield lambda text: sum(1 for _ in pattern.finditer(text))
    yield from (getattr(pattern, name) for name in used - ANYWHERE)


def seconds(look, text) -> float:
    begun = time.thread_time()
    look(text)
    return time.thread_time() - begun


def growth(look, start, unit, end) -> float:
    """How often as long the longer text takes: the least of some measures, 0 where it takes no time."""

    def text(length: int) -> str:
        return start + unit * (length // len(unit)) + end

    if min(seconds(look, text(16)) for _ in range(2)) > UNTOLD:
        return math.inf
    if seconds(look, text(4 * N)) < UNTOLD:
        return 0
    return min(seconds(look, text(4 * N)) / max(seconds(look, text(N)), 1e-6) for _ in range(3))


def dear(pattern, used) -> tuple[str, str, str] | None:
    """A text that it looks through in more than linear time."""
    found = (text for text in texts(pattern) for look in looks(pattern, used) if growth(look, *text) > AT_MOST)
    return next(found, None)


def test_every_pattern_takes_time_linear_in_the_text():
    every = list(patterns())
    assert len(every) > 150
    assert {place: text for place, pattern, used in every if (text := dear(pattern, used)) is not None} == {}


@pytest.mark.parametrize("form", [r"[*+\s]*\*[*+\s]*", r"(?:a|a)*b", r"\s+$"])
def test_a_pattern_that_takes_longer_is_found(form):
    assert dear(re.compile(form), METHODS) is not None
