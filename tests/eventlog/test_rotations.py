"""Two workers that begin planned rotations at one provider in the same moment."""

import threading

from bot.inbox.rotating import NotNow
from bot.incident.overlap.strategy import incident_id
from tests.inbox.test_rotating import OPENAI, OTHER, begin, worker


def test_of_two_that_are_asked_for_in_the_same_moment_one_begins(database_url):
    """Both workers have looked, and seen nothing at the provider, before either has written."""
    workers = [worker(database_url), worker(database_url)]
    both, outcomes = threading.Barrier(2), {}

    def beginning(made, name):
        seen, looks = made.event_log.taken_secrets, []

        def look():
            found = seen()
            if not looks:
                looks.append(found)
                both.wait(30)
            return found

        made.event_log.taken_secrets = look
        try:
            outcomes[name] = begin(made, name, name).incident.id
        except NotNow as refused:
            outcomes[name] = str(refused)

    threads = [threading.Thread(target=beginning, args=one) for one in zip(workers, (OPENAI, OTHER), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    try:
        [run] = workers[0].event_log.open_incidents()
        assert run in {incident_id(OPENAI), incident_id(OTHER)}
        refused = next(said for said in outcomes.values() if said != run)
        assert f"{run} is at openai: one at a time" in refused
    finally:
        for made in workers:
            made.event_log.close()
