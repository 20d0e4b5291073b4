"""Reads that wait for the quota go together: who is taken along, and what one that fails does to the others."""

from __future__ import annotations

import threading
import time

import pytest

from bot.errors import ConfigurationError, Missing, Refused, Throttled, Unauthorized, Unreachable
from bot.model.priority import Priority
from bot.net.limits import Bucket, working_at
from bot.secrets.secret import Secret
from bot.vault.contract import Stored
from bot.vault.gathering import MOST, GatheredReads
from tests.support.clock import Clock


class Store:
    """Answers from `held`, as SSM does; `fails` maps a name to the error that a request with it gets."""

    def __init__(self, held=(), **fails) -> None:
        self.held = {name: Stored(Secret(f"value of {name}"), version) for version, name in enumerate(held, 1)}
        self.fails = fails
        self.requests = []

    def one(self, name):
        self._ask([name])
        parameter, _, version = name.partition(":")
        stored = self.held.get(parameter)
        if stored is None or version not in {"", str(stored.version)}:
            raise Missing("ssm", f"read {name}", "ParameterNotFound")
        return stored

    def several(self, names):
        self._ask(names)
        parameters = [name.partition(":")[0] for name in names]
        return {parameter: self.held[parameter] for parameter in parameters if parameter in self.held}

    def _ask(self, names):
        self.requests.append(list(names))
        for name in names:
            if error := self.fails.get(name.strip("/").replace("/", "_")):
                raise error


class Readers:
    """Readers that all wait for one token, in the order in which they came; `open` lets that many tokens in."""

    def __init__(self, store, clock=None) -> None:
        self.store = store
        self.clock = Clock(0.0)
        self.bucket = Bucket(1.0, 1, self.clock, lambda condition, _seconds: condition.wait())
        self.reads = GatheredReads("ssm", self.bucket, store.one, store.several, clock or self.clock)
        self.results = {}
        self.threads = []
        self.bucket.take(Priority.READ)

    def come(self, *names, priority=Priority.READ):
        for name in names:
            thread = threading.Thread(target=self._read, args=(name, priority), daemon=True)
            self.threads.append(thread)
            before = len(self.bucket._queue)
            thread.start()
            until(lambda before=before: len(self.bucket._queue) > before)
        return self

    def open(self, tokens=1):
        for _ in range(tokens):
            requests = len(self.store.requests)
            self.clock.advance(1.0)
            self.bucket.look_again()
            until(lambda requests=requests: len(self.store.requests) > requests or not self.bucket._queue)
        return self

    def join(self):
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()
        return self.results

    def _read(self, name, priority):
        try:
            with working_at(priority):
                self.results[name] = self.reads.read(name).value.reveal()
        except Exception as error:  # noqa: BLE001 - kept for the test
            self.results[name] = error


def until(holds):
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_a_reader_that_need_not_wait_goes_alone():
    store = Store(["/a", "/b"])
    reads = GatheredReads("ssm", Bucket(10, 10, Clock(0.0)), store.one, store.several)
    assert [reads.read(name).value.reveal() for name in ("/a", "/b")] == ["value of /a", "value of /b"]
    assert store.requests == [["/a"], ["/b"]]


def test_those_that_wait_are_taken_along_by_the_first_ten_at_most():
    names = [f"/p{number}" for number in range(MOST + 2)]
    store = Store(names)
    results = Readers(store).come(*names).open(2).join()
    assert store.requests == [names[:MOST], names[MOST:]]
    assert results == {name: f"value of {name}" for name in names}


def test_the_most_urgent_are_taken_along_first():
    names = [f"/p{number}" for number in range(MOST)]
    store = Store([*names, "/kill"])
    readers = Readers(store).come(*names).come("/kill", priority=Priority.REVOKE).open(2)
    readers.join()
    assert store.requests == [["/kill", *names[: MOST - 1]], [names[-1]]]


def test_one_request_holds_a_name_once_and_no_parameter_at_two_versions():
    store = Store(["/a", "/b"])
    results = Readers(store).come("/a", "/a:1", "/b:2", "/a").open(2).join()
    assert store.requests == [["/a", "/b:2"], ["/a:1"]]
    assert results == {"/a": "value of /a", "/a:1": "value of /a", "/b:2": "value of /b"}


def test_another_version_than_the_one_asked_for_is_no_answer():
    store = Store(["/a", "/b"])
    results = Readers(store).come("/a", "/b:7").open(2).join()
    assert store.requests == [["/a", "/b:7"], ["/b:7"]]
    assert isinstance(results["/b:7"], Missing)


