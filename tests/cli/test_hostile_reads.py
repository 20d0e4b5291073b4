"""A worker that looks up who read a secret, where strangers have written the records."""

import json
from datetime import UTC, datetime

from bot.drill.fakes.aws_trail import Event
from bot.slack.blocks import to_json
from bot.slack.incident_card import incident_card
from tests.support.practice import OPENAI
from tests.usage.test_hostile_events import GOOD, ODD, TEXTS, evil


def test_the_worker_goes_on_and_no_face_shows_more_than_text(installation):
    world, at = installation.world, datetime.now(UTC)
    now = {"eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    documents = [*ODD.values(), *(json.dumps(evil(place) | now) for place in TEXTS)]
    for number, document in enumerate(documents):
        resources = (GOOD["resources"][0]["ARN"],)
        world.aws.front.trail._events.append(Event(f"event-{number}", at, "GetParameter", resources, document))
    world.start()
    incident = world.declare(OPENAI)
    state = world.wait(incident, lambda state: OPENAI in state.usage)
    seen = state.usage[OPENAI]
    assert seen.events > 1
    assert seen.not_visible[-1].endswith("events that could not be read.")
    said = [installation.bot("show", incident, *more) for more in ((), ("--json",))]
    card = json.dumps(to_json(incident_card(state, at, "1:abc")), ensure_ascii=False)
    for text in (*(each.out + each.err for each in said), card, "".join(seen.not_visible)):
        assert not {"\x1b", "\u202e", "\ue006", "\x00"} & set(text)
        assert "<!channel>" not in text
        assert "<@U123>" not in text
    assert {each.status for each in said} <= {0, 3}
