"""Who can read parameters, by IAM's policies. Policies of the organization are not in them: they only take away. Of a
leaked key's user the policy simulator tells what they take.

Facts: GetAccountAuthorizationDetails gives all users, groups, roles and policies of the account with their documents in
pages. SimulatePrincipalPolicy says of each action whether the organization's policies allow it, and which keys of a
condition it was not given. Both only read (IAM API reference).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from bot.aws import Aws, answered, call, pages
from bot.aws.calls import patiently
from bot.errors import OutsideError, Unauthorized, Unexpected
from bot.net.limits import Bucket
from bot.phrases.times import few
from bot.proofs.principals import holder
from bot.usage.contract import Grant, Granted, Readable, Verdict
from bot.usage.policies import (
    ANYBODY,
    Policy,
    allowed_somewhere,
    parameter_arn,
    parse_policy,
    rule_on_reading,
    trusted,
    unreadable_policy,
)

SYSTEM = "iam"
READ_ALL, SIMULATE = "iam:GetAccountAuthorizationDetails", "iam:SimulatePrincipalPolicy"
CALLS_A_SECOND = 5.0
PAGE = 1000
MOST_PAGES = 50
SHOWN = 3
"""Policies and roles that are named; the rest is counted."""


@dataclass
class _Principal:
    arn: str
    policies: list[Policy]
    boundary: list[Policy] | None
    trusts: tuple[str, ...] = ()


@dataclass
class _Account:
    """IAM's answer, in its own form."""

    users: list[Any] = field(default_factory=list)
    groups: list[Any] = field(default_factory=list)
    roles: list[Any] = field(default_factory=list)
    policies: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class IamGrants:
    """The IAM of the account of `caller` (an ARN); parameters are in `aws`'s region."""

    aws: Aws
    caller: Callable[[], str]
    bucket: Bucket = field(default_factory=lambda: Bucket(CALLS_A_SECOND, int(CALLS_A_SECOND)))

    def grants(self, parameters: Collection[str]) -> Granted:
        """See `GrantSource.grants`."""
        _, partition, _, _, account, *_ = self.caller().split(":")
        arns = {name: parameter_arn(partition, self.aws.region, account, name) for name in dict.fromkeys(parameters)}
        documents = _Documents(self._read_all())
        principals = list(documents.principals())
        found = tuple(grant for principal in principals for grant in _granted(principal, arns))
        trusts = {principal.arn: principal.trusts for principal in principals if principal.trusts}
        return Granted(account, found, trusts)

    def readable(self, user: str, parameters: Collection[str], actions: Collection[str] = ()) -> Readable:
        """See `GrantSource.readable`."""
        _, partition, _, _, account, *_ = self.caller().split(":")
        documents = _Documents(self._read_all(), actions)
        principal = documents.user(user)
        if principal is None:
            return Readable(unknown=f"IAM of account {account} has no user {user}")
        arns = {name: parameter_arn(partition, self.aws.region, account, name) for name in parameters}
        able = [each for each in actions if allowed_somewhere(principal.policies, principal.boundary, each)]
        denied, limits = self._limits(principal.arn, able)
        return Readable(
            frozenset(grant.parameter for grant in _granted(principal, arns)),
            tuple(each for each in able if each not in denied),
            documents.beyond_data(principal),
            limits,
        )

    def _limits(self, user: str, actions: Collection[str]) -> tuple[frozenset[str], str]:
        """The actions that the organization denies for any resource, with a phrase that says so, or why that is
        unknown. An answer that lacked a condition's key proves nothing: a real request may have it.
        """
        if not actions:
            return frozenset(), ""
        asked: dict[str, Any] = {"PolicySourceArn": user, "ActionNames": list(actions)}

        def ask(more: Mapping[str, str]) -> Any:
            return self._ask(SIMULATE, lambda iam: iam.simulate_principal_policy(**asked, **more))

        try:
            results = [result for page in pages(ask) for result in page["EvaluationResults"]]
        except OutsideError as error:
            return frozenset(), f"policies of the organization are not considered: {error.cause}"
        denied = frozenset(
            result["EvalActionName"]
            for result in results
            if not result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True)
            and not result.get("MissingContextValues")
        )
        return denied, f"the organization's policies deny {few(sorted(denied))}" if denied else ""

    def _read_all(self) -> _Account:
        def ask(more: Mapping[str, str]) -> Any:
            return self._ask(READ_ALL, lambda iam: iam.get_account_authorization_details(MaxItems=PAGE, **more))

        account = _Account()
        for number, page in enumerate(pages(ask)):
            if number == MOST_PAGES:
                cause = f"the account has more than {MOST_PAGES * PAGE} users, roles and policies"
                raise Unexpected(SYSTEM, READ_ALL, cause)
            account.users += page.get("UserDetailList", ())
            account.groups += page.get("GroupDetailList", ())
            account.roles += page.get("RoleDetailList", ())
            account.policies += page.get("Policies", ())
        return account

    def _ask(self, permission: str, request: Callable[[Any], Any]) -> Any:
        verb, iam = f"ask who can read ({permission})", self.aws.client("iam")
        try:
            return patiently(lambda: call(SYSTEM, verb, lambda: request(iam), bucket=self.bucket))
        except Unauthorized as error:
            if not answered(error, "AccessDenied"):
                raise
            cause = f"this process lacks {permission}: the statement WhoCanReadTheSecrets of the worker's policy"
            raise Unauthorized(SYSTEM, verb, cause) from None