def test_what_is_not_there_is_missing_for_its_reader_only():
    store = Store(["/a"])
    results = Readers(store).come("/a", "/none").open().join()
    assert store.requests == [["/a", "/none"]]
    assert results["/a"] == "value of /a"
    assert str(results["/none"]) == "ssm: read /none: ParameterNotFound"


@pytest.mark.parametrize("error", [Unauthorized("ssm", "read", "AccessDenied"), Refused("ssm", "read", "InvalidKeyId")])
def test_one_that_may_not_be_read_does_not_keep_the_others_from_theirs(error):
    store = Store(["/a", "/b", "/locked"], locked=error)
    results = Readers(store).come("/a", "/locked", "/b").open(4).join()
    assert store.requests[0] == ["/a", "/locked", "/b"]
    assert sorted(store.requests[1:]) == [["/a"], ["/b"], ["/locked"]]
    assert (results["/a"], results["/b"], results["/locked"]) == ("value of /a", "value of /b", error)


def test_once_gathered_reads_were_not_allowed_reads_go_one_by_one_for_a_while():
    denied, pause = Store(["/a", "/b"], a=Unauthorized("ssm", "read", "AccessDenied")), Clock(0.0)
    readers = Readers(denied, pause).come("/a", "/b").open(3)
    readers.join()
    denied.fails, denied.requests = {}, []
    readers.come("/a", "/b").open(2).join()
    assert denied.requests == [["/a"], ["/b"]]
    pause.advance(61)
    denied.requests = []
    readers.come("/a", "/b").open().join()
    assert denied.requests == [["/a", "/b"]]


def test_being_told_to_slow_down_is_told_to_each_and_slows_the_bucket_once():
    store = Store(["/a", "/b"], b=Throttled("ssm", "read 2 parameters", "ThrottlingException", 3.0))
    readers, told = Readers(store), []
    readers.bucket.slow_down = told.append
    results = readers.come("/a", "/b").open().join()
    assert [(type(each), each.verb, each.retry_after) for each in (results["/a"], results["/b"])] == [
        (Throttled, "read /a", 3.0),
        (Throttled, "read /b", 3.0),
    ]
    assert results["/a"] is not results["/b"]
    assert told == [3.0]


def test_no_answer_is_no_answer_for_each_of_them():
    store = Store(["/a", "/b"], b=Unreachable("ssm", "read 2 parameters", "no answer from AWS"))
    results = Readers(store).come("/a", "/b").open().join()
    assert {str(error) for error in results.values()} == {
        "ssm: read /a: no answer from AWS",
        "ssm: read /b: no answer from AWS",
    }


def test_what_is_wrong_with_the_set_up_is_told_to_each():
    error = ConfigurationError("AWS cannot be set up: no region")
    store = Store(["/a", "/b"], b=error, a=error)
    results = Readers(store).come("/a", "/b").open(2).join()
    assert set(results.values()) == {error}


def test_a_reader_that_is_interrupted_leaves_nobody_waiting():
    def interrupted(_condition, _seconds):
        raise KeyboardInterrupt

    store, bucket = Store(["/a"]), Bucket(1.0, 1, Clock(0.0), interrupted)
    bucket.take(Priority.READ)
    reads = GatheredReads("ssm", bucket, store.one, store.several)
    with pytest.raises(KeyboardInterrupt):
        reads.read("/a")
    assert reads._waiting == []


def test_some_are_read_ten_to_a_request_without_those_that_are_not_there():
    names = [f"/p{number}" for number in range(MOST + 1)]
    store = Store(names[1:])
    reads = GatheredReads("ssm", Bucket(10, 10, Clock(0.0)), store.one, store.several)
    assert list(reads.read_some([*names, names[0]])) == names[1:]
    assert [len(request) for request in store.requests] == [MOST, 1]


def test_some_are_read_without_those_that_may_not_be():
    store = Store(["/a", "/b", "/locked"], locked=Unauthorized("ssm", "read", "AccessDenied"))
    reads = GatheredReads("ssm", Bucket(10, 10, Clock(0.0)), store.one, store.several)
    assert list(reads.read_some(["/a", "/locked", "/b"])) == ["/a", "/b"]


def test_some_are_not_half_read_while_ssm_does_not_answer():
    store = Store(["/a"], a=Unreachable("ssm", "read", "no answer from AWS"))
    reads = GatheredReads("ssm", Bucket(10, 10, Clock(0.0)), store.one, store.several)
    with pytest.raises(Unreachable):
        reads.read_some(["/a"])
