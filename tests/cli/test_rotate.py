"""`bot rotate`: the plan shown first, a run on the catalog's word, and what cannot be meant."""

from pathlib import Path

import pytest

from tests.support.practice import OPENAI, REDIS, STRIPE

pytestmark = [pytest.mark.process, pytest.mark.counted]


def automatic(installation):
    """The catalog says so of the key."""
    path = Path(installation.environ()["BOT_PLAYBOOKS"]) / "secrets.yaml"
    catalog = path.read_text()
    at = catalog.index("policy: {", catalog.index(f"- name: {OPENAI}")) + len("policy: {")
    path.write_text(f"{catalog[:at]} planned: auto,{catalog[at:]}")


def test_the_plan_says_who_makes_it_when_the_old_one_ends_on_whose_word_and_what_stops(installation):
    said = installation.bot("rotate", OPENAI, REDIS, STRIPE, "-e", "production", "--dry-run", "--overlap", "3h")
    assert said.status == 0, said.err
    assert f"{OPENAI}: the bot makes the new key; the old one is revoked 3 h after the new one is in use" in said.err
    assert "the catalog asks for two people; nothing stops." in said.err
    assert f"{REDIS}: " in said.err
    assert f"{STRIPE}: a person (Payments team) makes the new key by hand" in said.err
    document = installation.bot("rotate", OPENAI, "-e", "production", "--dry-run", "--json").document
    assert document["begun"] == []
    [planned] = document["planned"]
    assert (planned["name"], planned["overlap"], planned["agreed"]) == (OPENAI, 86400.0, False)
    assert installation.bot("list", "--json").document == []


def test_it_begins_a_run_that_the_list_tells_from_incidents_and_the_same_secret_is_not_begun_twice(installation):
    automatic(installation)
    said = installation.bot(
        "rotate", OPENAI, "-e", "production", "--yes", "--json", "--note", "the audit asks", by="ada"
    )
    assert said.status == 0, said.err
    [run] = said.document["begun"]
    assert run["secrets"] == [{"name": OPENAI, "old": "alive", "new": "live"}]
    [planned] = said.document["planned"]
    assert planned["consent"].startswith("the catalog, which calls it auto (entry ")
    assert planned["agreed"]

    [listed] = installation.bot("list", "--json").document
    assert (listed["incident"], listed["kind"]) == (run["run"], "rotation")
    assert "Planned: no page" in installation.bot("list").out
    shown = installation.bot("show", run["run"])
    assert f"Planned rotation of {OPENAI}: the new key is in use." in shown.out
    assert "on the catalog, which calls it auto" in shown.out
    assert "Readers" not in shown.out
    again = installation.bot("rotate", OPENAI, "-e", "production", "--yes")
    assert again.status == 0
    assert f"{run['run']} already handles it" in again.err
    refused = installation.bot("revoke", run["run"], "--break-glass", OPENAI, "--note", "now")
    assert refused.status == 1
    assert f"bot declare {OPENAI}" in refused.err


MISTAKES = [
    ((), "Say where"),
    (("-e", "production"), "or use --due"),
    (("openai", "-e", "production"), f"did you mean {OPENAI}"),
    ((OPENAI, "-e", "nowhere"), "no such environment"),
    ((OPENAI, "-e", "production", "--overlap", "long"), "expected one like 90m, 24h or 3d"),
    (("--due", "-e", "production"), "No rotation is due in production"),
]


def test_what_cannot_be_meant_is_said(installation):
    for arguments, words in MISTAKES:
        said = installation.bot("rotate", *arguments)
        assert (said.status, words in said.err) == (2, True), said.err


def test_a_guest_begins_nothing(installation):
    said = installation.bot("rotate", OPENAI, "-e", "production", "--yes", by="guest")
    assert said.status != 0
    assert "may not respond" in said.err
    assert installation.bot("list", "--json").document == []
