"""Catalog, `.env` and `.env.example` against each other: every difference named, no value told."""

import pytest

from bot.catalog.loader import load_catalog
from bot.errors import Misuse
from bot.providers import provider_names
from bot.vault.dotenv_check import check_dotenv, complete_example

CATALOG = """\
schema: 1
environments: [production, development]
secrets:
  - name: supabase-url
    title: Address
    provider: configuration
    parts: {{ url: {{ parameter: "/{{environment}}/supabase/url", variable: SUPABASE_URL, secret: false }} }}
  - name: openai-api-key
    title: OpenAI API key
    provider: openai
    parts: {{ key: {{ parameter: "/{{environment}}/openai-api-key", variable: OPENAI_API_KEY }} }}
    options: {{ project: p }}
    policy: {{ rotate_after_days: 90 }}
    owner: AI team
    if_killed: Answers stop.
    outage: degraded
    kill: irreversible
    data: personal
  - name: sendgrid-api-key
    title: SendGrid API key
    provider: sendgrid
    parts: {{ key: {{ parameter: "/{{environment}}/sendgrid-api-key", variable: {second} }} }}
    policy: {{ rotate_after_days: 90 }}
    owner: Growth team
    if_killed: Mail stops.
    outage: degraded
    kill: irreversible
    data: personal
"""
KEY = "sk-proj-" + "a1B2" * 8
MAIL = "SG." + "a1B2" * 5 + "." + "c3D4" * 10
WHOLE = f"SUPABASE_URL=https://x\nOPENAI_API_KEY={KEY}\nSENDGRID_API_KEY={MAIL}\n"
NAMES = "SUPABASE_URL=\nOPENAI_API_KEY=\nSENDGRID_API_KEY=\n"


@pytest.fixture
def compare(tmp_path):
    def compare(file, example, second="SENDGRID_API_KEY", catalog=CATALOG):
        path = tmp_path / "secrets.yaml"
        path.write_text(catalog.format(second=second))
        for name, text in ((".env", file), (".env.example", example)):
            if text is not None:
                (tmp_path / name).write_text(text)
        found = check_dotenv(load_catalog(path, provider_names()).catalog, tmp_path / ".env")
        assert KEY not in repr(found)
        assert MAIL not in repr(found)
        return found

    return compare


def test_where_all_three_agree_nothing_is_said(compare):
    assert compare(WHOLE, NAMES).mistakes == compare(WHOLE, NAMES).others == ()


def test_what_the_bot_could_not_rotate_is_named(compare):
    found = compare(f"SUPABASE_URL=https://x\nOPENAI_API_KEY={KEY}\nSENDGRID_API_KEY=\n", NAMES)
    assert found.mistakes == ("SENDGRID_API_KEY (sendgrid-api-key) is empty in .env",)
    found = compare(f"OPENAI_API_KEY={KEY}\nSENDGRID_API_KEY={MAIL}\n", NAMES)
    assert found.mistakes == ("SUPABASE_URL (supabase-url) is not there in .env",)


def test_what_the_example_does_not_name(compare):
    (mistake,) = compare(WHOLE, "SUPABASE_URL=\nOPENAI_API_KEY=\n").mistakes
    assert mistake.startswith("SENDGRID_API_KEY (sendgrid-api-key) is not named in .env.example")


def test_a_key_that_no_entry_has_could_not_be_declared(compare):
    found = compare(f"{WHOLE}OTHER=sk-proj-{'Zz9x' * 8}\nLOG_LEVEL=debug\n", f"{NAMES}REGION=eu\n")
    assert found.mistakes == ("OTHER in .env looks like a key (OpenAI API key), and no entry of the catalog has it",)
    assert found.others == ("LOG_LEVEL", "REGION")


