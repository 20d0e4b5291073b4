"""A text that holds a value of the catalog becomes no event, and stands in no file."""

import base64
import json
import random
import time
from urllib.parse import quote

import pytest

from bot.errors import Unauthorized, Unreachable
from bot.eventlog.tables import COMMANDS as COMMANDS_TABLE
from bot.inbox import Declaration, SecretChoice
from bot.inbox.fingerprints import AGAIN_AFTER, LOOK_EVERY, KnownValues, Unreadable
from bot.inbox.handler import TIDY_EVERY
from bot.incident import commands as c
from bot.incident.events import CommandRefused, NoteAdded
from bot.incident.overlap.strategy import incident_id
from bot.news.sources.catalogued import Place
from bot.secrets.secret import Secret, use_fingerprint_key
from bot.trust import Distrust
from bot.vault.contract import Stored
from tests.inbox.test_inbox import OPENAI, Installation
from tests.slack.conftest import catalog
from tests.support.consents import SHOWN

PASSWORD = "nR4wTq82:Lx0/5vBz7"
URL = f"redis://app:{quote(PASSWORD, safe='')}@cache.internal:6379/0"
PARAMETER = "/production/redis-url"
REDIS = Place(PARAMETER, "redis-url", "production")


class Held:
    """A vault of values in memory, that counts what is asked of it."""

    def __init__(self, **values) -> None:
        self.held = {f"/production/{name.replace('_', '-')}": list(versions) for name, versions in values.items()}
        self.read = []
        self.trouble = None

    def newest(self, parameters):
        if self.trouble is not None:
            raise self.trouble
        return {name: len(self.held[name]) for name in parameters if name in self.held}

    def values(self, parameter):
        self.read.append(parameter)
        return [Stored(Secret(value), number) for number, value in enumerate(self.held.get(parameter, ()), start=1)]


def known(*more, vault=None, now=lambda: 0.0, **options):
    vault = vault or Held(redis_url=["an-older-password", URL])
    made = KnownValues(vault, (REDIS, *more), monotonic=now, patience=0.0, **options)
    made.refresh()
    return made


def test_what_else_has_a_value_now_is_found_and_an_earlier_value_is_not_one():
    admin = Place("/bot/admin/redis", words="the admin credential /bot/admin/redis")
    copy = Place("/staging/redis-url", "redis-url", "staging")
    public = Place("/production/anon-key", "anon-key", "production")
    vault = Held(redis_url=["an-older-password", URL], anon_key=["published-key"])
    vault.held |= {admin.parameter: ["gone-password", "root-password"], copy.parameter: [f"{URL}\n"]}
    made = known(admin, copy, vault=vault, public=(public,))

    def elsewhere(value, own=(PARAMETER,), *, fresh=False):
        return made.elsewhere(Secret(value), own, fresh=fresh)

    assert elsewhere(URL).held == ("redis-url (staging)",)
    assert elsewhere(PASSWORD, ()).held == ("redis-url (production)", "redis-url (staging)")
    assert elsewhere("root-password").held == ("the admin credential /bot/admin/redis",)
    assert elsewhere("published-key").held == ("anon-key (production)",)
    assert elsewhere("an-older-password", ()).held == elsewhere("gone-password").held == ()
    vault.held[copy.parameter].append("new-password")
    assert elsewhere(URL).held == ("redis-url (staging)",)
    assert elsewhere(URL, fresh=True).held == ()
    vault.values = lambda _parameter: (_ for _ in ()).throw(Unreachable("ssm", "read", "no"))
    vault.held[copy.parameter].append(URL)
    assert elsewhere(URL, fresh=True).unread == ("/staging/redis-url",)


