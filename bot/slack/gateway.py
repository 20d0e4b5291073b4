"""The bot's calls to Slack's Web API, paced; only texts that are too long are sent a second time.

Source: docs.slack.dev, reference/methods.
"""

from __future__ import annotations

import http.client
import logging
import threading
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import Block
from slack_sdk.webhook import WebhookClient

from bot.errors import Missing, Refused, Throttled, Unexpected, Unreachable
from bot.inbox.turns import aside
from bot.model.priority import Priority
from bot.net.limits import Bucket
from bot.phrases.marks import shorten
from bot.secrets.secret import Secret
from bot.settings.values import SLACK_HOSTS
from bot.slack.blocks import TEXT, Json, context, section, to_json
from bot.slack.errors import SYSTEM, TOO_LONG, SlackRefused, refusal
from bot.slack.rich_text import notification

SCOPES: Mapping[str, str | None] = {
    "apps.connections.open": None,  # of the app-level token, which has a scope of its own: connections:write
    "auth.test": None,
    "chat.getPermalink": None,
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "files.completeUploadExternal": "files:write",
    "files.delete": "files:write",
    "files.getUploadURLExternal": "files:write",
    "conversations.create": "groups:write",
    "conversations.history": "groups:history",
    "conversations.invite": "groups:write",
    "conversations.list": "groups:read",
    "conversations.open": "im:write",
    "conversations.replies": "groups:history",
    "conversations.setPurpose": "groups:write",
    "conversations.setTopic": "groups:write",
    "pins.add": "pins:write",
    "views.open": None,
    "views.publish": None,
    "views.push": None,
    "views.update": None,
}
"""Every method that the bot calls, with the scope that it needs on private channels. Any other is refused here."""
DIRECT = frozenset({"im:history", "channels:history"})
"""Scopes of these calls on direct messages: what was sent there is looked for before it is sent again."""

PUBLIC = frozenset({"channels:history"})
"""The same in public channels: a reported message is read in its place."""
BURST = 3
MOST_RECENT = 999
"""Messages of a channel or a thread in one answer (docs.slack.dev, conversations.history and conversations.replies)."""
CUT = 1500
"""Characters of a message that Slack has called too long."""
CUT_WORDS = "Cut here: Slack limits the length. In full: `bot show` and `bot incident timeline` at a terminal."


@dataclass(frozen=True)
class Posted:
    """A message of ours as it was found in a channel. `payload` is what we attached to it."""

    ts: str
    event_type: str
    payload: Mapping[str, str]


@dataclass(frozen=True)
class Found:
    """A channel that the bot is in."""

    id: str
    name: str
    purpose: str


