"""A lock that some get before others."""

import threading

import pytest

from bot.eventlog.turns import Turns, going_first


class Queue:
    """Threads that wait for their turn, one after the other, while it is someone else's; `got` is who had it when."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.got = []
        self.threads = []

    def come(self, name, *, first=False):
        def wait():
            if first:
                with going_first(), self.turns:
                    self.got.append(name)
            else:
                with self.turns:
                    self.got.append(name)

        thread = threading.Thread(target=wait, daemon=True)
        waiting = self.waiting
        thread.start()
        self.threads.append(thread)
        while self.waiting == waiting:
            threading.Event().wait(0.001)

    @property
    def waiting(self):
        return len(self.turns._first._waiters) + len(self.turns._others._waiters)

    def end(self):
        for thread in self.threads:
            thread.join(5)
            assert not thread.is_alive()


def test_who_goes_first_is_first_however_late_they_come():
    queue = Queue()
    with queue.turns:
        for name in ("a", "b", "c"):
            queue.come(name)
        queue.come("a person", first=True)
        queue.come("another", first=True)
    queue.end()

    assert queue.got[:2] == ["a person", "another"]
    assert sorted(queue.got[2:]) == ["a", "b", "c"]


def test_nobody_has_it_at_the_same_time():
    turns, count, most = Turns(), [0], [0]

    def work(number):
        for _ in range(300):
            if number % 3 == 0:
                with going_first(), turns:
                    take()
            else:
                with turns:
                    take()

    def take():
        count[0] += 1
        most[0] = max(most[0], count[0])
        count[0] -= 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert most == [1]


def test_an_error_gives_it_back():
    turns = Turns()
    with pytest.raises(RuntimeError), turns:
        raise RuntimeError
    with turns:
        pass
