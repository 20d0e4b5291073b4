"""Who can read parameters, by IAM's policies, and by its policy simulator if that is allowed.

Facts: GetAccountAuthorizationDetails gives all users, groups, roles and policies of the account with their documents in
pages. SimulatePrincipalPolicy gives one result an action, with the decision for each resource within. It applies
boundaries and the organization's policies, and names the context keys that a condition needed and did not get (IAM API
reference). Both only read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from bot.aws import Aws, answered, call, pages
from bot.aws.calls import patiently
from bot.errors import Missing, OutsideError, Refused, Unauthorized, Unexpected
from bot.net.limits import Bucket
from bot.phrases.times import few
from bot.proofs.principals import holder
from bot.usage.contract import Grant, Granted, Readable, Verdict
from bot.usage.policies import (
    ANYBODY,
    READS,
    Policy,
    allowed_somewhere,
    parameter_arn,
    parse_policy,
    resources_of,
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
SIMULATED_AT_ONCE = 50
"""Parameters of one simulation: with the paths above them a few hundred resources."""


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

    def grants(self, parameters: Collection[str], progress: Callable[[str], None] = lambda _text: None) -> Granted:
        """See `GrantSource.grants`."""
        progress("users, roles and policies of the account …")
        _, partition, _, _, account, *_ = self.caller().split(":")
        arns = {name: parameter_arn(partition, self.aws.region, account, name) for name in dict.fromkeys(parameters)}
        documents = _Documents(self._read_all())
        principals = list(documents.principals())
        found = [grant for principal in principals for grant in _granted(principal, arns)]
        trusts = {principal.arn: principal.trusts for principal in principals if principal.trusts}
        return Granted(account, tuple(self._narrow(found, arns, progress)), trusts)

    def readable(self, user: str, parameters: Collection[str], actions: Collection[str] = ()) -> Readable:
        """See `GrantSource.readable`."""
        _, partition, _, _, account, *_ = self.caller().split(":")
        documents = _Documents(self._read_all(), actions)
        principal = documents.user(user)
        if principal is None:
            return Readable(unknown=f"IAM of account {account} has no user {user}")
        arns = {name: parameter_arn(partition, self.aws.region, account, name) for name in parameters}
        grants = list(_granted(principal, arns))
        return Readable(
            frozenset(grant.parameter for grant in grants),
            frozenset(grant.parameter for grant in self._narrow(grants, arns, lambda _text: None)),
            tuple(each for each in actions if allowed_somewhere(principal.policies, principal.boundary, each)),
            documents.beyond_data(principal),
        )

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

    def _narrow(self, grants: list[Grant], arns: Mapping[str, str], progress: Callable[[str], None]) -> list[Grant]:
        """The grants that the simulator leaves; where it may not be asked, as the documents have them."""
        principals = list(dict.fromkeys(grant.principal for grant in grants))
        narrowed: list[Grant] = []
        for number, principal in enumerate(principals, 1):
            progress(f"{number} of {len(principals)} principals simulated …")
            theirs = [grant for grant in grants if grant.principal == principal]
            try:
                narrowed += self._simulated(principal, theirs, arns)
            except (Missing, Refused):  # gone meanwhile, or of a kind that is not simulated: the documents count
                narrowed += theirs
            except OutsideError:
                return grants
        return narrowed

    def _simulated(self, principal: str, grants: Sequence[Grant], arns: Mapping[str, str]) -> list[Grant]:
        left: list[Grant] = []
        for start in range(0, len(grants), SIMULATED_AT_ONCE):
            some = grants[start : start + SIMULATED_AT_ONCE]
            resources = {
                each for grant in some for action in READS for each in resources_of(action, arns[grant.parameter])
            }
            decisions = dict(self._simulate(principal, sorted(resources)))
            left += [kept for grant in some if (kept := _kept(grant, decisions, arns[grant.parameter])) is not None]
        return left

    def _simulate(self, principal: str, resources: Sequence[str]) -> Iterator[tuple[tuple[str, str], Verdict]]:
        """The decision for each action on each resource, under (action, resource)."""
        asked = {"PolicySourceArn": principal, "ActionNames": list(READS), "ResourceArns": list(resources)}

        def ask(more: Mapping[str, str]) -> Any:
            return self._ask(SIMULATE, lambda iam: iam.simulate_principal_policy(**asked, **more))

        for page in pages(ask):
            for result in page["EvaluationResults"]:
                for one in result.get("ResourceSpecificResults") or [_own(result)]:
                    yield (result["EvalActionName"], one["EvalResourceName"]), _decision(one)

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
            yield Grant(principal.arn, parameter, ruling.verdict, ruling.by, ruling.actions)


def _kept(grant: Grant, decisions: Mapping[tuple[str, str], Verdict], arn: str) -> Grant | None:
    """The grant as far as the simulator leaves it; what that did not answer stays as the documents have it."""
    found = {
        action: [decisions.get((action, resource), grant.verdict) for resource in resources_of(action, arn)]
        for action in grant.actions
    }
    left = {action: verdicts for action, verdicts in found.items() if set(verdicts) != {Verdict.CANNOT}}
    if not left:
        return None
    sure = any(Verdict.CAN in verdicts for verdicts in left.values())
    return replace(grant, verdict=Verdict.CAN if sure else Verdict.MAY, actions=tuple(left))


def _own(result: Any) -> Any:
    """The action's own result, if it has no results of single resources."""
    return {
        "EvalResourceName": result.get("EvalResourceName", ""),
        "EvalResourceDecision": result["EvalDecision"],
        "MissingContextValues": result.get("MissingContextValues", ()),
    }


def _decision(result: Any) -> Verdict:
    """A denial because a condition's key is missing proves nothing: a real request may have the key."""
    if result["EvalResourceDecision"] == "allowed":
        return Verdict.CAN
    return Verdict.MAY if result.get("MissingContextValues") else Verdict.CANNOT