DISGUISES = {
    "in clear": PASSWORD,
    "at the end of a sentence": f"it was {PASSWORD}.",
    "in quotes": f"they found “{PASSWORD}”",
    "in brackets": f"the password ({PASSWORD}) leaked",
    "assigned": f"export REDIS_PASSWORD={PASSWORD};",
    "the whole URL": URL,
    "a URL without a user": f"see redis://:{quote(PASSWORD, safe='')}@10.0.0.7:6379",
    "a URL with the password unquoted": f"redis://:{PASSWORD}@h",
    "percent-encoded": quote(PASSWORD, safe=""),
    "base64": base64.b64encode(PASSWORD.encode()).decode(),
    "basic authorization": base64.b64encode(f"app:{PASSWORD}".encode()).decode(),
    "base64, percent-encoded": quote(base64.b64encode(PASSWORD.encode()).decode(), safe=""),
    "with a character that nobody sees": f"{PASSWORD[:5]}\u200b{PASSWORD[5:]}",
    "between JSON's escapes": json.dumps({"env": f"PASSWORD={PASSWORD}\nHOST=db"}),
    "after an escape": f"\\t{PASSWORD}",
    "JSON in JSON": json.dumps(json.dumps({"password": PASSWORD, "url": f"\n{URL}"})),
    "as Python shows it": repr(f"{PASSWORD}\nx"),
    "before JSON's number": f'"{PASSWORD}\\u0026x"',
    "after a percent-encoded escape": f"%5Cn{quote(PASSWORD, safe='')}",
    "percent-encoded twice": quote(quote(PASSWORD, safe=""), safe=""),
    "quoted-printable": f"PASSWORD=3D{PASSWORD}",
    "quoted-printable over two lines": f"{PASSWORD[:5]}=\n{PASSWORD[5:]}",
    "HTML's numbers": "".join(f"&#{ord(letter)};" for letter in PASSWORD),
    "hexadecimal": PASSWORD.encode().hex(),
    "base64 of a line": base64.b64encode(f"{PASSWORD}\n".encode()).decode(),
    "wrapped base64": base64.encodebytes(
        f"HOST=db.internal\nPORT=6379\nX={PASSWORD}\nUSER=application\n".encode()
    ).decode(),
    "in guillemets": f"«{PASSWORD}»",
    "before an ellipsis": f"{PASSWORD}…",
    "before a dash": f"{PASSWORD}—rotate it",
    "between tildes": f"~{PASSWORD}~",
    "as a shell's variable": f"${PASSWORD}",
    "in colour": f"a\x1b[31m{PASSWORD}\x1b[0mb",
    "an earlier version": "or was it an-older-password?",
}


@pytest.mark.parametrize("text", DISGUISES.values(), ids=DISGUISES.keys())
def test_a_value_is_found_however_it_is_dressed(text):
    found = known().look(["nothing here", f"first line\n{text}"], None)
    assert (found.secret, found.environment) == ("redis-url", "production")
    assert found.current != (text == DISGUISES["an earlier version"])


@pytest.mark.parametrize("stored", [f"{PASSWORD}\n", f" {PASSWORD} \r\n", f"{URL}\n"])
def test_a_value_that_ends_in_a_newline_is_found_without_and_named_as_it_is_stored(stored):
    values = known(vault=Held(redis_url=["an-older-password", stored]))
    found = values.look([f"it was {PASSWORD}, they say"], None)
    assert (found.secret, found.version, found.current) == ("redis-url", 2, True)
    assert found.fingerprint == Secret(stored).fingerprint
    assert values.fingerprints >= {Secret(PASSWORD).fingerprint, Secret(stored).fingerprint}


def test_prose_ids_and_the_catalogs_own_words_pass():
    values = known(
        Place("/production/database-url", "database-url", "production"),
        vault=Held(redis_url=[URL], database_url=["postgres://app:postgres@h/db", "abc12"]),
        vocabulary=catalog().vocabulary,
    )
    text = "postgres answered abc12; redis-url of production: see https://example.com/a/b?c=d, inc_ab12cd, 100%+more"
    assert values.look([text], None) is None
    assert values.fingerprints == {Secret(URL).fingerprint}


