"""Slack: tokens, scopes, the way by which Slack reaches the bot, its channels and people.

Source: docs.slack.dev, auth.test, conversations.history (``not_in_channel``), conversations.open (``user_not_found``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from bot.cli.diagnostics.check import Checks, Skipped, Wrong
from bot.errors import Missing, Refused, Unauthorized, Unreachable

if TYPE_CHECKING:
    from bot.app import Application
    from bot.secrets.secret import Secret
    from bot.settings.model import Settings

    type Answer = tuple[Mapping[str, Any], Mapping[str, str]]

CHECKS = Checks["Application"]()
REINSTALL = "Update the app from `bot setup manifest` at https://api.slack.com/apps, then reinstall it."


def _bot_token(settings: Settings) -> Secret:
    token = settings.slack_bot_token
    if token is None:
        raise Skipped("SLACK_BOT_TOKEN is not set: incidents have no channel; use the terminal")
    return token


@CHECKS("Slack token", f"Set SLACK_BOT_TOKEN (xoxb-…). {REINSTALL}", needed=True)
def _token(application: Application) -> str:
    settings = application.settings
    token = _bot_token(settings)
    if not token.reveal().startswith("xoxb-"):
        raise Wrong("SLACK_BOT_TOKEN is not a bot token: those begin with xoxb-")
    answer, _ = _call(settings, token, "auth.test")
    return f"accepted, team {answer.get('team', '?')}, as {answer.get('user', '?')}"


@CHECKS("Slack scopes", REINSTALL, needed=True)
def _scopes(application: Application) -> str:
    from bot.slack.manifest import scopes

    settings = application.settings
    _, headers = _call(settings, _bot_token(settings), "auth.test")
    granted = {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",")} - {""}
    if missing := [scope for scope in scopes() if scope not in granted]:
        raise Wrong(f"missing: {', '.join(missing)}")
    return f"all {len(scopes())} that the bot needs"


@CHECKS(
    "Slack connection",
    "Set SLACK_APP_TOKEN (xapp-…, scope connections:write) for Socket Mode, or SLACK_SIGNING_SECRET for HTTP.",
    needed=True,
)
def _connection(application: Application) -> str:
    settings = application.settings
    if settings.slack_bot_token is None:
        raise Skipped("Slack is not used")
    if settings.slack_app_token is not None:
        if not settings.slack_app_token.reveal().startswith("xapp-"):
            raise Wrong("SLACK_APP_TOKEN is not an app-level token: those begin with xapp-")
        _call(settings, settings.slack_app_token, "apps.connections.open")
        return "Socket Mode: Slack offers a connection"
    if settings.slack_signing_secret is None:
        raise Wrong("SLACK_APP_TOKEN and SLACK_SIGNING_SECRET are not set")
    return f"HTTP on port {settings.port}, requests are checked by their signature"


@CHECKS("Slack channels", "Type /invite @compromise in that channel.")
def _channels(application: Application) -> str:
    """Whether the bot is in each channel that gets its messages."""
    settings = application.settings
    own = (settings.security_channel, settings.rotation_channel, settings.intake_channel)
    audiences = [each for playbook in application.files.playbooks.values() for each in playbook.audience]
    named = [*filter(None, own), *(channel for each in audiences for channel in each.channels)]
    return _each(settings, "conversations.history", "channel", named)


@CHECKS("Slack people", "Correct `slack` of that person in the people file: their profile, ⋮, Copy member ID.")
def _people(application: Application) -> str:
    """Whether Slack knows each person, so that a direct message or a mention arrives. Nothing is sent."""
    people = [person.slack for person in application.files.people.everyone if person.slack]
    return _each(application.settings, "conversations.open", "users", people)


def _each(settings: Settings, method: str, argument: str, names: Iterable[str]) -> str:
    token, found = _bot_token(settings), [*dict.fromkeys(names)]
    if not found:
        raise Skipped("none is named")
    wrong = []
    for name in found:
        try:
            _call(settings, token, method, **{argument: name})
        except (Missing, Refused, Unauthorized) as error:
            wrong.append(f"{name} ({error.cause})")
    if wrong:
        raise Wrong(", ".join(wrong))
    return f"all {len(found)} that are named"


def _call(settings: Settings, token: Secret, method: str, **asked: str) -> Answer:
    """One call, once. Errors are in our own words: the library's may repeat what was sent."""
    from slack_sdk import WebClient
    from slack_sdk.errors import SlackApiError

    from bot.slack.errors import refusal

    client = WebClient(
        token.reveal(),
        base_url=f"{settings.slack_api_url}/",
        timeout=int(settings.timings.http_timeout),
        retry_handlers=[],
    )
    ask: Callable[..., Any] = client.api_call
    try:
        response = ask(method, params=asked)
    except SlackApiError as error:
        raise refusal(error, method) from None
    except Exception as error:  # noqa: BLE001 - urllib's errors pass through the library as they are
        raise Unreachable("slack", method, f"no usable answer ({type(error).__name__})") from None
    return response.data, {name.lower(): str(value) for name, value in response.headers.items()}