class SlackGateway:
    """`client` has no retry handlers: trying again belongs to the worker. `bucket` makes the pace of one channel.

    All methods raise Throttled, Unauthorized, Missing, Refused (as SlackRefused), Unreachable or Unexpected.
    """

    def __init__(self, client: WebClient, bucket: Callable[[], Bucket] = lambda: Bucket(1.0, BURST)) -> None:
        self.client = client
        self._bucket = bucket
        self._buckets: dict[str, Bucket] = {}
        self._lock = threading.Lock()

    # --- messages ---------------------------------------------------------------------------------------------------

    def post(
        self,
        channel: str,
        text: str,
        blocks: Sequence[Block] = (),
        metadata: tuple[str, Json] | None = None,
        thread: str = "",
    ) -> str:
        """Posts and returns the message's timestamp, which is its id. `channel` may be a person: a direct message. With
        `thread` it is posted in the thread of that message.
        """
        attached = {"event_type": metadata[0], "event_payload": metadata[1]} if metadata else None

        def send(shown: Json) -> Mapping[str, Any]:
            return self._paced(
                channel, "chat.postMessage", "post a message", **shown, metadata=attached,
                thread_ts=thread or None, unfurl_links=False, unfurl_media=False,
            )  # fmt: skip

        return str(_fitting(send, text, blocks).get("ts", ""))

    def update(self, channel: str, ts: str, text: str, blocks: Sequence[Block]) -> None:
        """Draws a message again; its metadata stays."""

        def send(shown: Json) -> Mapping[str, Any]:
            return self._paced(channel, "chat.update", "update a message", ts=ts, **shown)

        _fitting(send, text, blocks)

    def whisper(self, channel: str, user: str, text: str, blocks: Sequence[Block] = (), thread: str = "") -> None:
        """A message that only this person sees, in the thread of that message if one is named."""

        def send(shown: Json) -> Mapping[str, Any]:
            return self.call(
                "chat.postEphemeral", "answer a person", channel=channel, user=user, thread_ts=thread or None, **shown
            )

        _fitting(send, text, blocks)

    def message(self, channel: str, ts: str, thread: str = "") -> Mapping[str, Any]:
        """One message in its current form; one in a thread is named by both. Missing if it does not exist, or the bot
        is no member. Source: docs.slack.dev, conversations.history and conversations.replies: `latest`, `inclusive` and
        a `limit` of one give a single message.
        """
        verb, one = "read the message", {"channel": channel, "latest": ts, "oldest": ts, "inclusive": True, "limit": 2}
        if thread and thread != ts:
            answer = self.call("conversations.replies", verb, ts=thread, **one)
        else:
            answer = self.call("conversations.history", verb, **one)
        for found in _dicts(answer.get("messages")):
            if found.get("ts") == ts:
                return found
        raise Missing(SYSTEM, verb, "message_not_found")

    def pin(self, channel: str, ts: str) -> None:
        """Pins a message; one that is pinned stays so."""
        try:
            self.call("pins.add", "pin the card", channel=channel, timestamp=ts)
        except SlackRefused as refused:
            if refused.code != "already_pinned":
                raise

    def permalink(self, channel: str, ts: str) -> str:
        """The address of a message."""
        answer = self.call("chat.getPermalink", "find a message's address", channel=channel, message_ts=ts)
        return str(answer.get("permalink", ""))

    def recent(self, channel: str, limit: int = 100) -> list[Posted]:
        """Our own marked messages among the newest `limit` of the channel, newest first."""
        return marked(self.latest(channel, limit))

    def history(self, channel: str) -> list[Mapping[str, Any]]:
        """All messages of the channel in Slack's form, newest first, without thread-only ones."""
        answers = self._pages("conversations.history", "read the channel", channel=channel, limit=MOST_RECENT,
                              include_all_metadata=True)  # fmt: skip
        return [message for answer in answers for message in _dicts(answer.get("messages"))]

    def replies(self, channel: str, ts: str, since: str = "") -> list[Posted]:
        """Our own marked messages in the thread of a message, of those after the timestamp `since`, oldest first.
        Missing where there is no such message. Source: docs.slack.dev, conversations.replies.
        """
        return marked(self.thread(channel, ts, since))

    def thread(self, channel: str, ts: str, since: str = "") -> list[Mapping[str, Any]]:
        """All messages in the thread of a message as Slack gives them, of those after the timestamp `since`, oldest
        first. Missing where there is no such message.
        """
        answers = self._pages("conversations.replies", "read the thread", channel=channel, ts=ts, limit=MOST_RECENT,
                              oldest=since or None, include_all_metadata=True)  # fmt: skip
        found = [message for answer in answers for message in _dicts(answer.get("messages"))]
        return [message for message in found if message.get("ts") != ts]

    def latest(self, channel: str, limit: int) -> list[Mapping[str, Any]]:
        """The newest `limit` messages of the channel as Slack gives them, newest first."""
        answer = self.call(
            "conversations.history", "read the channel", channel=channel, limit=limit, include_all_metadata=True
        )
        return _dicts(answer.get("messages"))

    # --- channels ---------------------------------------------------------------------------------------------------

    def create_channel(self, name: str) -> str:
        """A new private channel's id. SlackRefused `name_taken` if there is one of this name, seen by us or not."""
        answer = self.call("conversations.create", "open the channel", name=name, is_private=True)
        return str(_dict(answer.get("channel")).get("id", ""))

    def own_channels(self) -> list[Found]:
        """The private channels that the bot is in, archived ones left out."""
        found: list[Found] = []
        for answer in self._pages("conversations.list", "list our channels", types="private_channel", limit=200,
                                  exclude_archived=True):  # fmt: skip
            for channel in _dicts(answer.get("channels")):
                purpose = str(_dict(channel.get("purpose")).get("value", ""))
                found.append(Found(str(channel.get("id", "")), str(channel.get("name", "")), purpose))
        return found

    def describe(self, channel: str, *, topic: str = "", purpose: str = "") -> None:
        """Sets topic or purpose, 250 characters each."""
        if purpose:
            self.call("conversations.setPurpose", "set the purpose", channel=channel, purpose=purpose[:250])
        if topic:
            self.call("conversations.setTopic", "set the topic", channel=channel, topic=topic[:250])

    def invite(self, channel: str, user: str) -> bool:
        """Whether the person is in the channel now: an unknown or departed one is no reason to hold anything up."""
        try:
            self.call("conversations.invite", "invite a responder", channel=channel, users=user)
        except SlackRefused as refused:
            return refused.code == "already_in_channel"
        except Missing:
            return False
        return True

    def direct(self, user: str) -> str:
        """The id of the bot's direct messages with this person, opened if there were none: where `recent` can look.
        Missing for someone whom the workspace does not have.
        """
        answer = self.call("conversations.open", "open a direct message", users=user)
        return str(_dict(answer.get("channel")).get("id", ""))

    # --- forms and home tabs ----------------------------------------------------------------------------------------

    def open_view(self, trigger: str, view: Json) -> None:
        """Opens a form for the person who pressed; a trigger lasts three seconds."""
        self.call("views.open", "open a form", trigger_id=trigger, view=view)

    def push_view(self, trigger: str, view: Json) -> None:
        """Lays a form upon the one that is open."""
        self.call("views.push", "open a form", trigger_id=trigger, view=view)

    def update_view(self, view_id: str, view: Json, seal: str = "") -> None:
        """Draws an open form again; with `seal` (its hash) only if nothing has changed it since."""
        self.call("views.update", "redraw a form", view_id=view_id, view=view, hash=seal or None)

    def publish_home(self, user: str, view: Json) -> None:
        self.call("views.publish", "draw the home tab", user_id=user, view=view)

    def may_respond_at(self, response_url: str) -> bool:
        """Whether this is an address of Slack's, to which answers may go: what it is comes with a request.

        It begins with ``https://hooks.slack.com/`` (``https://hooks.slack-gov.com/`` beside that Web API), or where a
        fake on loopback takes the place of the Web API, which the settings allow outside production only, with the
        fake's own address.
        """
        api = urlsplit(self.client.base_url)
        slack = api.hostname in SLACK_HOSTS
        return response_url.startswith(f"https://hooks.{api.hostname}/" if slack else f"{api.scheme}://{api.netloc}/")

    def respond(self, response_url: str, text: str, blocks: Sequence[Block] = ()) -> None:
        """Answers a command or a press, for that person only, in any place; the bot need not be in the channel. Refused
        for an address that `may_respond_at` does not accept.

        Slack accepts five answers within thirty minutes. Source: docs.slack.dev,
        interactivity/handling-user-interaction.
        """
        if not self.may_respond_at(response_url):
            raise Refused(SYSTEM, "answer a person", "the address for the answer is not Slack's")
        webhook = WebhookClient(response_url, timeout=self.client.timeout, retry_handlers=[])
        webhook.proxy = None
        try:
            said = _message(text, blocks)
            with aside():
                answer = webhook.send(**said, response_type="ephemeral", replace_original=False)
        except (OSError, http.client.HTTPException):
            raise Unreachable(SYSTEM, "answer a person", "no answer") from None
        if answer.status_code != 200:
            raise Unexpected(SYSTEM, "answer a person", f"HTTP {answer.status_code}")

    def open_link(self) -> str:
        """The address of a Socket Mode connection, which works once; for a gateway with the app-level token.

        Unexpected for an address that is not Slack's, or a fake's, or would not be encrypted.
        """
        verb = "open a Socket Mode connection"
        link = str(self.call("apps.connections.open", verb).get("url", ""))
        if not _is_link(link, urlsplit(self.client.base_url).hostname):
            raise Unexpected(SYSTEM, verb, "an address that is not Slack's")
        return link

    def check(self) -> Mapping[str, Any]:
        """The owner of the token (`team_id`, `team`, `user_id`, `url`). Unauthorized if it is refused."""
        return self.call("auth.test", "check the token")

    @cached_property
    def own_user(self) -> str:
        """The Slack id of the bot's own user, asked for once."""
        return str(self.check().get("user_id", ""))

    # --- the call itself --------------------------------------------------------------------------------------------

    def _paced(self, channel: str, method: str, verb: str, **arguments: Any) -> Mapping[str, Any]:
        """Slack allows about one message a second in a channel, with short bursts."""
        with self._lock:
            bucket = self._buckets.setdefault(channel, self._bucket())
        with aside():
            bucket.take(Priority.PUT)
        try:
            return self.call(method, verb, channel=channel, **arguments)
        except Throttled as throttled:
            bucket.slow_down(throttled.retry_after)
            raise

    def _pages(self, method: str, verb: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        """The answers of a method that gives what it has in pages, to the last."""
        cursor = ""
        while True:
            answer = self.call(method, verb, **arguments, cursor=cursor or None)
            yield answer
            cursor = str(_dict(answer.get("response_metadata")).get("next_cursor") or "")
            if not cursor:
                return

    def call(self, method: str, verb: str, **arguments: Any) -> Mapping[str, Any]:
        if method not in SCOPES:
            raise ValueError(f"{method} is not among the methods that the manifest asks scopes for")
        body = {name: value for name, value in arguments.items() if value is not None}
        try:
            # Without arguments the SDK would announce JSON and send nothing, which is none.
            as_json = bool(body) and _takes_json(method)
            ask = self.client.api_call
            with aside():
                answer = ask(method, json=body) if as_json else ask(method, params=body)
        except SlackApiError as error:
            raise refusal(error, verb) from None
        except (OSError, http.client.HTTPException):  # URLError, time-outs and cut connections are among them
            raise Unreachable(SYSTEM, verb, "no answer") from None
        data = answer.data
        if not isinstance(data, dict):
            raise Unexpected(SYSTEM, verb, "an answer that is not JSON")
        return data


def marked(messages: Iterable[Mapping[str, Any]]) -> list[Posted]:
    """Our own marked messages among these, in their order."""
    return [posted for message in messages if (posted := _posted(message)) is not None]


def web_client(token: Secret, api_url: str = "https://slack.com/api", timeout: int = 10) -> WebClient:
    """Slack's own client without its retries, proxies and redirects. `timeout` is in seconds for each call."""
    urllib.request.install_opener(_OPENER)
    logger = logging.getLogger("slack_sdk.compromise")
    logger.setLevel(logging.CRITICAL + 1)  # it logs each failed attempt; the caller reports it in our own words
    client = WebClient(token.reveal(), f"{api_url.rstrip('/')}/", timeout=timeout, retry_handlers=[], logger=logger)
    client.proxy = None  # it has taken one from the environment
    return client


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The standard handler would send the token to any address in an answer."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())
"""For all of this process: Slack's SDK opens its URLs with `urlopen`, and nothing else here does."""


def _message(text: str, blocks: Sequence[Block]) -> Json:
    """What is shown, and what a notification shows. A phrase alone is a paragraph: `text` by itself would be read as
    mrkdwn.
    """
    return {"text": notification(shorten(text, TEXT)), "blocks": to_json(blocks or [section(text)])}


def _fitting(send: Callable[[Json], Mapping[str, Any]], text: str, blocks: Sequence[Block]) -> Mapping[str, Any]:
    """Sends it; if Slack calls it too long, sends its beginning, which says so. Otherwise a card or message would be
    tried without end.
    """
    try:
        return send(_message(text, blocks))
    except SlackRefused as refused:
        if refused.code not in TOO_LONG:
            raise
        beginning = shorten(text, CUT)
        return send(_message(beginning, [section(beginning), context(CUT_WORDS)]))


def _takes_json(method: str) -> bool:
    """Reading methods take their arguments as a form only. Source: docs.slack.dev, apis/web-api, POST bodies."""
    reading = {
        "chat.getPermalink",
        "conversations.history",
        "conversations.list",
        "conversations.replies",
    }
    return method not in reading and not method.startswith("files.")


def _is_link(link: str, api: str | None) -> bool:
    """The SDK encrypts a connection to port 443 and no other."""
    try:
        parts = urlsplit(link)
        host, encrypted = parts.hostname or "", parts.scheme == "wss" and parts.port in {None, 443}
    except ValueError:
        return False
    return encrypted and host.endswith(f".{api}") if api in SLACK_HOSTS else host == api


def _dict(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def _dicts(found: object) -> list[Mapping[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _posted(message: Mapping[str, Any]) -> Posted | None:
    metadata = _dict(message.get("metadata"))
    if not metadata or "bot_id" not in message:
        return None  # a person's app may attach metadata too: only a bot's message can be ours
    payload = {str(key): str(value) for key, value in _dict(metadata.get("event_payload")).items()}
    return Posted(str(message.get("ts", "")), str(metadata.get("event_type", "")), payload)
