"""What the people in a practice workspace can see, and the fake's own actions, over HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bot.drill.fakes.slack import payloads
from bot.drill.fakes.slack.delivery import PATIENCE_SECONDS, direct_session
from bot.drill.fakes.slack.records import Json


@dataclass(frozen=True)
class Button:
    """A button that a person can see. `channel` and `ts` say in which message."""

    text: str
    action_id: str
    value: str | None
    ts: str
    channel: str
    style: str | None = None


def buttons_of(message: Json, channel: str) -> list[Button]:
    """Every button of a message, in order."""
    return [
        Button(element["text"]["text"], element["action_id"], element.get("value"), message["ts"], channel,
               element.get("style"))
        for element in (there.element for there in payloads.interactive(message.get("blocks", [])))
        if element["type"] == "button"
    ]  # fmt: skip


@dataclass(frozen=True)
class WorkspaceReader:
    """Reads the workspace at `fake_url`. Channels are named by id or name, people by id."""

    fake_url: str

    def state(self, channel: str | None = None) -> Json:
        """The workspace as JSON; with `channel` only that one's messages."""
        return self._request("GET", "state", params={"channel": channel} if channel else None)

    def channel(self, reference: str) -> Json:
        """A channel with its messages. LookupError if there is none."""
        for channel in self.state(reference)["channels"].values():
            if reference in (channel["id"], channel["name"]):
                found: Json = channel
                return found
        raise LookupError(f"no channel {reference!r}")

    def seen_message(self, user: str, channel: str, ts: str) -> Json:
        """A message that this person can see. LookupError for one that they cannot, or that is not there."""
        there = self.channel(channel)
        every = [*there["messages"], *(m for m in there["ephemerals"] if m["ephemeral_to"] == user)]
        for message in every if user in there["members"] else []:
            if message["ts"] == ts:
                found: Json = message
                return found
        raise LookupError(f"{user} sees no message {ts} in {channel}")

    def card(self, channel: str) -> Json | None:
        """The message pinned last."""
        found = self.channel(channel)
        pinned = [message for ts in found["pins"] for message in found["messages"] if message["ts"] == ts]
        return pinned[-1] if pinned else None

    def buttons(self, channel: str) -> list[Button]:
        """Every button in the channel: pinned messages first, then the newest."""
        found = self.channel(channel)
        newest = sorted(found["messages"], key=lambda m: (m["ts"] in found["pins"], m["ts"]), reverse=True)
        return [button for message in newest for button in buttons_of(message, found["id"])]

    def view_of(self, user: str) -> Json | None:
        """The modal that the person has on top."""
        stack = self.state("general")["views"].get(user) or [None]
        top: Json | None = stack[-1]
        return top

    def home_of(self, user: str) -> Json | None:
        home: Json | None = self.state("general")["homes"].get(user)
        return home

    def view(self, view_id: str) -> Json:
        """An open modal or a home tab. LookupError if there is none."""
        state = self.state("general")
        for view in [*(view for stack in state["views"].values() for view in stack), *state["homes"].values()]:
            if view["id"] == view_id:
                found: Json = view
                return found
        raise LookupError(f"no open view {view_id!r}")

    def name_of(self, user: str) -> str:
        """LookupError if there is no such person."""
        return str(self.state("general")["users"][user]["name"])

    def do(self, action: str, body: Json) -> Json:
        """One of the fake's own actions (see `control_api`). LookupError or ValueError where it refuses."""
        return self._request("POST", f"do/{action}", body=body)

    def _request(self, verb: str, path: str, *, params: Json | None = None, body: Json | None = None) -> Json:
        status, found = self._asked(verb, f"/_fake/{path}", params, body)
        if status == 404:
            raise LookupError(found["error"])
        if status != 200:
            raise ValueError(json.dumps(found))
        return found

    def _asked(self, verb: str, path: str, params: Json | None, body: Json | None) -> tuple[int, Json]:
        """Status and body of the answer."""
        with direct_session() as session:
            answer = session.request(verb, f"{self.fake_url.rstrip('/')}{path}", params=params, json=body,
                                     timeout=PATIENCE_SECONDS)  # fmt: skip
        return answer.status_code, answer.json()
