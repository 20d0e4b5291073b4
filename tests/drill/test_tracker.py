"""The practice world's tracker takes what the bot's webhook sends, and nothing else."""

from datetime import UTC, datetime

import pytest
import requests

from bot.drill.fakes.serving import Served
from bot.drill.fakes.tracker import FakeTracker
from bot.errors import Unauthorized
from bot.secrets.secret import Secret
from bot.tracker.contract import TaskTold
from bot.tracker.webhook import Webhook

NOW = datetime(2026, 11, 27, tzinfo=UTC)
TOLD = TaskTold("inc_ab12cd:41", "made", NOW, "inc_ab12cd", "t3", "Scan <images>", "ada", None, "remediate")


def test_it_acts_once_on_each_key_and_shows_the_task():
    tracker = FakeTracker(clock=NOW.timestamp)
    with Served(tracker.application) as served:
        for _ in range(2):
            Webhook(f"{served.url}/tasks", tracker.secret, lambda: NOW, production=False).tell(TOLD)
        assert len(requests.get(f"{served.url}/tracker.json", timeout=5).json()) == 1
        page = requests.get(f"{served.url}/tracker", timeout=5).text
        assert "Scan &lt;images&gt;" in page


@pytest.mark.parametrize(("secret", "late"), [("another", 0), (None, 301)], ids=["another secret", "too old"])
def test_what_is_not_signed_with_its_secret_or_is_old_is_refused(secret, late):
    tracker = FakeTracker(clock=lambda: NOW.timestamp() + late)
    with Served(tracker.application) as served:
        webhook = Webhook(
            f"{served.url}/tasks", Secret(secret) if secret else tracker.secret, lambda: NOW, production=False
        )
        with pytest.raises(Unauthorized):
            webhook.tell(TOLD)
    assert tracker.told == {}
