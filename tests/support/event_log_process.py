"""Processes that tests of the log start: `python -m tests.support.event_log_process MODE URL …`."""

import sys
import time

from bot.errors import BotError
from bot.eventlog import Database, open_leadership
from tests.support.event_logs import note, open_test_log


def append(url, incident, name, count):
    """Appends `count` notes, giving each third one twice."""
    event_log = open_test_log(url)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(count)):
        for _ in range(2 if number % 3 == 0 else 1):
            event_log.execute(incident, note(f"{name}-{number}", f"{name} {number}"))
    event_log.close()


def work(url):
    """Enlists as a worker, prints its id, and lives until it is killed or told to end."""
    leadership = open_leadership(Database(url))
    worker = leadership.enlist()
    print(worker, flush=True)
    for line in sys.stdin:
        if line.strip() == "check":
            try:
                leadership.check(worker)
            except BotError as error:
                print(type(error).__name__, flush=True)
            else:
                print("held", flush=True)
    leadership.resign()


def give_way(url):
    """A terminal's worker: gives way as soon as it is asked to."""
    leadership = open_leadership(Database(url))
    print(leadership.enlist(), flush=True)
    while not leadership.wanted():
        time.sleep(0.02)
    leadership.resign()


def start(url):
    """Opens the log, as at a start."""
    print("ready", flush=True)
    sys.stdin.readline()
    open_test_log(url).close()
    print("started", flush=True)


if __name__ == "__main__":
    {"append": append, "work": work, "give-way": give_way, "start": start}[sys.argv[1]](*sys.argv[2:])
