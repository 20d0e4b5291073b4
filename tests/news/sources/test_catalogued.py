"""The catalog's values, read for a comparison: each once, and what could not be read is named."""

from bot.catalog.loader import load_catalog
from bot.data_files import shipped
from bot.errors import Unreachable
from bot.news.sources.catalogued import places, read_values
from bot.news.sources.gitguardian import digest_of, matching
from bot.providers import provider_names
from bot.secrets.secret import Secret
from bot.vault.contract import Stored

KEY = "sk-proj-Wg7Yk2Qx9LmNp4RtVb8Zc1Df5Hj3"
OLD = "sk-proj-Aq8Ws5Ed2Rf7Tg1Yh4Uj9Ik6Ol3P"


class Vault:
    def __init__(self, held) -> None:
        self.held = held

    def values(self, parameter):
        held = self.held.get(parameter, [])
        if isinstance(held, Exception):
            raise held
        return [Stored(Secret(value), number) for number, value in enumerate(held, start=1)]


def test_every_version_of_each_parameter_is_known_once():
    entries = load_catalog(shipped("playbooks") / "secrets.yaml", provider_names()).catalog.all("production")
    names = {entry.name: entry.parts[-1].parameter for entry in entries}
    openai, redis = names["openai-api-key"], names["redis-url"]
    short = names["stripe-secret-key"]
    held = Vault({openai: [OLD, KEY, f"{KEY}\n"], redis: Unreachable("ssm", "read", "no answer"), short: ["abc"]})
    made = read_values(places(entries), held)
    assert [(holder.secret, holder.current) for _, holder in made.values] == [
        ("openai-api-key", True), ("openai-api-key", False),
    ]  # fmt: skip
    assert made.unread == (redis,)


def test_a_hash_is_compared_with_every_value_that_can_be_read_and_the_others_are_named():
    entries = load_catalog(shipped("playbooks") / "secrets.yaml", provider_names()).catalog.all("production")
    names = {entry.name: entry.parts[-1].parameter for entry in entries}
    openai, redis = names["openai-api-key"], names["redis-url"]
    held = Vault({openai: [f"{KEY}\n"], redis: Unreachable("ssm", "read", "no answer")})
    digests = [Secret(digest_of(KEY)), Secret(digest_of("nothing of ours"))]
    made = matching(digests, entries, held)
    [(digest, (value, place))] = made.found.items()
    assert (digest, value, place.parameter) == (digests[0].reveal(), Secret(f"{KEY}\n"), openai)
    assert made.unread == (redis,)
    assert KEY not in repr(made)
