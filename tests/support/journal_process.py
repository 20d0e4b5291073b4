"""Processes that tests of the log start: `python -m tests.support.journal_process MODE URL …`."""

import sys
import time

from bot.errors import BotError
from bot.journal import Database, open_liveness
from tests.support.journals import note, open_test_journal


def append(url, incident, name, count):
    """Appends `count` notes, giving each third one twice."""
    journal = open_test_journal(url)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(count)):
        for _ in range(2 if number % 3 == 0 else 1):
            journal.execute(incident, note(f"{name}-{number}", f"{name} {number}"))
    journal.close()


def work(url):
    """Enlists as a worker, prints its id, and lives until it is killed or told to end."""
    liveness = open_liveness(Database(url))
    print(liveness.enlist(), flush=True)
    for line in sys.stdin:
        if line.strip() == "check":
            try:
                liveness.check()
            except BotError as error:
                print(type(error).__name__, flush=True)
            else:
                print("held", flush=True)
    liveness.resign()


def give_way(url):
    """A terminal's worker: gives way as soon as it is asked to."""
    liveness = open_liveness(Database(url))
    print(liveness.enlist(), flush=True)
    while not liveness.wanted():
        time.sleep(0.02)
    liveness.resign()


def start(url):
    """Opens the log, as at a start."""
    print("ready", flush=True)
    sys.stdin.readline()
    open_test_journal(url).close()
    print("started", flush=True)


if __name__ == "__main__":
    {"append": append, "work": work, "give-way": give_way, "start": start}[sys.argv[1]](*sys.argv[2:])
