"""The incident's channel as the worker sees it: one live card, and a message for each thing worth one."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from slack_sdk.models.blocks import Block

from bot.errors import BotError, Missing, Refused, Unauthorized
from bot.incident.approval.proposals import of_redaction
from bot.incident.events import Recorded, Redacted
from bot.incident.state import Incident
from bot.incident.updates.rules import OWNER
from bot.logs import Logger
from bot.people import People
from bot.phrases.approvals import decided
from bot.phrases.marks import code, literal, named_link, shorten
from bot.phrases.report import plainest
from bot.phrases.rotations import run_headline
from bot.phrases.states import headline
from bot.report.contract import Document, notice_covers
from bot.slack import channels, files
from bot.slack.blocks import TEXT, context, section, to_json
from bot.slack.channel_messages import News
from bot.slack.errors import EDIT_WINDOW_CLOSED, SYSTEM, UNDRAWABLE, UNEDITABLE, SlackRefused
from bot.slack.gateway import MOST_RECENT, Posted, SlackGateway, marked
from bot.slack.incident_card import incident_card
from bot.slack.message import PLAN, PROPOSAL, Message, briefly
from bot.worker.ports import Channel, ChannelGone

CARD_EVENT = "compromise_card"
NEWS_EVENT = "compromise_news"
"""In the card's thread."""
TOLD_EVENT = "compromise_told"
"""In the channel."""
UPDATE_EVENT = "compromise_update"
STAYS_EVENT = "compromise_stays"
ARCHIVED = frozenset({"is_archived", "is_inactive"})
NOT_THERE = frozenset({"channel_not_found", "not_in_channel"})
"""Slack's words for a channel that accepts no messages. Source: docs.slack.dev, chat.postMessage and chat.update,
errors.
"""
GONE = frozenset({"user_not_found", "users_not_found", "user_disabled"})
"""Slack's words for a person who can no longer get messages. Source: docs.slack.dev, conversations.open, errors."""
ABSENT_EVENT = "compromise_absent"
CARD_GONE = frozenset({"thread_not_found", "message_not_found"})
"""Someone has deleted the card, and with it the thread: another one is posted."""
CARD_LASTS = 900.0
"""Seconds for which a card is kept at least: a workspace without edits does not get a card for each event."""
TOLD_AT_ONCE = 30
"""News in one message: each is a block, and a message has at most 50."""
NOTHING: Mapping[str, str] = MappingProxyType({})
_log = Logger(__name__)


