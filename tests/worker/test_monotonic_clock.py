"""Time goes on while the machine's clock is put right."""

from datetime import UTC, datetime, timedelta

from bot.worker.monotonic_clock import MonotonicClock

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


class Machine:
    def __init__(self) -> None:
        self.now, self.seconds = NOON, 0.0
        self.clock = MonotonicClock(lambda: self.now, lambda: self.seconds)

    def after(self, seconds, jump=0.0):
        self.seconds += seconds
        self.now += timedelta(seconds=seconds + jump)
        return (self.clock() - NOON).total_seconds()


def test_it_is_the_machines_clock():
    machine = Machine()
    assert [machine.after(1.5), machine.after(2), machine.after(0)] == [1.5, 3.5, 3.5]


def test_set_back_it_goes_on_from_where_it_was():
    machine = Machine()
    machine.after(10)
    assert machine.after(0.25, jump=-600) == 10.25
    assert machine.after(3) == 13.25


def test_the_machines_clock_is_followed_once_it_is_ahead_again():
    machine = Machine()
    machine.after(10)
    machine.after(1, jump=-5)
    assert machine.after(1, jump=+9) == 16


def test_a_jump_ahead_is_followed():
    machine = Machine()
    assert machine.after(1, jump=3600) == 3601


def test_it_goes_on_from_what_has_happened_already_until_the_machines_clock_is_ahead_of_that():
    machine = Machine()
    assert machine.clock.reached(NOON + timedelta(hours=1))
    assert [machine.after(0), machine.after(10)] == [3600, 3610]
    assert machine.clock.reached(NOON)
    assert machine.after(5) == 3615
    assert machine.after(1, jump=7200) == 16 + 7200


def test_what_lies_more_than_a_day_ahead_is_no_time_to_go_on_from():
    machine = Machine()
    assert not machine.clock.reached(NOON + timedelta(days=1, seconds=1))
    assert machine.after(1) == 1
