"""The format of a `.env`: what is assigned anew changes, and nothing else by a byte."""

import string
import subprocess
import time

import pytest
from dotenv import dotenv_values

from bot.vault.dotenv_file import EnvFile

PEM = "-----BEGIN KEY-----\nabc=def\nOTHER=inside\n-----END KEY-----"


def assigned(text, name="KEY", value="new"):
    file = EnvFile.parse(text)
    file.assign(name, value)
    return file.render()


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("KEY=old", "KEY=new"),
        ("KEY='old'", "KEY='new'"),
        ('KEY="old"', 'KEY="new"'),
        ("export KEY=old", "export KEY=new"),
        ("  KEY = old", "  KEY = new"),
        ("\tKEY =\t'old'", "\tKEY =\t'new'"),
        ("KEY=old # the staging one", "KEY=new # the staging one"),
        ('KEY="old"  # the # one', 'KEY="new"  # the # one'),
        ("KEY='old'# close", "KEY='new'# close"),
        ("KEY=old   ", "KEY=new   "),
        ("KEY=", "KEY=new"),
        ("KEY= # to be filled in", "KEY=new # to be filled in"),
        ("KEY=old#part", "KEY=new"),
        ("KEY='it''s'", "KEY=new"),  # no value in quotes, as libraries read it
        ('KEY="a\\"b"', 'KEY="new"'),
    ],
)
def test_what_stands_around_a_value_stays(line, after):
    for before, behind in (("", ""), ("# head\nA=1\n\n", "\n"), ("A='x'\n", "\n# foot\nZ=2")):
        assert assigned(before + line + behind) == before + after + behind


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_stay_as_they_are(end, last):
    text = end.join(["# head", "", "KEY=old", "B=2"]) + (end if last else "")
    assert assigned(text) == text.replace("old", "new")
    assert assigned(text, "C", "3") == text + ("" if last else end) + f"C=3{end}"


def test_mixed_line_ends_and_odd_separators_stay_too():
    text = "A=1\r\nKEY=old\nB=x\u2028y\x0cz\x85\n\n\nC=3"
    assert assigned(text) == text.replace("old", "new")
    assert EnvFile.parse(text).names == ("A", "KEY", "B", "C")


def test_a_byte_order_mark_stays_and_hides_no_variable():
    assert EnvFile.parse("\ufeffKEY=old\n").variable("KEY") == "old"
    assert assigned("\ufeffKEY=old\n") == "\ufeffKEY=new\n"


def test_the_assignment_that_counts_is_the_last():
    assert assigned("KEY=one\nKEY=two\n") == "KEY=one\nKEY=new\n"
    assert EnvFile.parse("KEY=one\nKEY=two\n").variable("KEY") == "two"


def test_comments_are_no_assignments():
    text = "# KEY=older\n#KEY=old\n"
    assert EnvFile.parse(text).names == ()
    assert assigned(text) == text + "KEY=new\n"


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_value_in_quotes_may_go_over_several_lines(quote):
    text = f"A=1\nKEY={quote}{PEM}{quote} # a key\nB=2\n"
    file = EnvFile.parse(text)
    assert file.names == ("A", "KEY", "B")
    assert file.variable("KEY") == PEM
    assert file.render() == text
    assert assigned(text) == f"A=1\nKEY={quote}new{quote} # a key\nB=2\n"
    assert EnvFile.parse(text.replace("\n", "\r\n")).variable("KEY") == PEM


@pytest.mark.parametrize("text", ["GREETING='tis\nKEY='old'\nB=2\n", 'OPEN="never closed\nKEY=old\n'])
def test_a_quote_that_closes_nothing_swallows_no_lines(text):
    assert "KEY" in EnvFile.parse(text).names
    assert EnvFile.parse(text).render() == text


def test_a_file_that_nothing_is_assigned_in_is_the_same_to_the_byte():
    text = "\r\n \t# x\nA\nexport\n=\nKEY\n'\n\"\nB==1\nC='"
    assert EnvFile.parse(text).render() == text


VALUES = [
    "plain-Value_1", "with space", 'quo"te', "apo'strophe", "dollar $HOME ${X}", "back`tick`", "hash # in it",
    "#first", "back\\slash", "both ' and \"", "ünï", "a=b&c=d",
    "'quoted'", '"quoted"', "tail ", "!bang", "$(id)", "\\$", "~", "*",
]  # fmt: skip


ENDS = [f"{character}a{character}b{character}" for character in string.punctuation if character != "\\"] + [
    "postgres://u:p@h/d?a=1&b=2", "x&y", "a;b", "a|b", "=x", "a:=b", "?", "-n", "%41", "a+b/c==", "@x,y",
]  # fmt: skip
"""Each character of a keyboard where a value begins, within it and where it ends."""


@pytest.mark.parametrize("style", ["KEY=", "KEY=''", 'KEY=""', "export KEY='x' # c"])
def test_any_value_comes_back_in_any_style(style):
    for value in VALUES:
        assert EnvFile.parse(assigned(style, value=value)).variable("KEY") == value


@pytest.mark.parametrize("line", ['KEY_{}=""\n', "KEY_{}=\n", "KEY_{}=old\n", "export KEY_{}=old # c\n", ""])
@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_a_shell_reads_what_was_written(tmp_path, line, shell):
    """One shell for all of them: each under a name of its own. A library reads as much of what has no backslash."""
    values = [*VALUES, *ENDS]
    file = EnvFile.parse("".join(line.format(number) for number in range(len(values))))
    for number, value in enumerate(values):
        file.assign(f"KEY_{number}", value)
    path = tmp_path / ".env"
    path.write_text(file.render())
    shown = "; ".join(f'printf "%s\\n" "$KEY_{number}"' for number in range(len(values)))
    said = subprocess.run([shell, "-c", f". {path}; {shown}"], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == values
    assert said.stderr == ""
    read = dotenv_values(path, interpolate=False).values()
    assert [each for each in read if "\\" not in each] == [each for each in values if "\\" not in each]


def test_values_stand_in_no_repr():
    file = EnvFile.parse("KEY=canary-value\n")
    assert "canary" not in repr(file) + repr(file._last("KEY"))


@pytest.mark.parametrize(("first", "line"), [('A="x\n', "yyyyyyyy\n"), ("", "A='x\n"), ('A="\n', '\\"\n')])
def test_quotes_that_do_not_close_take_time_linear_in_the_text(first, line):
    def seconds(lines):
        text, begun = first + line * lines, time.thread_time()
        file = EnvFile.parse(text)
        taken = time.thread_time() - begun
        assert (file.render(), len(file.values)) == (text, 1)
        return taken

    assert min(seconds(8_000) / seconds(2_000) for _ in range(3)) < 9