def test_a_value_in_the_example_is_a_leak(compare):
    found = compare(WHOLE.replace(KEY, "plain"), NAMES.replace("OPENAI_API_KEY=", "OPENAI_API_KEY=plain"))
    assert found.mistakes == (
        ".env.example is committed, and OPENAI_API_KEY in it holds the very value in use: treat it as leaked",
    )
    found = compare(WHOLE, f"{NAMES}OTHER={KEY}\n")
    assert found.mistakes == (
        ".env.example is committed, and OTHER in it holds a key (OpenAI API key): treat it as leaked",
    )


def test_a_placeholder_in_the_example_is_none(compare):
    assert compare(WHOLE, NAMES.replace("OPENAI_API_KEY=", "OPENAI_API_KEY=sk-...")).mistakes == ()


def test_two_secrets_in_one_variable(compare):
    (mistake,) = compare(WHOLE, NAMES, second="OPENAI_API_KEY").mistakes[:1]
    assert "the variable of both /development/openai-api-key and /development/sendgrid-api-key" in mistake


def test_files_that_are_not_there_or_cannot_be_read(compare, tmp_path):
    assert len(compare(None, None).mistakes) == 2
    (tmp_path / ".env.example").write_text(NAMES)
    (tmp_path / ".env").write_text(f"{WHOLE}#bot damaged\n")
    assert compare(None, None).mistakes == ("a line of .env that begins with '#bot ' is damaged",)


def test_a_catalog_without_development(compare):
    with pytest.raises(Misuse, match="no such environment"):
        compare(WHOLE, NAMES, catalog=CATALOG.replace(", development", ""))


class TestExample:
    """The committed example is completed by names alone."""

    @pytest.fixture
    def complete(self, tmp_path):
        def complete(example, catalog=CATALOG):
            path = tmp_path / "secrets.yaml"
            path.write_text(catalog.format(second="SENDGRID_API_KEY"))
            (tmp_path / ".env").write_text(WHOLE)
            file = tmp_path / ".env.example"
            if example is not None:
                file.write_bytes(example.encode())
            added = complete_example(load_catalog(path, provider_names()).catalog, tmp_path / ".env")
            return added, file.read_bytes().decode()

        return complete

    def test_what_is_missing_is_added_empty_and_all_else_stays(self, complete, compare):
        before = "# Settings\r\nSUPABASE_URL=https://example.supabase.co\r\n\r\nLOG_LEVEL=debug"
        added, text = complete(before)
        assert added == ("OPENAI_API_KEY", "SENDGRID_API_KEY")
        assert text == (
            f"{before}\r\n# OpenAI API key (openai-api-key)\r\nOPENAI_API_KEY=\r\n"
            "# SendGrid API key (sendgrid-api-key)\r\nSENDGRID_API_KEY=\r\n"
        )
        assert KEY not in text
        assert MAIL not in text
        assert compare(WHOLE, None).mistakes == ()

    def test_one_that_is_complete_is_not_touched(self, complete):
        assert complete(NAMES) == ((), NAMES)

    def test_where_there_is_none_it_is_made_for_everybody_to_read(self, complete, tmp_path):
        added, text = complete(None)
        assert added == ("OPENAI_API_KEY", "SENDGRID_API_KEY", "SUPABASE_URL")
        assert text.count("=\n") == 3
        assert (tmp_path / ".env.example").stat().st_mode & 0o777 == 0o644

    def test_its_mode_stays(self, complete, tmp_path):
        (tmp_path / ".env.example").touch(0o664)
        (tmp_path / ".env.example").chmod(0o664)
        complete("A=\n")
        assert (tmp_path / ".env.example").stat().st_mode & 0o777 == 0o664

    def test_a_variable_that_is_only_in_a_comment_is_not_named(self, complete):
        assert "OPENAI_API_KEY" in complete("# OPENAI_API_KEY=\n")[0]

    def test_the_check_says_which_it_would_add(self, compare):
        assert compare(WHOLE, "SUPABASE_URL=\n").not_named == ("OPENAI_API_KEY", "SENDGRID_API_KEY")
        assert compare(WHOLE, NAMES).not_named == ()
