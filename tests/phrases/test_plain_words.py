"""The phrasebook: a phrase for everything, each once, and no riddle anywhere."""

import ast
import functools
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.incident.approval.plan import Does, Plan, PlanStep
from bot.incident.model import Strategy
from bot.incident.operations import OPERATIONS, Op
from bot.phrases.plans import step_words

ROOT = Path(__file__).parents[2]
RIDDLES = (
    "has no such word", "what it made may outlive it", "may outlive the dead", "nobody compared it",
    "STILL NOT CONFIRMED DEAD", "Thank you", "FAILED for good", "nobody asked for it", "none yet", "Or all at once",
    "A whole .env or laptop is out", "is out, or may be", "Can strangers read it", "Readable since",
    "does not belong there", "Say why what was found may stay", "Read again", "Outside say only",
    "It cannot be told who you are", "told on-call what is new", "One that is being ended is found so",
    "can confirm that it reads it", "wait for someone", "until someone acts", "secrets of production",
)  # fmt: skip
"""The left column of what people read: a sentence that has to be read twice at 3 a.m."""
PACKAGES = ("bot/slack", "bot/cli", "bot/phrases", "bot/report", "bot/inbox")
FACES = (*PACKAGES, "templates", "playbooks", "README.md", "docs")


def sources():
    for place in FACES:
        path = ROOT / place
        found = [path] if path.is_file() else path.rglob("*")
        yield from (each for each in found if each.suffix in {".py", ".j2", ".yaml", ".md"})


@functools.cache
def read(path):
    """What a file can show: of Python its strings, without docstrings."""
    text = path.read_text()
    if path.suffix != ".py":
        return text
    tree = ast.parse(text)
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return "\n".join(node.value for node in strings if id(node) not in bare)


@pytest.mark.parametrize("riddle", RIDDLES)
def test_nobody_has_to_read_it_twice(riddle):
    assert [str(path.relative_to(ROOT)) for path in sources() if riddle in read(path)] == []


def test_what_people_read_says_revoke_and_keeps_the_other_word_for_names():
    """Of commands, of strategies, and of the button *Revoke now* with its question."""
    names = r"bot revoke|kill[- ]first|kill now|kill it|kill or approve|free kills|[a-z]+[._]kill"
    packages = ("slack", "cli", "phrases", "report", "incident")
    files = [each for name in packages for each in (ROOT / "bot" / name).rglob("*.py") if each.name != "schedule.py"]
    files += (ROOT / "templates").glob("*.j2")
    said = {str(each): re.sub(names, "", read(each), flags=re.IGNORECASE).splitlines() for each in files}
    found = [
        (name, line) for name, lines in said.items() for line in lines if re.search(r"\bkill", line, re.IGNORECASE)
    ]
    assert [each for each in found if " " in each[1].strip()] == []


def plan(*steps):
    return Plan("a", "A", "openai", "f", "key", (), Strategy.OVERLAP, (), steps, "d")


def test_every_step_of_a_plan_has_a_phrase_of_its_own():
    steps = [PlanStep(does, ("60",) if does is Does.WAIT else ("it",)) for does in Does]
    said = step_words(plan(*steps))
    assert len(set(said)) == len(said) == len(Does)


def test_a_plan_names_the_key_that_makes_room():
    (said,) = step_words(replace(plan(PlanStep(Does.ISSUE)), makes_room="AKIA2"))
    assert said == "issue a new key at OpenAI, and delete the inactive key AKIA2 first, to make room"


def test_a_plan_names_what_stops_with_the_old_key():
    for names, ending in (
        (("a-key",), "; a-key stops working too"),
        (("a-key", "b-key"), "; a-key and b-key stop working too"),
    ):
        (said,) = step_words(plan(PlanStep(Does.REVOKE, names)))
        assert said.endswith(ending)


def test_every_operation_and_strategy_has_a_phrase_of_its_own():
    assert set(OPERATIONS) == set(Op)
    for column in ("does", "doing"):
        said = [getattr(OPERATIONS[op], column) for op in Op]
        assert len(set(said)) == len(said)
    assert [strategy.words for strategy in Strategy] == ["revoke first", "replace first"]


def test_states_are_worded_in_the_phrasebook_only():
    """What the faces say of a state they draw from there: none matches on it to word it again."""
    worded = re.compile(r"^\s*case (Old|New)\.\w+.*:\s*\n\s*return f?\"", re.MULTILINE)
    faces = [path for path in sources() if path.suffix == ".py" and "phrases" not in path.parts]
    assert [str(path.relative_to(ROOT)) for path in faces if worded.search(path.read_text())] == []
