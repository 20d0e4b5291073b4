import pytest

from bot import documents
from bot.documents import read
from bot.errors import ConfigurationError


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "file.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def refused(path):
    with pytest.raises(ConfigurationError) as raised:
        read(path)
    return str(raised.value)


def test_data_and_the_line_of_everything(file):
    document = read(file("a: 1\nb:\n  - x\n  - c: 2026-01-01\n    d: ~\n"))
    assert document.data == {"a": 1, "b": ["x", {"c": "2026-01-01", "d": None}]}
    assert document.line(("b", 1, "d")) == 5
    assert document.line(("b", 1, "missing", "deeper")) == 4
    assert document.at(("b", 1, "c")) == "2026-01-01"
    assert document.at(("b", 9)) is None
    assert document.at(("a", "b")) is None


def test_nothing_at_all_is_nothing(file):
    document = read(file("# only a comment\n"))
    assert document.data is None
    assert document.line(("a",)) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: [1\nb: 2\n", ":2: "),
        ("a: 1\n---\nb: 2\n", "expected YAML"),
        (b"a: \xff\n", "expected YAML in UTF-8"),
        ("a: \x00\n", "cannot be understood"),
        ("[" * 5000, "expected YAML"),
        ("a: 1\nb: 2\na: 3\n", ":3: the key `a` is here twice; expected it once"),
        ("? [1]\n: 2\n", "a key that is not text"),
        ("a: !!python/object:os.system x\n", ":1: a YAML tag"),
        ("a: &a\n  - *a\n", "too much is nested"),
        ("a: " + "[" * 40 + "]" * 40, "too much is nested"),
    ],
)
def test_what_cannot_be_read_says_why(file, content, said):
    path = file(content)
    assert refused(path).startswith(f"{path}:")
    assert said in refused(path)


def test_an_alias_may_save_repetition_but_not_explode(file):
    assert read(file("a: &x {b: 1}\nc: *x\n")).data == {"a": {"b": 1}, "c": {"b": 1}}
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    assert "too much is nested or repeated here" in refused(file(bomb))


def test_a_file_that_is_too_large_or_not_there_is_refused(file, tmp_path):
    assert "expected at most 1024 KiB" in refused(file(b"#" * (documents.LARGEST + 1)))
    assert "cannot be read (No such file or directory)" in refused(tmp_path / "none.yaml")
    assert "cannot be read" in refused(tmp_path)


def test_several_repeated_keys_are_reported_together(file):
    assert refused(file("a: 1\na: 2\nb: {c: 1, c: 2}\n")).count("is here twice") == 2
