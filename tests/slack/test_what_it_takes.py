"""What four leaked keys, and a whole `.env`, may ask of people in Slack at most: `tests/slack/walk.py` counts it."""

from tests.slack.walk import THIRTEEN, Counts, walk

WHOLE = Counts(presses=19, forms=10, fields=20, words=1160)
WHOLE_ENV = Counts(presses=28, forms=14, fields=20, words=2 * WHOLE.words)
"""At most twice what four keys take."""
UNTIL_DEAD = Counts(presses=3, forms=2, fields=2, words=235)


def test_four_keys_from_the_declaration_to_the_signed_report():
    on = walk()
    assert on.incident.report.signers == ("eli",)
    assert all(secret.gone and secret.in_place for secret in on.incident.secrets.values())
    assert beyond(on.until_dead, UNTIL_DEAD) == []
    assert beyond(on.counts, WHOLE) == []


def test_a_whole_env():
    assert beyond(walk(THIRTEEN).counts, WHOLE_ENV) == []


def beyond(counts, most):
    """Of what there is more than there may be."""
    found = []
    for what in ("presses", "forms", "fields", "words"):
        had, may = getattr(counts, what), getattr(most, what)
        found += [f"{what}: {had}, and at most {may}"] if had > may else []
    return found
