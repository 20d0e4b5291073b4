"""How a value's URL says that it is reached, and that nothing secret of it is told."""

import pytest

from bot.cli.diagnostics.exposure import transport
from bot.secrets.secret import Secret

PASSWORD = "hunter2-canary"


def how(url):
    found = transport(Secret(url.replace("PW", PASSWORD)))
    assert PASSWORD not in repr(found)
    return None if found is None else (str(found.protection), found.said, found.better)


VERIFY = "sslmode=verify-full"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://:PW@cache.example.com:6379/0", ("clear", "redis://", "rediss://")),
        ("rediss://:PW@cache.example.com:6379/0", ("verified", "rediss://", "")),
        ("REDIS://:PW@cache.example.com", ("clear", "redis://", "rediss://")),
        ("http://user:PW@hooks.example.com/x", ("clear", "http://", "https://")),
        ("https://hooks.slack.com/services/PW", ("verified", "https://", "")),
        ("amqp://user:PW@mq.example.com", ("clear", "amqp://", "amqps://")),
        ("postgresql://app:PW@db.example.com/app", ("clear", "no known sslmode", VERIFY)),
        ("postgres://app:PW@db.example.com/app?sslmode=disable", ("clear", "sslmode=disable", VERIFY)),
        ("postgres://app:PW@db.example.com/app?sslmode=prefer", ("clear", "sslmode=prefer", VERIFY)),
        ("postgres://app:PW@db.example.com/app?sslmode=allow", ("clear", "sslmode=allow", VERIFY)),
        ("postgres://app:PW@db.example.com/app?sslmode=PW", ("clear", "no known sslmode", VERIFY)),
        ("postgresql+psycopg://app:PW@db.example.com/app?sslmode=require", ("unverified", "sslmode=require", VERIFY)),
        ("postgresql://app:PW@db.example.com/app?ssl=true", ("unverified", "sslmode=require", VERIFY)),
        ("postgresql://app:PW@db.example.com/app?sslmode=verify-ca", ("verified", "sslmode=verify-ca", "")),
        ("postgresql://app:PW@db.example.com/app?sslmode=verify-full", ("verified", VERIFY, "")),
        ("postgresql+asyncpg://app:PW@db.example.com/app?ssl=verify-full", ("verified", VERIFY, "")),
        ("postgresql://app:PW@db.example.com/app?sslrootcert=system", ("verified", VERIFY, "")),
        # what does not leave this machine
        ("redis://:PW@127.0.0.1:6379/0", None),
        ("redis://:PW@localhost:6379/0", None),
        ("postgresql://app:PW@[::1]/app?sslmode=disable", None),
        ("postgresql:///app?host=/run/postgresql&password=PW", None),
        # no URL, or one that says nothing of it
        ("PW", None),
        ("sk-proj-PW", None),
        ("mongodb+srv://app:PW@db.example.com", None),
        ("redis://:PW@[broken", None),
        ("", None),
    ],
)
def test_what_the_url_says(url, expected):
    assert how(url) == expected
