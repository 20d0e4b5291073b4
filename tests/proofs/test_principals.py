"""Which accounts are the same person's."""

import pytest

from bot.proofs.principals import comes_by

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/OnCall"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA/B+c"


def session(role, name, account=ACCOUNT):
    return f"arn:aws:sts::{account}:assumed-role/{role}/{name}"


def user(name):
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


SET = "AWSReservedSSO_OnCall"
DIGITS, OTHERS = f"{SET}_0123456789abcdef", f"{SET}_fedcba9876543210"


@pytest.mark.parametrize(
    ("account", "lost"),
    [
        ("slack:U0BEN", "slack:U0BEN"),
        (KEY, KEY),
        (user("ben"), user("ben")),
        (user("team/ben"), user("ben")),
        (user("Ben"), user("team/ben")),
        (ROLE, f"arn:aws:iam::{ACCOUNT}:role/OnCall"),
        (f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/{OTHERS}", session(DIGITS, "").rstrip("/")),
        (session(OTHERS, "ben@example.com"), session(DIGITS, "ben@example.com")),
        (session(SET, "ben@example.com"), session(DIGITS, "ben@example.com")),
        (session("OnCall", "ben@example.com"), session(DIGITS, "Ben@example.com")),
    ],
)
def test_an_account_is_the_same_however_it_is_written(account, lost):
    assert comes_by("benjamin", (account,), (lost,))
    assert comes_by(account, (), (lost,))


@pytest.mark.parametrize(
    ("account", "lost"),
    [
        ("slack:U0BEN", "slack:U0BENJ"),
        (KEY, KEY.swapcase()),
        (KEY, f"ssh-ed25519 X{KEY.partition('/')[2]}"),
        (user("ben"), user("benjamin")),
        (user("ben"), f"arn:aws:iam::{ACCOUNT}:role/ben"),
        (user("ben"), "arn:aws:iam::210987654321:user/ben"),
        (ROLE, session("OnCall", "ben")),
        (session("OnCall", "ben"), session("OnCall", "eve")),
        (session("OnCall", "ben"), session("OnCall", "ben", "210987654321")),
        (session("OnCall", "ben"), user("ben")),
        (session("OnCall", "ben", "210987654321"), ROLE),
        (f"arn:aws:iam::{ACCOUNT}:root", user("ben")),
    ],
)
def test_others_are_others(account, lost):
    assert not comes_by("benjamin", (account,), (lost,))
    assert not comes_by(account, (), (lost,))


def test_who_has_an_account_for_a_name_comes_by_the_role_and_who_has_an_entry_does_not():
    arn = session("OnCall", "eve")
    assert comes_by(arn, (arn,), (ROLE,))
    assert not comes_by("eve", (arn,), (ROLE,))
    assert not comes_by("eve", (), (ROLE,))
