"""Access keys of one IAM user: the calls that `aws-iam` makes, with narrow types of their answers.

Source: botocore's models iam 2010-05-08 and sts 2011-06-15, and the IAM user guide.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from bot.aws import Aws, call, pages
from bot.errors import Missing, OutsideError, Unexpected
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.secrets.secret import Credential

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

NAME: Final = "aws-iam"
ID, SECRET = "id", "secret"
SESSIONS_POLICY: Final = "compromise-sessions"
"""One inline policy a user, replaced at each revocation: a later time includes an earlier one."""
SPREAD = timedelta(seconds=30)
"""The time in which a switched-off access key may still create sessions, because the change spreads slowly: sessions
issued until then are denied too.
"""
MOST_PAGES = 50


@dataclass(frozen=True)
class AccessKey:
    id: str
    active: bool
    created_at: datetime


def probe(aws: Aws, credential: Credential) -> Answer:
    """Asks STS who this is, which needs no permission and cannot be denied.

    InvalidClientTokenId, for deleted and inactive keys alike, is the only answer that means DEAD: a wrong secret for a
    working id, a wrong clock or a firewall get others. Source: STS API reference, common errors.
    """
    if ID not in credential.parts:
        return Answer(Liveness.UNKNOWN, "a secret access key without its id")
    other = aws.with_access_key(credential.parts[ID].reveal(), credential.key)
    try:
        call(NAME, "probe a key", lambda: other.client("sts").get_caller_identity(), priority=Priority.VERIFY)
    except OutsideError as failure:
        code = failure.cause.partition(":")[0]
        return Answer(Liveness.DEAD if code == "InvalidClientTokenId" else Liveness.UNKNOWN, code)
    return Answer(Liveness.LIVE, "GetCallerIdentity was answered")


def control(aws: Aws) -> Answer:
    """Whether STS accepts the bot's own identity."""
    try:
        aws.caller_identity()
    except OutsideError as failure:
        return Answer(Liveness.UNKNOWN, f"the bot's own identity: {failure.cause.partition(':')[0]}")
    return Answer(Liveness.LIVE, "the bot's own identity was accepted")


@dataclass(frozen=True)
class User:
    """One IAM user, administered with the bot's own identity. IAM is eventually consistent: a list may be outdated."""

    aws: Aws
    name: str

    def keys(self, verb: str) -> tuple[list[AccessKey], datetime]:
        """The user's access keys, two at most, and the time by AWS's clock. Missing: there is no such user."""
        answer: Any = self._ask(verb, lambda iam: iam.list_access_keys(UserName=self.name))
        found = [
            AccessKey(key["AccessKeyId"], key["Status"] == "Active", key["CreateDate"])
            for key in answer["AccessKeyMetadata"]
        ]
        return found, _time_of(answer, verb)

    def last_used(self, key_id: str, verb: str) -> tuple[datetime | None, str]:
        """When the key was last used, and for what: ``s3 in eu-west-1``."""
        answer: Any = self._ask(verb, lambda iam: iam.get_access_key_last_used(AccessKeyId=key_id))
        used = answer.get("AccessKeyLastUsed", {})
        at = used.get("LastUsedDate")
        return at, f"{used.get('ServiceName', '')} in {used.get('Region', '')}" if at is not None else "never used"

    def make(self, verb: str) -> tuple[str, str]:
        """A new key: (id, secret)."""
        made = self._ask(verb, lambda iam: iam.create_access_key(UserName=self.name), Priority.PUT)["AccessKey"]
        return made["AccessKeyId"], made["SecretAccessKey"]

    def switch_off(self, key_id: str, verb: str) -> None:
        """Switches a key off. A missing one counts as success."""
        off: Any = {"UserName": self.name, "AccessKeyId": key_id, "Status": "Inactive"}
        with suppress(Missing):
            self._ask(verb, lambda iam: iam.update_access_key(**off), Priority.REVOKE)

    def delete(self, key_id: str, verb: str) -> None:
        """Deletes a key. A missing one counts as success."""
        with suppress(Missing):
            self._ask(verb, lambda iam: iam.delete_access_key(UserName=self.name, AccessKeyId=key_id), Priority.REVOKE)

    def tags(self, verb: str) -> dict[str, str]:
        answer = self._ask(verb, lambda iam: iam.list_user_tags(UserName=self.name, MaxItems=100))  # 50 are the quota
        return {tag["Key"]: tag["Value"] for tag in answer["Tags"]}

    def tag(self, key: str, value: str, verb: str) -> None:
        tags: Any = [{"Key": key, "Value": value}]
        self._ask(verb, lambda iam: iam.tag_user(UserName=self.name, Tags=tags), Priority.PUT)

    def untag(self, keys: list[str], verb: str) -> None:
        if keys:
            self._ask(verb, lambda iam: iam.untag_user(UserName=self.name, TagKeys=keys), Priority.PUT)

    def cut_sessions(self, key_id: str, now: datetime, verb: str, *, anew: bool) -> None:
        """Denies everything to all sessions of this user that were issued until `now`, by any of its keys.

        AWS does not say which key a session came from. With `anew` False a policy that was written for this key before
        is kept. Long-lived keys have no time of issue, and so are not affected. Source: IAM user guide, "Disabling
        permissions for temporary security credentials".
        """
        if not anew and self._denied(verb) == key_id:
            return
        text = json.dumps(denial(now + SPREAD, Sid=key_id))
        policy = {"UserName": self.name, "PolicyName": SESSIONS_POLICY, "PolicyDocument": text}
        self._ask(verb, lambda iam: iam.put_user_policy(**policy), Priority.REVOKE)

    def _denied(self, verb: str) -> str:
        """The key for which the policy was last written; empty if there is none."""
        try:
            answer = self._ask(verb, lambda iam: iam.get_user_policy(UserName=self.name, PolicyName=SESSIONS_POLICY))
        except Missing:
            return ""
        document: Any = answer["PolicyDocument"]
        statements = document.get("Statement", []) if isinstance(document, dict) else []
        return str(statements[0].get("Sid", "")) if statements else ""

    def _ask[Answered](
        self, verb: str, ask: Callable[[IAMClient], Answered], priority: Priority = Priority.READ
    ) -> Answered:
        return call(NAME, verb, lambda: ask(self.aws.client("iam")), priority=priority)


