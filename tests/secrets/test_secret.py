import copy
import json
import logging
import pickle
import traceback

import pytest

from bot.secrets.secret import UNKEYED, Credential, Secret, secret_part, use_fingerprint_key

CANARY = "canary-5f2b9c-value"


def test_every_printed_form_is_the_fingerprint():
    secret = Secret(CANARY)
    forms = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret:>40}",
        "{}".format(secret),  # noqa: UP032 - every way to print
        f"{[secret]}",
        f"{Credential.single(secret)}",
    ]
    for form in forms:
        assert secret.fingerprint in form
        assert CANARY not in form


def test_it_does_not_get_into_logs_and_tracebacks(caplog):
    secret = Secret(CANARY)
    logging.getLogger("test").error("failed with %s %r", secret, {"key": secret})
    shown = "".join(traceback.format_exception(ValueError(secret)))
    assert CANARY not in caplog.text + shown


@pytest.mark.parametrize("spill", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, hash])
def test_it_cannot_be_copied_out(spill):
    with pytest.raises(TypeError) as failed:
        spill(Secret(CANARY))
    assert CANARY not in str(failed.value)


def test_the_fingerprint_is_of_twelve_digits_and_hangs_on_the_key():
    first = Secret(CANARY).fingerprint
    assert len(first) == 12
    assert set(first) <= set("0123456789abcdef")
    use_fingerprint_key(b"another" * 5)
    assert Secret(CANARY).fingerprint != first
    use_fingerprint_key(None)
    assert Secret(CANARY).fingerprint == UNKEYED


def test_a_urls_fingerprint_is_that_of_its_password():
    assert Secret("redis://app:p%40ss@host:6379/0").fingerprint == Secret("p@ss").fingerprint
    assert Secret("redis://app:p%40ss@host:6379/0").secret_part == Secret("p@ss")
    assert Secret("redis://app:p%40ss@elsewhere/1").fingerprint == Secret("p@ss").fingerprint


@pytest.mark.parametrize("value", ["plain", "https://host/path", "redis://host:6379/0", "x://[broken:pw@h", ""])
def test_without_a_password_the_whole_value_opens_the_door(value):
    assert secret_part(value) == value


def test_secrets_compare_by_value_and_only_with_secrets():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert Secret("ä") == Secret("ä")
    assert bool(Secret("a"))
    assert not Secret("")


def test_a_credential_has_named_parts_and_a_main_one():
    pair = Credential({"id": Secret("AKIA1"), "secret": Secret("s1")}, "secret")
    assert pair.key == Secret("s1")
    assert pair.fingerprint == Secret("s1").fingerprint
    assert list(pair) == ["id", "secret"]
    newer = pair.replace(secret=Secret("s2"))
    assert newer.key == Secret("s2")
    assert newer.parts["id"] == Secret("AKIA1")
    assert pair.key == Secret("s1")


def test_a_credential_without_its_main_part_is_refused():
    with pytest.raises(ValueError, match="'secret'"):
        Credential({"id": Secret("AKIA1")}, "secret")


def test_a_credentials_parts_cannot_be_changed():
    parts = {"key": Secret("a")}
    credential = Credential(parts, "key")
    parts["key"] = Secret("b")
    assert credential.key == Secret("a")
    with pytest.raises(TypeError):
        credential.parts["key"] = Secret("c")