def test_a_changed_parameter_is_read_again_and_no_other():
    now = [0.0]
    other = Place("/production/openai-api-key", OPENAI, "production")
    vault = Held(redis_url=[URL], openai_api_key=["openai-value-1"])
    values = known(other, vault=vault, now=lambda: now[0])
    assert sorted(vault.read) == ["/production/openai-api-key", PARAMETER]
    vault.held[PARAMETER].append("a-new-password")
    values.refresh()
    assert values.look(["a-new-password"], None) is None, "not looked at before it is time"
    now[0] += LOOK_EVERY
    values.refresh()
    assert vault.read[2:] == [PARAMETER]
    assert values.look(["a-new-password"], None).current
    assert not values.look([PASSWORD], None).current


def test_what_cannot_be_read_is_named_and_tried_again():
    now, vault = [0.0], Held(redis_url=[URL])
    vault.trouble = Unreachable("ssm", "list", "no answer")
    values = known(vault=vault, now=lambda: now[0])
    assert values.unread == (PARAMETER,)
    assert values.look([PASSWORD], None) is None
    vault.trouble = Unauthorized("ssm", "list", "not allowed")  # then every value is read instead
    now[0] += AGAIN_AFTER
    values.refresh()
    assert (values.unread, values.look([PASSWORD], None).secret) == ((), "redis-url")


def test_an_admin_credential_and_the_bots_own_are_found_too():
    admin = Place("/bot/admin/redis", words="the admin credential /bot/admin/redis")
    vault = Held(redis_url=[URL])
    vault.held["/bot/admin/redis"] = ["redis://bot:gV5eXa48Nu93@h:1"]
    values = known(admin, vault=vault, own={"SLACK_BOT_TOKEN": Secret("a-token-of-the-bot")})
    assert values.look(["gV5eXa48Nu93"], None).name == "the admin credential /bot/admin/redis"
    assert values.look(["a-token-of-the-bot"], None).name == "the bot's own SLACK_BOT_TOKEN"


def test_without_the_key_nothing_is_compared():
    values = known()
    use_fingerprint_key(None)
    assert values.look([PASSWORD], None) is None


def test_a_text_that_would_take_long_is_refused_instead():
    begun = time.process_time()
    chance = random.Random(1)
    hostile = "".join(chance.choice("abcdefgh:/=@") for _ in range(3000))
    assert isinstance(known().look([hostile], None), Unreadable)
    assert isinstance(known().look(["x" * 3001], None), Unreadable)
    assert time.process_time() - begun < 3


# --- in the inbox ---------------------------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path):
    made = Installation(tmp_path)
    made.inbox.handler.decider.values = known()
    yield made
    made.event_log.close()


def test_half_a_character_in_a_text_holds_up_no_command(here):
    incident = here.declared()
    here.put(incident, c.AddNote(r'{"access_token": "\ud800"}'), command_id="half")
    here.put(incident, c.AddNote("behind it"), command_id="good")
    assert here.answer("half").accepted
    assert here.client.answer("good", 0).accepted


COMMANDS = {
    "a note": c.AddNote,
    "a finding": lambda text: c.RecordFinding("finding", text),
    "a task's owner": lambda text: c.AddTask("look", text),
    "a reason": lambda text: c.BreakGlass({OPENAI: SHOWN}, text),
}


@pytest.mark.parametrize("make", COMMANDS.values(), ids=COMMANDS.keys())
def test_it_is_refused_its_author_told_and_its_bytes_are_gone(here, tmp_path, make):
    incident = here.declared()
    here.put(incident, make(f"the password is {PASSWORD}"))
    assert in_files(tmp_path), "it waits in the inbox"
    answer = here.answer()
    assert not answer.accepted
    assert "holds the value of redis-url (production)" in answer.reason
    assert "treat it as leaked" in answer.reason
    assert f"`bot incident add {incident} redis-url`" in answer.reason
    assert PASSWORD not in answer.reason
    last = here.event_log.events(incident)[-1]
    assert isinstance(last.event, CommandRefused)
    assert last.event.reason == answer.reason
    assert (last.actor, here.rows()[-1][1:]) == ("ada", ("refused", "", "", ""))
    assert not in_files(tmp_path)