def denial(until: datetime, **more: str) -> Mapping[str, Any]:
    """The policy that denies everything to sessions that were opened before then."""
    limit = {"DateLessThan": {"aws:TokenIssueTime": until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}}
    statement = {**more, "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": limit}
    return {"Version": "2012-10-17", "Statement": [statement]}


@dataclass(frozen=True)
class RolePolicy:
    """One inline policy of a role."""

    aws: Aws
    role: str
    name: str

    def denied_until(self, verb: str) -> datetime | None:
        """Until when it denies everything; None where there is no such policy, or it denies less. Missing: no role."""
        named: Any = {"RoleName": self.role}
        try:
            answer: Any = self._ask(verb, lambda iam: iam.get_role_policy(**named, PolicyName=self.name))
        except Missing:
            return None
        return max(_dated_denies(answer["PolicyDocument"]), default=None)

    def put(self, until: datetime, verb: str) -> None:
        text = json.dumps(denial(until))
        policy = {"RoleName": self.role, "PolicyName": self.name, "PolicyDocument": text}
        self._ask(verb, lambda iam: iam.put_role_policy(**policy))

    def delete(self, verb: str) -> None:
        """A missing one counts as success."""
        with suppress(Missing):
            self._ask(verb, lambda iam: iam.delete_role_policy(RoleName=self.role, PolicyName=self.name))

    def _ask[Answered](self, verb: str, ask: Callable[[IAMClient], Answered]) -> Answered:
        return call(NAME, verb, lambda: ask(self.aws.client("iam")), priority=Priority.REVOKE)


def users(aws: Aws, verb: str) -> Iterator[tuple[str, datetime]]:
    """(name, created at) of every IAM user of the account."""
    for page in _pages(verb, lambda more: aws.client("iam").list_users(**more)):
        yield from ((user["UserName"], user["CreateDate"]) for user in page["Users"])


def roles(aws: Aws, verb: str) -> Iterator[tuple[str, datetime]]:
    """(name, created at) of every role."""
    for page in _pages(verb, lambda more: aws.client("iam").list_roles(**more)):
        yield from ((role["RoleName"], role["CreateDate"]) for role in page["Roles"])


@dataclass(frozen=True)
class Rights:
    """Of a user, role or group: until when (UTC) an inline policy denies everything to sessions opened before, the
    beginning of time without one; and what it has: the ARNs of attached policies, the names of its groups.
    """

    denied_until: datetime
    has: frozenset[str]


def rights(aws: Aws, verb: str) -> dict[tuple[str, str], Rights]:
    """By kind, such as ``User``, and name."""
    found, never = {}, datetime.min.replace(tzinfo=UTC)
    kinds: Any = {"Filter": ["User", "Role", "Group"]}
    for page in _pages(verb, lambda more: aws.client("iam").get_account_authorization_details(**kinds, **more)):
        for kind in ("User", "Role", "Group"):
            for each in page[f"{kind}DetailList"]:
                inline = each.get(f"{kind}PolicyList", [])
                times = (at for policy in inline for at in _dated_denies(policy["PolicyDocument"]))
                attached = {policy["PolicyArn"] for policy in each.get("AttachedManagedPolicies", [])}
                has = frozenset({*attached, *each.get("GroupList", [])})
                found[kind, each[f"{kind}Name"]] = Rights(max(times, default=never), has)
    return found


def _dated_denies(document: Any) -> Iterator[datetime]:
    """The times of statements that deny everything under no other condition."""
    statements = document.get("Statement", []) if isinstance(document, dict) else []
    for each in statements if isinstance(statements, list) else [statements]:
        condition = each.get("Condition", {})
        dated = condition.get("DateLessThan", {}) if len(condition) == 1 else {}
        everything = all(each.get(name) in ("*", ["*"]) for name in ("Action", "Resource"))
        if each.get("Effect") == "Deny" and everything and len(dated) == 1:
            with suppress(ValueError, TypeError):
                yield datetime.fromisoformat(str(dated.get("aws:TokenIssueTime"))).astimezone(UTC)


def _pages(verb: str, request: Callable[[Any], Any]) -> Iterator[Any]:
    for number, page in enumerate(pages(lambda more: call(NAME, verb, lambda: request(more)))):
        if number == MOST_PAGES:
            raise Unexpected(NAME, verb, "a list that does not end")
        yield page


def _time_of(answer: Mapping[str, Any], verb: str) -> datetime:
    """AWS's clock when it answered: this machine's may be off."""
    text = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
    try:
        return parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        raise Unexpected(NAME, verb, "an answer without the time") from None
