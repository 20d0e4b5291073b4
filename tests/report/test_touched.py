"""Whom it touched: notices in a line each, and the facts that they rest on said once."""

from bot.incident import commands as c
from bot.incident import model as m
from bot.model.secrets import Data
from bot.report.touched import notices
from tests.support.incidents import ANNA, OBLIGATIONS, Story, declaration, entry, wanted

KEYS = ("openai-api-key", "stripe-secret-key", "redis-url")


def decided(*after):
    """Every notice decided at once; then what is done `after`, and the last one decided again on what is new."""
    leaked = [wanted(entry(name, data=Data.NONE if name == "redis-url" else Data.PERSONAL)) for name in KEYS]
    story = Story(declaration(*leaked, obligations=OBLIGATIONS))
    for duty in OBLIGATIONS:
        story.do(c.DecideNotice(duty.id, m.NoticeOutcome.NOT_NOTIFIABLE, "nobody read it"), ANNA)
    for command in after:
        story.do(command, ANNA)
    return [fact.text for fact in notices(story.incident)], list(notices(story.incident))


def test_what_several_notices_rest_on_is_said_once():
    lines, facts = decided()
    assert len(lines) == 1 + len(OBLIGATIONS)
    assert lines[0] == (
        "Decided on these facts: openai-api-key and stripe-secret-key (production) open personal data; "
        "redis-url (production) opens nobody's data; exposed in public; abuse seen: unknown."
    )
    assert len(facts[0].seqs) == len(OBLIGATIONS)
    assert all("opens" not in line and "Decided by anna as not notifiable" in line for line in lines[1:])


def test_decisions_on_other_facts_say_which():
    again = c.DecideNotice("insurer", m.NoticeOutcome.NOTIFY, "it was used")
    lines, _ = decided(c.RecordAbuse("openai-api-key", "mails were sent"), again)
    insurer, others = sorted((line for line in lines if line.startswith("Decided on")), key=len)
    assert insurer.startswith("Decided on “Notice to the insurer” on these facts: ")
    assert "abuse seen: yes" in insurer
    assert "“Notice to the authority”, “Notice to people” and “Final report” on these facts: " in others
    assert "abuse seen: unknown" in others
