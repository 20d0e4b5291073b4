"""Listeners take turns once they have acknowledged; an acknowledgement waits for none of them."""

import threading
import time
from types import SimpleNamespace

import pytest
from slack_bolt import BoltContext

from bot.inbox.turns import aside
from bot.slack import bolt_app as acknowledging
from bot.slack.bolt_app import Listeners
from bot.slack.listeners import home


@pytest.fixture
def listeners(monkeypatch):
    monkeypatch.setattr(acknowledging, "AT_WORK", 2)
    made = Listeners()
    yield made
    made.shutdown(wait=True)


class Busy:
    """Listeners that acknowledge, and then work until they are let go."""

    def __init__(self, listeners) -> None:
        self.listeners, self.go = listeners, threading.Event()
        self.acknowledged, self.at_work, self.most, self.lock = threading.Semaphore(0), 0, 0, threading.Lock()

    def listener(self):
        context = BoltContext()
        self.listeners.take_turns(context, lambda: None)
        ack = context.ack

        def acknowledge():
            ack()
            ack()  # some answer twice, such as with errors at a form's fields

        threading.Thread(target=self._when_answered, args=(ack,), daemon=True).start()
        acknowledge()
        with self.lock:
            self.at_work += 1
            self.most = max(self.most, self.at_work)
        assert self.go.wait(30)
        with self.lock:
            self.at_work -= 1

    def _when_answered(self, ack):
        while ack.response is None:
            time.sleep(0.001)
        self.acknowledged.release()


def test_twenty_are_acknowledged_at_once_and_two_at_a_time_go_on(listeners):
    busy = Busy(listeners)
    running = [listeners.submit(busy.listener) for _ in range(20)]
    assert all(busy.acknowledged.acquire(timeout=10) for _ in range(20))
    busy.go.set()
    for one in running:
        one.result(30)
    assert busy.most <= 2


def test_home_tabs_take_turns_too_though_bolt_acknowledges_an_event_itself(listeners, monkeypatch):
    go, lock, at_work, most, found = threading.Event(), threading.Lock(), [0], [0], []

    def draws(*_):
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        assert go.wait(30)
        with lock:
            at_work[0] -= 1

    def arrives():
        context = BoltContext()
        listeners.take_turns(context, lambda: None)
        context.ack()
        return listeners.submit(found[0], ack=context.ack, event={"tab": "home"})

    monkeypatch.setattr(home, "draw_home", draws)
    home.register(SimpleNamespace(event=lambda _name: found.append), None)
    running = [arrives() for _ in range(10)]
    while most[0] < 2:
        time.sleep(0.001)
    go.set()
    for one in running:
        one.result(30)
    assert most[0] == 2


def test_a_listener_that_fails_gives_its_turn_back(listeners):
    def fails():
        context = BoltContext()
        listeners.take_turns(context, lambda: None)
        context.ack()
        raise ValueError("it failed")

    for _ in range(5):
        with pytest.raises(ValueError, match="it failed"):
            listeners.submit(fails).result(10)


def test_whoever_is_no_listener_waits_for_nobody(listeners):
    context = BoltContext()
    listeners.take_turns(context, lambda: None)
    for _ in range(5):
        context.ack()


def test_whoever_only_waits_gives_the_turn_away_and_takes_one_before_going_on(listeners):
    """Ten wait for an answer, of whom two may work: an eleventh works meanwhile, and no more than two go on at once."""
    waiting, answer, lock = threading.Semaphore(0), threading.Event(), threading.Lock()
    at_work, most = [0], [0]

    def asks():
        context = BoltContext()
        listeners.take_turns(context, lambda: None)
        context.ack()
        with aside():
            waiting.release()
            assert answer.wait(30)
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        time.sleep(0.005)
        with lock:
            at_work[0] -= 1

    def works():
        context = BoltContext()
        listeners.take_turns(context, lambda: None)
        context.ack()
        return "done"

    running = [listeners.submit(asks) for _ in range(10)]
    assert all(waiting.acquire(timeout=10) for _ in range(10))
    assert listeners.submit(works).result(10) == "done"
    answer.set()
    for one in running:
        one.result(30)
    assert most[0] <= 2


def test_a_wait_that_fails_leaves_the_turns_as_many_as_they_were(listeners):
    def fails():
        context = BoltContext()
        listeners.take_turns(context, lambda: None)
        context.ack()
        with aside():
            raise ValueError("no answer")

    for _ in range(5):
        with pytest.raises(ValueError, match="no answer"):
            listeners.submit(fails).result(10)