class SlackIncidentChannel:
    """Implements `bot.worker.ports.Board`. `people` are invited if they have any right, and mentioned by right. `word`:
    no proofs are needed here, which the card says.
    """

    def __init__(self, gateway: SlackGateway, people: People, *, word: bool = False) -> None:
        self.gateway = gateway
        self.people = people
        self.word = word

    def open_channel(self, incident: Incident) -> Channel:
        channel = channels.open_channel(self.gateway, incident)
        if not incident.traits.own_channel:
            return Channel(channel, f"https://slack.com/app_redirect?channel={channel}")
        absent = channels.invite(self.gateway, channel, self._invited(incident))
        if absent:
            _log.warning("not in the channel", incident=incident.id, people=len(absent))
            self._tell_absent(incident, channel, absent)
        return Channel(channel, f"https://slack.com/app_redirect?channel={channel}")

    def _tell_absent(self, incident: Incident, channel: str, absent: Sequence[str]) -> None:
        """Once: the people here would wait for the absent ones."""
        if any(each.event_type == ABSENT_EVENT for each in self.gateway.recent(channel)):
            return
        names = ", ".join(literal(self.people.by_slack(user).name) for user in absent)
        said = f"⚠️ Not in this channel: {names}. Slack could not invite them (deactivated, or a guest elsewhere)."
        reach = "Reach them another way, and correct the people file."
        self.gateway.post(channel, said, [section(said, reach)], (ABSENT_EVENT, {"incident": incident.id}))

    def _invited(self, incident: Incident) -> list[str]:
        ids = [person.slack for person in self.people if person.slack and person.rights]
        declarer = self.people.named(incident.declared.name)
        if declarer is not None and declarer.slack and not declarer.lost:
            ids.insert(0, declarer.slack)
        elif declarer is None and incident.declared.name.startswith("slack:"):
            ids.insert(0, incident.declared.name.removeprefix("slack:"))
        return ids

    def tell(self, incident: str, update: str, target: str, text: str, *, again: bool = False) -> str:
        """Looks among the newest messages first: what was sent before a crash is not sent again."""
        channel = target
        if target.startswith(OWNER):
            person = self.people.named(target.removeprefix(OWNER))
            if person is None or not person.slack:
                return f"the people file has no {target.removeprefix(OWNER)} with a Slack id: tell them yourself"
            if person.lost:
                return f"{person.name} has left or is not trusted: tell the current owner yourself"
            try:
                channel = self.gateway.direct(person.slack)
            except (Missing, SlackRefused) as gone:
                if gone.cause not in GONE:
                    raise
                return f"{person.name} is no longer in this workspace: tell them or the current owner yourself"
        found = self.gateway.recent(channel, MOST_RECENT)
        ours = [one for one in found if one.event_type == UPDATE_EVENT and one.payload.get("incident") == incident]
        blocks = [section(*(literal(line) or " " for line in text.strip().splitlines()))]
        if again and self._corrected(channel, _latest(ours, update), text, blocks):
            return ""
        if update not in {one.payload.get("update") for one in ours}:
            metadata = (UPDATE_EVENT, {"incident": incident, "update": update})
            self.gateway.post(channel, literal(text), blocks, metadata)
        return ""

    def _corrected(self, channel: str, ts: str, text: str, blocks: Sequence[Block]) -> bool:
        """Whether the message says `text` now; not where there is none, or Slack no longer lets it be changed."""
        if not ts:
            return False
        try:
            self.gateway.update(channel, ts, literal(text), blocks)
        except (Missing, SlackRefused) as gone:
            if not _deleted(gone) and gone.cause not in UNEDITABLE:
                raise
            return False
        return True

    def say(self, channel: str, sentence: str) -> None:
        self.gateway.post(channel, literal(sentence))

    def deliver(self, incident: Incident, documents: tuple[Document, ...], *, renewed: bool) -> str:
        """The page alone, since readers on a phone open one file; the digest beside it is the signed one, or is said to
        be another's. Earlier pages go if words were redacted since, and so do older drafts, at any age.

        In a shared channel it goes into the card's thread, or beside the others if the card is gone.
        """
        if not incident.channel:
            raise Refused(SYSTEM, "upload the report", "the incident has no channel")
        page = next(each for each in documents if each.form == "html")
        place = _Place(self.gateway, incident)
        above = files.files_of(place.everything()) if renewed else []
        thread = "" if incident.traits.own_channel else place.card()
        there = above if renewed and not thread else files.shared_files(self.gateway, incident.channel, thread)
        if renewed:
            place.take_back_drafts(incident.redacted_seq)
            pages = [each for each in [*above, *there] if each.name.startswith(f"{incident.id}-report-")]
            place.take_back([old for old in pages if old.name != page.name])
        if (found := files.ours(self.gateway, there, page.name, page.content)) is not None:
            return found.link
        text = next(each for each in documents if each.form == "md")
        comment = _comment(incident, text.digest)
        return files.upload(self.gateway, incident.channel, page.name, page.title, page.content, comment, thread)

    def show(
        self, incident: Incident, news: Sequence[Recorded], shown: Mapping[str, str], now: datetime, head: str
    ) -> Mapping[str, str]:
        """`shown` holds `channel`, `card` (its timestamp), `drawn` (a digest of its contents) and `posted` (the last
        processed event). Without a channel nothing is shown and nothing is lost: the news come again.
        """
        if not incident.channel:
            return shown
        here = _here(incident, shown)
        try:
            try:
                return self._look(incident, now, head).show(news, here)
            except Missing as gone:
                if gone.cause not in CARD_GONE:
                    raise
                kept = {key: value for key, value in here.items() if key == "posted"}
                return self._look(incident, now, head).show(news, kept)
        except (Missing, SlackRefused) as error:
            if reason := self._gone(incident.channel, error):
                raise ChannelGone(SYSTEM, incident.channel, reason) from None
            raise

    def _look(self, incident: Incident, now: datetime, head: str) -> _Look:
        return _Look(_Place(self.gateway, incident), self.people, now, head, word=self.word)

    def _gone(self, channel: str, error: Missing | SlackRefused) -> str:
        """What became of the channel, if that is why something was refused. That Slack knows none of this id is looked
        up: a channel that was opened just now is not known everywhere at once.
        """
        if error.cause in ARCHIVED:
            return "was archived"
        if error.cause in NOT_THERE and all(found.id != channel for found in self.gateway.own_channels()):
            return "was deleted, or the bot was removed from it"
        return ""


