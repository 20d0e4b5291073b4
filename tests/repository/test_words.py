"""The words that people read: `words.yaml` beside this file says which turns are not used where."""

from __future__ import annotations

import ast
import functools
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.documents import PARTS

ROOT = Path(__file__).parents[2]
RULES = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text())
MARKDOWN = ("*.md", "docs/**/*.md", "bot/**/*.md", "tests/**/*.md", ".github/*.md", "deploy/**/*.md")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^|(?<=\n\n))(?: {4}.*\n?|\n(?= {4}))+", re.MULTILINE)
MARKUP = re.compile(r"<!--.*?-->|<[^>]+>|!?\[([^\]]*)\]\([^)]*\)", re.DOTALL)
BLOCKS = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*|#>]|\d+\.) ?)|\|")
CODE = re.compile(r"``[^`]+``|`[^`]+`")
SENTENCES = re.compile(r"(?<=[.!?])[)”\"*]*\s+")
LONGEST = {"README.md": 900, "CHANGELOG.md": 330, "docs/limits.md": 600, "docs/architecture.md": 1500}
"""Words in the whole page, without what the program writes there."""
ALL_DOCUMENTS = 16_000
APART = {ROOT / "docs" / f"{name}.md" for name in ("installation", "commands", "lanes", "providers", "settings")}
APART |= {*(ROOT / "deploy").rglob("*.md")}
"""Pages that may be as long as they have to be: the set-up, and those that are mostly generated."""
DECISION = ("Status", "Context", "Decision", "Consequences")


def documents():
    """Every page of the project's own."""
    return sorted({path for pattern in MARKDOWN for path in ROOT.glob(pattern) if "node_modules" not in path.parts})


def prose(path):
    """The text of a document without code blocks and without the parts that the program writes."""
    text = path.read_text()
    for part in PARTS.values():
        if part.path == path:
            text = text.replace("\n".join(part.lines()), "")
    return INDENTED.sub("", FENCED.sub("", text))


def words(path):
    """How many words a document has; marks of tables and lists are none."""
    return sum(any(map(str.isalnum, word)) for word in prose(path).split())


def sentences(text):
    """Each sentence of Markdown; inline code counts as one word."""
    bare = MARKUP.sub(lambda found: found[1] or "", CODE.sub("`code`", text))
    for block in BLOCKS.split(bare):
        yield from (" ".join(each.split()) for each in SENTENCES.split(block) if each.strip())


def docstrings(path):
    """Every string that is a statement in a module (docstrings, and those below an attribute), and every comment."""
    source = path.read_text()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def shown(path):
    """What a file can show people: the strings of Python that are no docstrings; of other files all of it."""
    if path.suffix != ".py":
        yield path.read_text()
        return
    tree = ast.parse(path.read_text())
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def within(names: list[str]) -> Iterator[Path]:
    for name in names:
        found = sorted(ROOT.glob(name))
        assert found, f"words.yaml names {name}, which is not there"
        for path in found:
            yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


SCOPES = {
    "document": lambda: ((path, (prose(path),)) for path in documents()),
    "docstring": lambda: ((path, docstrings(path)) for path in within(RULES["docstring"])),
    "screen": lambda: ((path, shown(path)) for path in within(RULES["screen"])),
    "page": lambda: ((path, shown(path)) for path in within(RULES["page"])),
}


@functools.cache
def turns(scope):
    """Pattern and better turn of each turn that is not used there."""
    rows = [row for row in RULES["turns"] if scope in row.get("in", SCOPES)]
    return [(re.compile(rf"\b(?:{row['not']})\b", re.IGNORECASE), row["but"]) for row in rows]


def used(text, scope):
    """Each banned turn in a text, with its surroundings and what to write."""
    if text in RULES["exceptions"]:
        return
    flat = CODE.sub("`…`", " ".join(text.split()))
    for pattern, better in turns(scope):
        for found in pattern.finditer(flat):
            yield f"…{flat[max(0, found.start() - 40) : found.end() + 20]}…: {better}"


@pytest.mark.parametrize("scope", SCOPES)
def test_no_banned_turn_is_used(scope):
    found = [f"{path.relative_to(ROOT)}: {each}" for path, texts in SCOPES[scope]() for text in texts
             for each in used(text, scope)]  # fmt: skip
    assert found == []


@pytest.mark.parametrize("scope", RULES["sentences"])
def test_sentences_are_short(scope):
    most = RULES["sentences"][scope]
    found = [f"{path.relative_to(ROOT)}: {len(each.split())} words: {each}" for path, texts in SCOPES[scope]()
             for text in texts for each in sentences(text) if len(each.split()) > most]  # fmt: skip
    assert found == []


def test_there_are_few_exceptions():
    assert len(RULES["exceptions"]) <= 30


@pytest.mark.parametrize("row", RULES["turns"], ids=lambda row: row["not"])
def test_each_turn_is_found_where_it_is_used(row):
    pattern = re.compile(rf"\b(?:{row['not']})\b", re.IGNORECASE)
    assert pattern.search(row["such"])
    assert not pattern.search(row["but"])


@pytest.mark.parametrize(("name", "most"), LONGEST.items())
def test_a_page_is_no_longer_than_it_may_be(name, most):
    assert words(ROOT / name) <= most


def test_all_documents_together_can_be_read():
    pages = {str(path.relative_to(ROOT)): words(path) for path in documents() if path not in APART}
    assert sum(pages.values()) <= ALL_DOCUMENTS, pages


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "adr").glob("0*.md")), ids=lambda path: path.name[:4])
def test_a_decision_has_the_form_that_all_have(path):
    text = path.read_text()
    assert tuple(re.findall(r"^## (.*)$", text, re.MULTILINE)) == DECISION
    assert 150 <= len(text.split()) <= 300


def test_sentences_are_told_apart():
    text = "One [link](to.md) here. Two `a b`!\n\n- Three\n- Four? Five\n\n| six | seven |"
    assert list(sentences(text)) == ["One link here.", "Two `code`!", "- Three", "- Four?", "Five", "six", "seven"]
