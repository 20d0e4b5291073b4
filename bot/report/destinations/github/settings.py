"""The variables of the repository for decisions."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.settings.basics import Basics
from bot.settings.values import Url, Value, secret, setting

ARRIVED = "proposed the entry of the decisions log as a pull request"
"""What has been done when it arrived, as logs tell."""


class DecisionsSettings(Basics):
    """A private GitHub repository that gets each decision as a pull request: OWNER/NAME, the folder in it, and a token
    of that repository alone; and GitHub's REST API, for a fake or GitHub Enterprise.
    """

    decisions_repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}$")] | None = setting(
        "BOT_DECISIONS_REPOSITORY",
        "`OWNER/NAME` of a private GitHub repository that gets each decision as a pull request",
        shown="none is opened",
    )
    decisions_path: Annotated[str, Field(pattern=r"^([A-Za-z0-9._-]+/)*[A-Za-z0-9._-]+$", max_length=200)] = setting(
        "BOT_DECISIONS_PATH", "the folder in that repository in which each decision is a file", "docs/decisions"
    )
    decisions_token: Value | None = secret(
        "BOT_DECISIONS_TOKEN",
        "a fine-grained token of that repository alone: contents and pull requests, read and write",
        shown="none is opened",
    )
    decisions_api: Url = setting(
        "BOT_DECISIONS_API_URL",
        "GitHub's REST API, for a fake or GitHub Enterprise",
        "https://api.github.com",
        parameter=False,
    )