@dataclass(frozen=True)
class _Look:
    """Brings the channel up to date once. `shown` and `refs` are as `SlackIncidentChannel.show` says, `refs` with what
    this look has changed so far.
    """

    place: _Place
    people: People
    now: datetime
    head: str
    word: bool

    @property
    def incident(self) -> Incident:
        return self.place.incident

    def show(self, news: Sequence[Recorded], shown: Mapping[str, str]) -> Mapping[str, str]:
        incident = self.incident
        refs = {**shown, **self._card(shown), "channel": incident.channel}
        if refs["card"] != shown.get("card"):
            refs |= {"told": "", "link": ""}
        if not refs.get("link"):
            with suppress(Missing):  # a message of a moment ago: the address is asked for at the next look
                refs["link"] = self.place.gateway.permalink(incident.channel, refs["card"])
        posted = int(shown.get("posted", "0"))
        fresh = [recorded for recorded in news if recorded.seq > posted]
        if fresh:
            refs |= self._news(fresh, refs)
            refs["posted"] = str(fresh[-1].seq)
        return refs

    def _card(self, shown: Mapping[str, str]) -> Mapping[str, str]:
        """In its plainest form where it cannot be drawn, or Slack cannot draw it."""
        incident = self.incident
        try:
            text = f"{incident.id}: {run_headline(incident) if incident.routine else headline(incident)}"
            return self._put(shown, text, incident_card(incident, self.now, self.head, word=self.word))
        except Exception as error:
            if _passes(error):
                raise
            _log.error("the card is in its plainest form", incident=incident.id, error=type(error).__name__)
            plain = [section(*plainest(incident, "card", self.now))]
            return self._put(shown, f"{incident.id}: its card can't be drawn", plain)

    def _put(self, shown: Mapping[str, str], text: str, blocks: Sequence[Block]) -> Mapping[str, str]:
        channel, gateway = self.incident.channel, self.place.gateway
        drawn = hashlib.sha256(json.dumps(to_json(blocks)).encode()).hexdigest()[:16]
        ts = shown.get("card", "")
        if ts and shown.get("drawn") == drawn:
            return {}
        known, stays = ts or self.place.card(), ""
        if known:
            try:
                gateway.update(channel, known, text, blocks)
            except (Missing, SlackRefused) as gone:
                if gone.cause == EDIT_WINDOW_CLOSED and self.now.timestamp() - float(known) < CARD_LASTS:
                    return {"card": known, "drawn": ""}
                if not _deleted(gone) and gone.cause not in UNEDITABLE:
                    raise
                known, stays = "", "" if _deleted(gone) else known
        if not known:
            known = self.place.post(text, blocks, CARD_EVENT)
        if stays:
            self._lead_on(stays, known)
        if known != ts and self.incident.traits.own_channel:
            gateway.pin(channel, known)
        return {"card": known, "drawn": drawn}

    def _lead_on(self, stays: str, card: str) -> None:
        """Says in the thread of a card that cannot be changed where the incident continues."""
        channel, gateway = self.incident.channel, self.place.gateway
        with suppress(Missing):  # someone has deleted either
            link = named_link(gateway.permalink(channel, card), "Goes on here")
            said = f"Slack no longer lets the bot change this card. {link}"
            gateway.post(channel, said, [section(said)], thread=stays)

    def _news(self, fresh: Sequence[Recorded], refs: Mapping[str, str]) -> dict[str, str]:
        """What cannot be told is named by its numbers alone: later news must not wait for it."""
        incident = self.incident
        try:
            return self._post(fresh, refs)
        except Exception as error:
            if _passes(error):
                raise
            _log.error("news can't be shown", incident=incident.id, error=type(error).__name__)
            events = f"Events {fresh[0].seq} to {fresh[-1].seq}"
            said = f"{events} can't be shown here: {code(f'bot incident timeline {incident.id}')}."
            self.place.gateway.post(incident.channel, said, [section(said)], thread=refs["card"])
            return {}

    def _post(self, fresh: Sequence[Recorded], refs: Mapping[str, str]) -> dict[str, str]:
        """Everything into the card's thread, in full; what everyone must know in a line each into the channel. What
        came together is told together: Slack takes one message a second, and the card waits its turn too. Gives what
        changes of `refs`: the last message in the thread, and those in the channel that ask for a decision.
        """
        self.place.redact(fresh, refs["card"])
        words = News.of(self.incident, self.people, fresh)
        told = [(recorded.seq, message) for recorded in fresh for message in words.messages(recorded)]
        last, asking = "", dict[str, str]()
        for batch in itertools.batched(told, TOLD_AT_ONCE):
            last = self._thread(batch, refs) or last
            if self.incident.traits.own_channel:
                asking |= self._channel(batch, refs)
        return ({"told": last} if last else {}) | self._decided(fresh, refs, asking)

    def _thread(self, batch: Sequence[tuple[int, Message]], refs: Mapping[str, str]) -> str:
        # What an attempt before a crash has posted is not told again.
        known = self.place.chronicle(refs["card"], refs.get("told", ""))
        untold = [(seq, message) for seq, message in batch if str(seq) not in known]
        if not untold:
            return ""
        messages = [message.chronicle for _, message in untold]
        blocks = [block for message in messages for block in message.blocks()]
        if any(message.milestone for message in messages):
            blocks.append(context(f"log head {self.head}"))
        text = shorten("\n".join(message.text for message in messages), TEXT)
        return self.place.post(text, blocks, NEWS_EVENT, {"seq": _numbers(untold)}, refs["card"])

    def _channel(self, batch: Sequence[tuple[int, Message]], refs: Mapping[str, str]) -> dict[str, str]:
        """By the question: the message that asks it, which stays separate, since it is edited after the decision."""
        loud = [(seq, message) for seq, message in batch if message.everyone]
        known = self.place.headlines() if loud else {}
        untold = [(seq, message) for seq, message in loud if str(seq) not in known]
        if told := [(seq, message) for seq, message in untold if not message.asks]:
            self._line(told, refs)
        asking = {}
        for seq, message in loud:
            if message.asks:
                asking[message.asks] = known.get(str(seq)) or self._line([(seq, message)], refs)
        return asking

    def _line(self, told: Sequence[tuple[int, Message]], refs: Mapping[str, str]) -> str:
        lines = briefly([message for _, message in told])
        text = shorten("\n".join(lines), TEXT)
        return self.place.post(text, [_with_card(lines, refs)], TOLD_EVENT, {"seq": _numbers(told)})

    def _decided(self, fresh: Sequence[Recorded], refs: Mapping[str, str], asking: Mapping[str, str]) -> dict[str, str]:
        """Marks answered and repeated questions as such. Reasons are in the thread, where a redaction finds them."""
        incident, left = self.incident, dict[str, str]()
        for kind, stands in ((PLAN, incident.request), (PROPOSAL, incident.proposal)):
            waits = stands is not None and (incident.open or (kind == PROPOSAL and of_redaction(incident)))
            every = dict.fromkeys(filter(None, (refs.get(kind, ""), asking.get(kind, ""))))
            last = next(reversed(every), "")
            words = decided(fresh, plan=kind == PLAN, reasons=False)
            for ts in every:
                if ts != last or not waits:
                    said = words or ("🔁 Asked again below." if waits else "No longer asked.")
                    self.place.edit(ts, said, _with_card([said], refs))
            if refs.get(kind) or last:
                left[kind] = last if waits else ""
        return left


