"""What the drill's people type is a command of the terminal, with the options that it has."""

import ast
from pathlib import Path

import pytest
from typer.main import get_command

import bot.drill
from bot.cli.commands import names
from bot.cli.entry import app

SOURCES = ("departure.py", "terminals.py")


def typed(source):
    """Each tuple of words that is typed: it begins with a word, and holds an option."""
    tree = ast.parse((Path(bot.drill.__file__).parent / source).read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple):
            words = [each.value if isinstance(each, ast.Constant) else "" for each in node.elts]
            if words and str(words[0]).isalpha() and any(str(word).startswith("--") for word in words):
                yield words


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_typed_there_is_a_command_with_its_options(source):
    found = list(typed(source))
    assert found
    for words in found:
        name = next((name for name in (" ".join(words[:2]), words[0]) if name in names()), None)
        assert name is not None, words
        command = get_command(app)
        for part in name.split():
            command = command.get_command(None, part)
        options = {option for each in command.params for option in each.opts}
        assert {word for word in words if word.startswith("--")} <= options, words
