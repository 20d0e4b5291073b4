"""Reading JSON as a type: nothing of a type that another thread is just finding out about is used half done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from bot.decoding import convert, decode


class Nested(msgspec.Struct):
    inner: Nested | None = None


BOT = Path(__file__).parents[1] / "bot"
AT_ONCE = """
import sys, threading, types
import msgspec
from bot.decoding import decode

SOURCE = '''
from __future__ import annotations
import msgspec

class Inner(msgspec.Struct):
    a: int
    b: str = ""
    c: tuple[int, ...] = ()

class Outer(msgspec.Struct):
    x: Inner
    y: tuple[Inner, ...] = ()
    z: dict[str, Inner] | None = None
'''
DATA = b'{"x": {"a": 1, "c": [1]}, "y": [{"a": 2}], "z": {"k": {"a": 3}}}'
READ = {"ours": decode, "msgspec": lambda data, shape: msgspec.json.decode(data, type=shape)}[sys.argv[1]]
sys.setswitchinterval(1e-6)
read = []
for number in range(400):
    module = types.ModuleType(f"made{number}")
    sys.modules[module.__name__] = module
    exec(SOURCE, module.__dict__)
    together = threading.Barrier(4)

    def go():
        together.wait()
        read.append(READ(DATA, module.Outer).z["k"].a)

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
assert read == [3] * 1600, len(read)
"""


def test_threads_that_read_a_type_for_the_first_time_at_once_all_read_it():
    subprocess.run([sys.executable, "-c", AT_ONCE, "ours"], check=True, timeout=60)


def test_what_is_nested_too_deeply_is_no_json_that_anybody_writes():
    for read, error in (
        (lambda: decode('{"x":' + "[" * 20_000, dict[str, object]), msgspec.DecodeError),
        (lambda: convert(nested(20_000), Nested), msgspec.ValidationError),
    ):
        with pytest.raises(error, match="too deeply"):
            read()


def nested(depth):
    made = {}
    for _ in range(depth):
        made = {"inner": made}
    return made


def test_nothing_else_in_the_bot_asks_msgspec_to_read():
    """What does would end the process once in a while, where two threads begin with one type."""
    asked = ("msgspec.json.decode", "json.Decoder(", "msgspec.convert", "msgspec.msgpack", "msgspec.yaml")
    found = {
        f"{path.relative_to(BOT)}: {words}"
        for path in BOT.rglob("*.py")
        for words in asked
        if words in path.read_text(encoding="utf-8")
    }
    assert not {each for each in found if "decoding.py" not in each}