def _comment(incident: Incident, digest: str) -> str:
    """The comment beside the page of the report whose text has this digest."""
    what, report = "Draft of the report" if incident.open else "Report", incident.report
    if digest == report.digest:
        named = f"{what} of {incident.id}, events 1 to {report.covers}, as a page to read"
        return f"{named}. The SHA-256 of its text begins {digest[:16]}"
    anew = f"written again from the log; the SHA-256 of its text begins {digest[:16]}"
    signed = f"It is not the signed version ({report.digest[:16]})"
    return f"{what} of {incident.id}, as a page to read, {anew}. {signed}"


def _passes(error: Exception) -> bool:
    """Whether it says something of Slack, and nothing of what was to be drawn."""
    return isinstance(error, BotError) and not (isinstance(error, SlackRefused) and error.code in UNDRAWABLE)


def _here(incident: Incident, shown: Mapping[str, str]) -> Mapping[str, str]:
    """`shown`, as far as it is true of the channel that the incident has now: a new one has no card yet."""
    if shown.get("channel", incident.channel) == incident.channel:
        return shown
    return {key: value for key, value in shown.items() if key == "posted"}


class _Place:
    """An incident's channel: its messages, read at most once and only when needed; and the changes."""

    def __init__(self, gateway: SlackGateway, incident: Incident) -> None:
        self.gateway = gateway
        self.incident = incident
        self._found: list[Posted] | None = None
        self._thread: list[Posted] | None = None
        self._everything: list[Mapping[str, Any]] | None = None

    def everything(self) -> list[Mapping[str, Any]]:
        """All messages of the channel as Slack gives them, newest first: what is redacted may be old."""
        if self._everything is None:
            self._everything = self.gateway.history(self.incident.channel)
            self._found = marked(self._everything)
        return self._everything

    def staying(self) -> set[str]:
        """The ids of undeletable files and messages with redacted words that were reported to the channel."""
        stays = [each for each in self._mine(marked(self.everything())) if each.event_type == STAYS_EVENT]
        return {each.payload.get(kind, "") for each in stays for kind in ("file", "message")}

    def card(self) -> str:
        """The timestamp of the card, empty if there is none."""
        return next((posted.ts for posted in self._ours(CARD_EVENT)), "")

    def headlines(self) -> dict[str, str]:
        """By the numbers of the events that have their line in the channel: the message in which it stands."""
        return {seq: posted.ts for posted in self._ours(TOLD_EVENT) for seq in _seqs([posted])}

    def chronicle(self, card: str, since: str) -> set[str]:
        """The numbers of the events that have their message in the card's thread, of those after `since`."""
        if self._thread is None:
            self._thread = self._mine(self.gateway.replies(self.incident.channel, card, since))
        return _seqs(self._thread)

    def telling(self, seqs: set[str], card: str) -> list[tuple[str, set[str]]]:
        """The timestamps of the messages that tell one of these events, with all that they tell: of the whole channel,
        and of the whole threads of the card and of those before it.
        """
        channel = self._mine(marked(self.everything()))
        told = [each for each in channel if each.event_type in {NEWS_EVENT, TOLD_EVENT}]
        for ts in dict.fromkeys([card, *(each.ts for each in channel if each.event_type == CARD_EVENT)]):
            told += self._mine(self.gateway.replies(self.incident.channel, ts))
        return [(each.ts, found) for each in told if (found := _seqs([each])) & seqs]

    def _mine(self, found: Sequence[Posted]) -> list[Posted]:
        return [posted for posted in found if posted.payload.get("incident") == self.incident.id]

    def _ours(self, event_type: str) -> list[Posted]:
        if self._found is None:
            # In a channel that many share, the card may stand far above.
            many = {} if self.incident.traits.own_channel else {"limit": MOST_RECENT}
            self._found = self.gateway.recent(self.incident.channel, **many)
        return [posted for posted in self._mine(self._found) if posted.event_type == event_type]

    def post(
        self, text: str, blocks: Sequence[Block], event: str, more: Mapping[str, str] = NOTHING, thread: str = ""
    ) -> str:
        """Posts a message by which it is known again; gives its timestamp."""
        marked = (event, {"incident": self.incident.id, **more})
        return self.gateway.post(self.incident.channel, text, blocks, marked, thread)

    def edit(self, ts: str, said: str, block: Block) -> str:
        """Draws a message of the channel again, where someone has not deleted it. Gives Slack's word for it where it
        is one that must stay as it is.
        """
        try:
            self.gateway.update(self.incident.channel, ts, said, [block])
        except Missing:
            return ""
        except SlackRefused as refused:
            if refused.code not in UNEDITABLE:
                raise
            return refused.code
        return ""

    def redact(self, fresh: Sequence[Recorded], card: str) -> None:
        """Removes redacted words from messages of their events, and deletes older drafts for counsel: at once, whether
        or not a report is written again.
        """
        cuts = {recorded.seq: str(recorded.event.cut.seq) for recorded in fresh if isinstance(recorded.event, Redacted)}
        if not cuts:
            return
        self.take_back_drafts(max(cuts))
        gone = set(cuts.values())
        for ts, seqs in self.telling(gone, card):
            said = f"🧹 The text here (events {', '.join(sorted(seqs, key=int))}) was redacted; the log has the rest."
            if cause := self.edit(ts, said, context(said)):
                incident = self.incident.id
                _log.error("a message with redacted text stays: have it deleted", incident=incident, error=cause)
                what = f"{self._linked(ts)} shows an event whose text was redacted since"
                self._say_it_stays(("message", ts), what, f"change it ({literal(cause)})")

    def _linked(self, ts: str) -> str:
        try:
            return named_link(self.gateway.permalink(self.incident.channel, ts), "A message of the bot's")
        except Missing:
            return "A message of the bot's"

    def take_back_drafts(self, before: int) -> None:
        """Counsel's drafts that were made before this event."""
        drafts = [(each, notice_covers(self.incident.id, each.name)) for each in files.files_of(self.everything())]
        self.take_back([each for each, covers in drafts if covers is not None and covers < before])

    def take_back(self, old: Sequence[files.SharedFile]) -> None:
        """Deletes documents with redacted words. A refusal of Slack must not delay the card or the next page: the
        channel is informed of it, once.
        """
        for file in {each.id: each for each in old}.values():
            try:
                files.delete(self.gateway, file)
            except (Unauthorized, Refused) as error:
                incident = self.incident.id
                _log.error("a file with redacted text stays: delete it", incident=incident, error=str(error))
                what = f"{code(file.name)} holds text that was redacted since"
                self._say_it_stays(("file", file.id), what, f"delete it ({literal(error.cause)})")

    def _say_it_stays(self, thing: tuple[str, str], what: str, cannot: str) -> None:
        """Once. `thing` is ``file`` or ``message``, and Slack's id of it."""
        kind, known = thing
        if known not in self.staying():
            said = f"🛑 {what}, and Slack does not let the bot {cannot}. Ask a workspace admin to delete it."
            self.post(said, [section(said)], STAYS_EVENT, {kind: known})


def _seqs(told: Sequence[Posted]) -> set[str]:
    return {seq for posted in told for seq in str(posted.payload.get("seq", "")).split(",")}


def _with_card(lines: Sequence[str], refs: Mapping[str, str]) -> Block:
    card = named_link(refs["link"], "Card") if refs.get("link") else ""
    return section(*(f"{line} {card}".rstrip() for line in lines))


def _numbers(told: Sequence[tuple[int, Message]]) -> str:
    return ",".join(dict.fromkeys(str(seq) for seq, _ in told))


def _latest(ours: Sequence[Posted], update: str) -> str:
    """The timestamp of the last message to the audience of this update; empty if there is none."""
    audience = update.rpartition("#")[0]
    theirs = (one for one in ours if one.payload.get("update", "").rpartition("#")[0] == audience)
    return next((one.ts for one in theirs), "")


def _deleted(error: Missing | SlackRefused) -> bool:
    return isinstance(error, Missing) and error.cause == "message_not_found"
