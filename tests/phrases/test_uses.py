"""How a key was used, in words."""

from dataclasses import replace
from datetime import timedelta

from bot.incident import events as e
from bot.incident.operations import Op
from bot.incident.state import KeyReach
from bot.model.keys import Snapshot
from bot.model.secrets import Data
from bot.model.uses import Concern, Per, Use, UseReport, summary
from bot.phrases.marks import plain
from bot.phrases.readers import use_against
from bot.phrases.uses import proposals, reaches, row_words, uses_words
from tests.incident.record.test_used import ABLE, NAME, OURS, STRANGE
from tests.support.incidents import START, Story, declaration, entry, wanted

MADE = Use(
    START, START, "iam:CreateUser", "AKIA1", "arn:aws:iam::1:user/app", "198.51.100.7", "aws-cli/2", "us-east-1",
    ("eve",), concern=Concern.PERSISTENCE, why="Makes a user.", new=("address", "agent"), times=3,
)  # fmt: skip


def shown(*uses, seconds=2000, **more):
    other = entry(use_by_hand="Usage by key: https://platform.openai.com/usage.")
    story = Story(declaration(wanted(entry(NAME, provider="aws-iam", capabilities=ABLE)), wanted(other)))
    story.world.used = lambda report: replace(report, uses=uses, **more)
    return story.run(seconds).incident


def lines(incident):
    return [plain(line) for line in proposals(incident)]


def test_a_row_says_when_what_by_whom_from_where_why_and_what_is_new():
    assert plain(row_words(MADE)) == (
        "2026-11-25 03:00 UTC 3 times iam:CreateUser (eve) by user/app from 198.51.100.7, aws-cli/2, us-east-1. "
        "Makes a user. New: address and program."
    )
    assert plain(row_words(replace(STRANGE, refused=True))) == (
        "2026-11-25 03:00 UTC iam:CreateUser (rejected) from 198.51.100.7."
    )
    assert plain(row_words(replace(STRANGE, address=""))) == "2026-11-25 03:00 UTC iam:CreateUser."


def test_what_a_key_could_do_follows_its_rights_and_is_the_most_where_they_are_unknown():
    mail = entry("mail-key", reaches={"mail.": "send e-mail", "api_keys.create": "make keys"}, data=Data.PERSONAL)
    any_key, other = entry("any-key", reaches={"": "use models at our cost"}), entry("other")
    incident = Story(declaration(*map(wanted, (mail, any_key, other)))).run(0).incident

    def told(scopes, **reach):
        old = {"snapshot": Snapshot(scopes=scopes)}
        if reach:
            old["reach"] = KeyReach("id", frozenset(), frozenset(), **reach)
        secrets = {name: replace(each, old=replace(each.old, **old)) for name, each in incident.secrets.items()}
        return {names: plain(words) for words, names in reaches(replace(incident, secrets=secrets)).items()}

    data, costs = "open personal data", "use models at our cost"
    assert told(("mail.send",)) == {
        ("mail-key",): f"send e-mail; {data}", ("any-key",): costs, ("other",): "use its rights: mail.send",
    }  # fmt: skip
    assert told(None)["mail-key",] == f"its rights are unknown; at most send e-mail; make keys; {data}"
    seen = told(None, actions=("mail.send",), beyond={"db": "/production/db"}, unknown="by Admin")
    assert seen["mail-key",] == f"send e-mail; read db (/production/db); maybe more: by Admin; {data}"
    assert told((), actions=("mail.",), limits="more is denied")["mail-key",] == f"send e-mail; more is denied; {data}"
    assert told(None, unknown="IAM did not answer")["any-key",] == f"{costs}; maybe more: IAM did not answer"


def test_what_an_attacker_wrote_is_marked_as_text_of_others():
    assert plain(row_words(replace(MADE, agent="*bold* <!channel>"))).count("*bold* <!channel>") == 1


def test_each_answer_names_its_key_and_for_the_others_it_says_where_a_person_looks():
    first, row, _, rest = lines(shown(OURS, STRANGE))
    assert first == f"{NAME}: USED BY OTHERS, it seems: 1 of 2 uses not known to be ours"
    assert row.strip().startswith("2026-11-25 03:00 UTC iam:CreateUser")
    assert rest == "openai-api-key could: use its rights: all. Usage by key: https://platform.openai.com/usage."


def test_only_ours_comes_with_its_source_and_window_and_unknown_with_its_reason():
    assert lines(shown(OURS))[0].startswith(f"{NAME}: only our use seen: 1 use in CloudTrail, from 2026-11-25 ")
    assert lines(shown(OURS, truncated=True))[0] == f"{NAME}: unknown: not every record was read; 1 use seen so far"
    early = lines(shown(seconds=200))[0]
    assert early.startswith(f"{NAME}: unknown: records may still arrive until 2026-11-25 ")
    assert early.endswith("; no use seen so far")
    assert lines(shown(STRANGE))[0] == f"{NAME}: unknown: uses that may be ours; 1 use seen so far"


def test_a_gap_or_a_failed_look_is_the_reason():
    gap = "it shows only open sessions"
    assert lines(shown(gap=gap))[0] == f"{NAME}: unknown: {gap}"
    assert lines(shown(OURS, gap=gap))[0] == f"{NAME}: unknown: {gap}; 1 use seen so far"
    story = Story(declaration(wanted(entry(NAME, provider="aws-iam", capabilities=ABLE))))
    story.work(only={Op.CAPTURE})
    claim = story.begin(Op.LOOK_UP_USE)
    story.finish(claim, e.OperationFailed(claim.number, claim.op, "Unauthorized", "cloudtrail: no right", None))
    assert lines(story.incident)[0] == f"{NAME}: unknown: cloudtrail: no right"


def test_uses_that_are_not_known_to_be_ours_contradict_that_no_one_used_it():
    assert f"1 use of {NAME} not known to be ours" in plain(use_against(shown(STRANGE)))
    assert NAME not in use_against(shown(OURS))


def test_the_sentence_of_the_event():
    until = START + timedelta(hours=1)
    report = UseReport("CloudTrail", Per.KEY, START, until, 900.0, (MADE, OURS), (), truncated=True)
    assert uses_words(summary(report, 50, 20)) == (
        "4 uses seen, 3 of them not known to be ours, the last at 2026-11-25 03:00:00 UTC, by user/app; of concern: "
        "iam:CreateUser; not complete"
    )
    assert uses_words(summary(replace(report, uses=()), 50, 20)).startswith("no use seen in CloudTrail, from ")
    assert uses_words(summary(replace(report, uses=(), truncated=False, gap="no right"), 50, 20)) == "unknown: no right"