class _Documents:
    """The policies of each principal."""

    def __init__(self, account: _Account, actions: Collection[str] = ()) -> None:
        self._account, self._actions = account, actions
        self._managed = {each["Arn"]: self._default_version(each) for each in account.policies}
        self._groups = {each["GroupName"]: self._own(each, "GroupPolicyList") for each in account.groups}

    def principals(self) -> Iterator[_Principal]:
        yield from map(self._of_user, self._account.users)
        for role in self._account.roles:
            yield _Principal(role["Arn"], self._own(role, "RolePolicyList"), self._boundary(role), _trusted_by(role))

    def user(self, name: str) -> _Principal | None:
        return next((self._of_user(user) for user in self._account.users if user["UserName"] == name), None)

    def beyond_data(self, user: _Principal) -> str:
        """Why the user may gain further rights, as a phrase; empty if it only works with data. This includes a role
        that trusts the whole account, although that also needs a policy of the user.
        """
        wide = [policy.name for policy in user.policies if policy.beyond_data]
        if wide and (user.boundary is None or any(policy.beyond_data for policy in user.boundary)):
            return f"its user may do more than read and write data, by {few(wide, SHOWN)}"
        named = [
            role["RoleName"]
            for role in self._account.roles
            if any(each == ANYBODY or holder(each) == holder(user.arn) for each in _trusted_by(role))
        ]
        return f"its user can take on the role {few(named, SHOWN)}" if named else ""

    def _of_user(self, user: Any) -> _Principal:
        of_groups = [policy for name in user.get("GroupList", ()) for policy in self._groups.get(name, ())]
        return _Principal(user["Arn"], [*self._own(user, "UserPolicyList"), *of_groups], self._boundary(user))

    def _own(self, holder: Any, inline: str) -> list[Policy]:
        """Inline and attached policies of a user, group or role."""
        written = [self._parsed(each["PolicyName"], each["PolicyDocument"]) for each in holder.get(inline, ())]
        attached = [self._named(each["PolicyArn"]) for each in holder.get("AttachedManagedPolicies", ())]
        return written + attached

    def _boundary(self, holder: Any) -> list[Policy] | None:
        arn = (holder.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        return None if arn is None else [self._named(arn)]

    def _named(self, arn: str) -> Policy:
        found = self._managed.get(arn)
        if found is None:
            return unreadable_policy(arn, self._actions)
        return found

    def _default_version(self, policy: Any) -> Policy:
        name = policy["Arn"].rpartition("/")[2]
        for version in policy.get("PolicyVersionList", ()):
            if version.get("IsDefaultVersion"):
                return self._parsed(name, version.get("Document"))
        return unreadable_policy(name, self._actions)

    def _parsed(self, name: str, document: Any) -> Policy:
        try:
            return parse_policy(name, _document(document), self._actions)
        except ValueError:
            return unreadable_policy(name, self._actions)


def _document(text: Any) -> Any:
    """A policy as JSON. ValueError if it is none."""
    return json.loads(unquote(text)) if isinstance(text, str) else text


def _trusted_by(role: Any) -> tuple[str, ...]:
    try:
        return trusted(_document(role.get("AssumeRolePolicyDocument")))
    except ValueError:
        return (ANYBODY,)


def _granted(principal: _Principal, arns: Mapping[str, str]) -> Iterator[Grant]:
    for parameter, arn in arns.items():
        ruling = rule_on_reading(principal.policies, principal.boundary, arn)
        if ruling.verdict is not Verdict.CANNOT:
            yield Grant(principal.arn, parameter, ruling.verdict, ruling.by)
