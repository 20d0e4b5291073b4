import threading

import pytest

from bot.model.priority import Priority
from bot.net.limits import LONGEST_PAUSE, LOWEST_SHARE, Bucket, working_at
from tests.support.clock import Clock


def bucket(rate=1.0, burst=1):
    """A bucket in which waiting moves the clock, and nothing sleeps."""
    clock = Clock(0.0)
    waits = []

    def wait(_condition, seconds):
        waits.append(seconds)
        clock.advance(seconds)

    return Bucket(rate, burst, clock, wait), clock, waits


def test_a_burst_is_free_and_then_the_rate_holds():
    limited, clock, waits = bucket(rate=4, burst=3)
    for _ in range(5):
        limited.take(Priority.READ)
    assert waits == [0.25, 0.25]
    assert clock.now == 0.5


def test_what_is_saved_up_never_exceeds_the_burst():
    limited, clock, waits = bucket(rate=1, burst=2)
    clock.advance(1000)
    for _ in range(3):
        limited.take(Priority.READ)
    assert waits == [1.0]


def refused(rate):
    """A bucket that has just been told to slow down, by calls that were under way together."""
    limited, clock, waits = bucket(rate=rate, burst=8)
    limited.slow_down(None)
    limited.slow_down(None)
    return limited, clock, waits


def test_being_told_to_slow_down_first_takes_what_is_saved_up():
    limited, _, waits = refused(rate=8)
    assert limited.rate == 8.0
    limited.take(Priority.REVOKE)
    assert waits == [1 / 8]


def test_nothing_goes_before_the_time_that_was_told():
    limited, clock, waits = bucket(rate=8, burst=8)
    limited.slow_down(10.0)
    limited.take(Priority.REVOKE)
    assert waits == [10.0]
    assert clock.now == 10.0


def test_being_told_so_again_soon_halves_the_rate():
    limited, clock, _ = refused(rate=8)
    clock.advance(9.0)
    limited.slow_down(None)
    assert limited.rate == 4.0
    clock.advance(0.4)
    limited.slow_down(None)
    assert limited.rate > 4.0


def test_being_told_so_again_much_later_does_not():
    limited, clock, _ = refused(rate=8)
    clock.advance(10.0)
    limited.slow_down(None)
    assert limited.rate == 8.0


def test_the_rate_recovers_gradually_and_fully():
    limited, clock, _ = refused(rate=8)
    clock.advance(1.0)
    limited.slow_down(None)
    assert limited.rate == 4.0
    clock.advance(2.5)
    assert limited.rate == pytest.approx(6.0)
    clock.advance(100)
    assert limited.rate == 8.0


def test_a_flood_of_refusals_leaves_a_lowest_rate_and_a_longest_pause():
    limited, clock, waits = refused(rate=0.01)
    for _ in range(50):
        clock.advance(0.5)
        limited.slow_down(1e9)
    assert limited.rate == 0.01 * LOWEST_SHARE
    limited.take(Priority.READ)
    assert waits[0] == LONGEST_PAUSE


def test_a_waiter_leaves_without_a_token_once_it_needs_none():
    clock, needless = Clock(0.0), []
    limited = Bucket(1.0, 1, clock, lambda condition, _seconds: condition.wait())
    limited.take(Priority.READ)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(limited.take(Priority.READ, unless=lambda: bool(needless))))
    thread.start()
    while not limited._queue:
        pass
    needless.append("another has asked for it")
    limited.look_again()
    thread.join(5)
    clock.advance(1.0)
    assert answers == [False]
    assert limited.take(Priority.READ, unless=lambda: False)


def test_a_clock_that_goes_back_gives_nothing_away():
    limited, clock, waits = bucket()
    limited.take(Priority.READ)
    clock.now = -50.0
    limited.take(Priority.READ)
    assert waits == [1.0]


def test_waiters_go_by_rank_and_then_by_arrival():
    clock = Clock(0.0)
    limited = Bucket(1.0, 1, clock, lambda condition, _seconds: condition.wait())
    limited.take(Priority.READ)
    order, threads = [], []

    def waiter(name, priority, work):
        with working_at(work):
            limited.take(priority)
        order.append(name)

    for name, priority, work in (
        ("read", Priority.READ, Priority.READ),
        ("verify", Priority.VERIFY, Priority.READ),
        ("put", Priority.PUT, Priority.VERIFY),
        ("revoke", Priority.REVOKE, Priority.PUT),
        ("read for a revocation", Priority.READ, Priority.REVOKE),
        ("read 2", Priority.READ, Priority.READ),
    ):
        thread = threading.Thread(target=waiter, args=(name, priority, work), daemon=True)
        threads.append(thread)
        thread.start()
        while len(limited._queue) < len(threads):
            pass
    for done in range(1, 7):
        clock.advance(1.0)
        with limited._turn:
            limited._turn.notify_all()
        while len(order) < done:
            pass
    for thread in threads:
        thread.join(5)
    assert order == ["revoke", "read for a revocation", "put", "verify", "read", "read 2"]


def test_the_rank_of_work_ends_with_it():
    seen = []

    def wait(_condition, seconds):
        seen.append(limited._queue[0][0])
        clock.advance(seconds)

    clock = Clock(0.0)
    limited = Bucket(1.0, 1, clock, wait)
    limited.take(Priority.READ)
    with working_at(Priority.REVOKE):
        limited.take(Priority.READ)
    limited.take(Priority.READ)
    assert seen == [Priority.REVOKE, Priority.READ]


def test_an_interrupted_wait_leaves_no_ghost_in_the_queue():
    def interrupted(_condition, _seconds):
        raise KeyboardInterrupt

    limited = Bucket(1.0, 1, Clock(0.0), interrupted)
    limited.take(Priority.READ)
    with pytest.raises(KeyboardInterrupt):
        limited.take(Priority.READ)
    assert limited._queue == []


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_bucket_that_could_never_give_is_refused(rate, burst):
    with pytest.raises(ValueError, match="rate above 0"):
        Bucket(rate, burst)
