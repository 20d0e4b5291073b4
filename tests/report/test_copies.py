"""What the report says of copies: what people said became of each, by name, and what nobody has settled."""

from bot.data_files import template_folders
from bot.incident import commands as c
from bot.incident import model as m
from bot.model.secrets import Copy, CopyKind
from bot.report.render import render
from bot.report.runbook import Reach, render_runbook
from tests.incident.new_value.test_roll_back import closed_as_it_is, still_in_use
from tests.support.incidents import ANNA, BEN, CHLOE, PLAYBOOK, Story, declaration, entry, wanted

NAME = "openai-api-key"
SHIPPED = template_folders()
COPIES = (
    Copy("ci", CopyKind.CI, "GitHub Actions of example/app", "gh secret set", "AI team"),
    Copy("backup", CopyKind.BACKUP, "nightly *export*", "delete the exports"),
)


def told(*settled):
    story = Story(declaration(wanted(entry(copies=COPIES)))).run(120)
    for copy, outcome, note in settled:
        story.do(c.SettleCopy(NAME, copy, outcome, note), ANNA)
    return story


def rendered(story):
    return " ".join(render(story.incident, story.log, "99:abc", SHIPPED, story.now).split())


def test_what_nobody_has_settled_heads_the_report():
    head = rendered(told(("ci", m.CopyOutcome.UPDATED, ""))).partition("## Was it used?")[0]
    assert "*COPIES NOT ANSWERED: the old key of openai-api-key may still be in backup (backup): nightly" in head
    assert "GitHub Actions" not in head


def test_an_old_value_that_somebody_lets_stay_heads_the_report_with_name_and_reason():
    story = told(("ci", m.CopyOutcome.PURGED, ""), ("backup", m.CopyOutcome.ACCEPTED, "it expires in a week"))
    text = rendered(story)
    head = text.partition("## Was it used?")[0]
    assert "COPY ACCEPTED: anna accepts that the old key of openai-api-key stays in backup (backup)" in head
    assert "it expires in a week" in head
    assert "COPIES NOT ANSWERED" not in text
    assert "- **Copies, as people reported.**" in text
    assert "ci (CI secret): GitHub Actions of example/app. purged by anna at 2026-11-25" in text
    assert "anna said that copy “ci” of openai-api-key is gone" in text


def test_a_close_over_copies_says_which():
    story = told().complete()
    story.close_over("the team is asleep", CHLOE)
    story.agree(BEN)
    assert "openai-api-key: copies not updated, purged or accepted: ci, backup. Accepted" in rendered(story)


def test_a_secret_without_copies_has_no_such_section():
    assert "Copies:" not in rendered(Story(declaration(wanted())).run(120))


def test_the_work_by_hand_names_each_copy():
    text = render_runbook(entry(copies=COPIES), "production", PLAYBOOK, SHIPPED, Reach())
    assert "Bring the new key to every copy, or purge it" in text
    assert "- [ ] ci: GitHub Actions of example/app. gh secret set (ask AI team)" in text
    plain = render_runbook(entry(), "production", PLAYBOOK, SHIPPED, Reach())
    assert "every copy" not in plain


def test_the_key_of_a_new_value_that_a_copy_may_have_is_named_after_a_close_over_it():
    text = rendered(closed_as_it_is(still_in_use(copy=True)))
    lives = "its key key-1 still works because ci may use it: revoke it by hand"
    assert f"{NAME}: new key staged, {lives}" in text.partition("## Was it used?")[0]
    assert f"A new key of {NAME} is not in place, and {lives}" in text