def test_also_what_no_name_can_be_leaves_nothing_in_the_file(here, tmp_path):
    incident = here.declared()
    here.put(incident, c.KillNow(f"the password is {PASSWORD}", SHOWN))
    assert "`$.secret` has a form that it cannot have" in here.answer().reason
    assert not in_files(tmp_path)


def test_also_what_nobody_has_proven_leaves_nothing_in_the_file(here, tmp_path):
    incident = here.declared()
    here.put(incident, Distrust("bob", f"because {PASSWORD}"))  # which Slack may not say
    assert "not decided in Slack" in here.answer().reason
    assert not in_files(tmp_path)


def test_a_declaration_with_it_opens_nothing(here, tmp_path):
    here.put(
        incident_id("c1"),
        Declaration(environment="production", secrets=(SecretChoice(OPENAI),), how_noticed=f"{PASSWORD} is on a wall"),
    )
    answer = here.answer()
    assert (answer.accepted, "`bot declare redis-url --environment production`" in answer.reason) == (False, True)
    assert here.event_log.incidents() == []
    assert not in_files(tmp_path)


def test_of_many_rows_of_any_length_none_is_left_in_the_file(here, tmp_path):
    """Pages split and fill up: whatever becomes of them, what was blanked is not in them."""
    incident, chance = here.declared(), random.Random(7)
    for number in range(30):
        text = f"{PASSWORD} " * chance.randrange(1, 150) if number % 7 == 3 else "w " * chance.randrange(1, 1400)
        here.put(incident, c.AddNote(text), command_id=f"n{number}")
        if number % 5 == 0:
            here.inbox.handler.round()
    here.inbox.handler.round()
    assert sum(isinstance(r.event, NoteAdded) for r in here.event_log.events(incident)) == 30 - 4
    assert not in_files(tmp_path)


def test_a_reader_delays_the_erasing_and_nothing_forgets_it(here, tmp_path):
    incident = here.declared()
    here.put(incident, c.AddNote(PASSWORD))
    with here.event_log.database.reading() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM commands").fetchall()
        assert not here.answer().accepted
        assert here.event_log.erasing.pending
        assert in_files(tmp_path)
    fresh = type(here.event_log.erasing)(here.event_log.database)  # as another process finds it
    assert fresh.wanted() == ("commands",)
    assert fresh.erase()
    assert not in_files(tmp_path)


def test_what_another_worker_wanted_erased_before_it_died_is_erased_within_the_hour(here):
    here.inbox.handler.round()
    assert not here.event_log.erasing.pending
    other = type(here.event_log.erasing)(here.event_log.database)
    with here.event_log.database.writing() as connection:
        other.want(connection, COMMANDS_TABLE)
    here.inbox.handler.round()
    assert other.wanted() == ("commands",)
    here.now += TIDY_EVERY
    for _ in range(2):
        here.inbox.handler.round()
    assert other.wanted() == ()


def test_a_press_waits_little(here):
    """With a catalog of 150 secrets, and a note of 400 words."""
    places = [Place(f"/production/s{n}", f"s{n}", "production") for n in range(150)]
    vault = Held(**{f"s{n}": [f"value-of-secret-{n}"] for n in range(150)})
    values = KnownValues(vault, tuple(places))
    values.refresh()
    text = "The key was seen in a log line (see https://example.com/a/b?c=d) by someone on call. " * 25
    begun = time.process_time()
    for _ in range(10):
        assert values.look([text], None) is None
    assert (time.process_time() - begun) / 10 < 0.1


def in_files(folder):
    """The files of the database in which the password stands."""
    found = [path for path in folder.iterdir() if path.is_file()]
    return [path.name for path in found if PASSWORD.encode() in path.read_bytes()]
