"""Each incident's card is drawn by one thread at a time, and looked at again when the next drawing is due."""

from datetime import timedelta

from bot.worker.card_publisher import TICK, CardDispatcher
from tests.support.incidents import START, Story, declaration

LATER = START + timedelta(hours=1)


class Publisher:
    """Wants every incident drawn at `at`, in seconds since now; None where what people see is up to date."""

    def __init__(self, at=0.0, error=None) -> None:
        self.at, self.error, self.shown = at, error, []

    def monotonic(self):
        return 100.0

    def wanted_at(self, _incident):
        return None if self.at is None else 100.0 + self.at

    def show(self, incident_id):
        self.shown.append(incident_id)
        if self.error is not None:
            raise self.error


def dispatcher(publisher):
    waiting, woken = [], []
    return CardDispatcher(publisher, lambda *call: waiting.append(call), lambda: woken.append(True)), waiting, woken


def test_an_incident_is_drawn_by_one_thread_at_a_time():
    publisher, incident = Publisher(), Story(declaration()).incident
    cards, waiting, woken = dispatcher(publisher)
    for _ in range(2):
        assert cards.next_look(incident, START, LATER) == START + timedelta(seconds=TICK)
    [(draw, name)] = waiting
    assert cards.drawn_now == {incident.id}
    draw(name)
    assert (publisher.shown, cards.drawn_now, woken) == ([incident.id], set(), [True])
    cards.next_look(incident, START, LATER)
    assert len(waiting) == 2


def test_a_drawing_that_is_due_later_brings_the_next_look_forward():
    incident = Story(declaration()).incident
    cards, waiting, _ = dispatcher(Publisher(at=30.0))
    assert cards.next_look(incident, START, LATER) == START + timedelta(seconds=30)
    assert cards.next_look(incident, START, None) == START + timedelta(seconds=30)
    cards.publisher.at = None
    assert cards.next_look(incident, START, LATER) == LATER
    assert waiting == []


def test_a_drawing_that_breaks_off_leaves_the_incident_to_the_next():
    incident = Story(declaration()).incident
    cards, waiting, woken = dispatcher(Publisher(error=ValueError("no such block")))
    cards.next_look(incident, START, None)
    [(draw, name)] = waiting
    draw(name)
    assert (cards.drawn_now, woken) == (set(), [True])


def test_where_there_is_no_board_nothing_is_said():
    cards, waiting, _ = dispatcher(None)
    cards.tell("Work pauses.")
    cards.forget()
    assert waiting == []
