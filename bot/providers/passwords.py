"""Passwords that the bot chooses, and the URLs that contain them."""

from __future__ import annotations

import secrets
import string
from urllib.parse import quote, urlsplit

from bot.secrets.secret import Credential, Secret

ALPHABET = string.ascii_letters + string.digits
"""Letters and digits only: the password goes into a URL, and 40 of them hold 238 bits."""
LENGTH = 40


def new_password() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def with_new_password(old: Credential) -> Credential:
    """The same credential with another password in its URL."""
    return old.replace(**{old.main: with_password(old.key, new_password())})


def with_password(url: Secret, password: str) -> Secret:
    """The same URL with another password."""
    parts = urlsplit(url.reveal())
    userinfo, _, place = parts.netloc.rpartition("@")
    name = userinfo.partition(":")[0]
    return Secret(parts._replace(netloc=f"{name}:{quote(password, safe='')}@{place}").geturl())
