"""What IAM policy documents allow about reading a parameter. Pure.

Facts: four actions give a parameter's value, each allowed separately. GetParametersByPath is checked against the
requested path only: with a right to ``/production`` it returns ``/production/key``, even if the policy denies every
action on that (Systems Manager user guide, How Parameter Store authorizes parameter retrieval). An explicit deny beats
every allow; a permissions boundary grants nothing and removes what it does not allow. Names of actions ignore case,
resources do not; ``*`` matches any characters and ``?`` one (IAM user guide, policy evaluation logic and policy
elements).
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from bot.usage.contract import Verdict

BY_PATH = "ssm:GetParametersByPath"
READS = ("ssm:GetParameter", "ssm:GetParameters", "ssm:GetParameterHistory", BY_PATH)
TAKE_ON = "sts:AssumeRole"
ANYBODY = ANYTHING = "*"
DATA = (
    *("s3:", "dynamodb:", "sqs:", "sns:", "ses:", "kinesis:", "firehose:", "logs:", "cloudwatch:", "xray:"),
    *("kms:decrypt", "kms:encrypt", "kms:generatedatakey", "kms:describekey", "sts:getcalleridentity"),
    *("ssm:getparameter", "ssm:describeparameters"),
)
"""How the names of actions begin, in small letters, that work with data: they neither change what anyone may do nor
act with the rights of others. What reads parameters is judged by itself, and is among them.
"""
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_AS_GLOB = {"*": "[*]", "?": "[?]", "$": "$"}
"""The variables in ``${}`` that mean themselves, as `fnmatch` patterns."""


@dataclass(frozen=True)
class Statement:
    """One statement of a policy: the actions it covers, of `READS` and the ones asked about. `other_resources`: all
    except `resources` (NotResource). `beyond_data`: it allows more than to work with `DATA`.
    """

    allows: bool
    covers: frozenset[str]
    resources: tuple[str, ...]
    other_resources: bool = False
    conditional: bool = False
    beyond_data: bool = False

    def certainty(self, action: str, resource: str) -> Verdict:
        """Whether the statement holds for this request: `MAY` where a condition or a variable decides."""
        if action not in self.covers:
            return Verdict.CANNOT
        found = _any_resource(self.resources, resource)
        if self.other_resources:
            found = {Verdict.CAN: Verdict.CANNOT, Verdict.CANNOT: Verdict.CAN}.get(found, found)
        return Verdict.MAY if found is Verdict.CAN and self.conditional else found


@dataclass(frozen=True)
class Policy:
    """Its statements about the asked actions, and whether it allows more than to work with `DATA`; the rest is left
    out.
    """

    name: str
    statements: tuple[Statement, ...]
    beyond_data: bool = False
    _known: dict[tuple[str, str], tuple[Verdict, Verdict]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def rule(self, action: str, resource: str) -> tuple[Verdict, Verdict]:
        """Whether it allows and whether it denies this request; kept, since many principals share a policy."""
        asked = (action, resource)
        if asked not in self._known:
            allows = denies = Verdict.CANNOT
            for statement in self.statements:
                found = statement.certainty(action, resource)
                if statement.allows:
                    allows = _likelier(found, allows)
                else:
                    denies = _likelier(found, denies)
            self._known[asked] = (allows, denies)
        return self._known[asked]


@dataclass(frozen=True)
class Ruling:
    """The policies' verdict on a request, or on all ways to read a parameter, and the names of the allowing ones."""

    verdict: Verdict
    by: tuple[str, ...] = ()


NO = Ruling(Verdict.CANNOT)


def parse_policy(name: str, document: Any, actions: Collection[str] = ()) -> Policy:
    """The policy as its parsed JSON has it, as far as it is about `READS` and `actions`. ValueError: it does not have
    the form of one.
    """
    statements = document.get("Statement") if isinstance(document, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list):
        raise ValueError(name)  # noqa: TRY004 - callers catch one error for an unreadable document
    parsed = [_statement(name, each, (*READS, *actions)) for each in statements]
    return Policy(name, tuple(each for each in parsed if each.covers), any(each.beyond_data for each in parsed))


def unreadable_policy(name: str, actions: Collection[str] = ()) -> Policy:
    """A policy that could not be read: it may allow everything."""
    anything = Statement(allows=True, covers=frozenset({*READS, *actions}), resources=("*",), conditional=True)
    return Policy(name, (anything,), beyond_data=True)


def trusted(document: Any) -> tuple[str, ...]:
    """The AWS principals that a role's trust policy, as parsed JSON, lets take the role on, under a condition or not:
    ARNs, account ids, `ANYBODY`. Who is left out by name is not. ValueError: it does not have the form of a policy.
    """
    statements = document.get("Statement") if isinstance(document, dict) else None
    listed = statements if isinstance(statements, list) else [statements]
    return tuple(dict.fromkeys(name for each in listed for name in _trusted(each)))


def _trusted(written: Any) -> tuple[str, ...]:
    if not isinstance(written, dict):
        raise ValueError(TAKE_ON)  # noqa: TRY004 - callers catch one error for an unreadable document
    actions, other = _either(TAKE_ON, written, "Action")
    takes_on = any(_matches(pattern, TAKE_ON, cased=False) for pattern in actions) != other
    if written.get("Effect") != "Allow" or not takes_on:
        return ()
    named = written.get("Principal", ANYBODY)
    named = named.get("AWS", ()) if isinstance(named, dict) else named
    return (named,) if isinstance(named, str) else tuple(map(str, named))


def rule_on(policies: Sequence[Policy], action: str, resource: str) -> Ruling:
    """The verdict of all policies of one principal on one request."""
    allowed: dict[str, Verdict] = {}
    denied = Verdict.CANNOT
    for policy in policies:
        allows, denies = policy.rule(action, resource)
        if allows is not Verdict.CANNOT:
            allowed[policy.name] = _likelier(allows, allowed.get(policy.name, allows))
        denied = _likelier(denies, denied)
    if denied is Verdict.CAN or not allowed:
        return NO
    sure = Verdict.CAN in allowed.values() and denied is Verdict.CANNOT
    return Ruling(Verdict.CAN if sure else Verdict.MAY, tuple(sorted(allowed)))


def allowed_somewhere(policies: Sequence[Policy], boundary: Sequence[Policy] | None, action: str) -> bool:
    """Whether a principal may do this to some resource: an allow is not denied for all of them."""
    return all(_somewhere(each, action) for each in (policies, boundary) if each is not None)


def _somewhere(policies: Sequence[Policy], action: str) -> bool:
    about = [each for policy in policies for each in policy.statements if action in each.covers]
    denied = any(
        not each.allows and ANYTHING in each.resources and not (each.other_resources or each.conditional)
        for each in about
    )
    return not denied and any(each.allows for each in about)


def rule_on_reading(policies: Sequence[Policy], boundary: Sequence[Policy] | None, parameter: str) -> Ruling:
    """Whether a principal can read a parameter (its ARN) in any way. `boundary` is None if there is none."""
    rulings = [
        _within(rule_on(policies, action, resource), boundary, action, resource)
        for action in READS
        for resource in resources_of(action, parameter)
    ]
    open_ways = [ruling for ruling in rulings if ruling.verdict is not Verdict.CANNOT]
    if not open_ways:
        return NO
    return Ruling(
        Verdict.CAN if any(ruling.verdict is Verdict.CAN for ruling in open_ways) else Verdict.MAY,
        tuple(sorted({name for ruling in open_ways for name in ruling.by})),
    )


def resources_of(action: str, parameter: str) -> tuple[str, ...]:
    """The ARNs that each suffice: the parameter's, or the paths' above it, which a request may end with a slash."""
    if action != BY_PATH:
        return (parameter,)
    head, _, name = parameter.partition(":parameter/")
    folders = name.split("/")[:-1]
    paths = ["/".join(folders[:depth]) for depth in range(1, len(folders) + 1)]
    return tuple(f"{head}:parameter/{path}" for path in ("", *(end for path in paths for end in (path, f"{path}/"))))


def parameter_arn(partition: str, region: str, account: str, name: str) -> str:
    return f"arn:{partition}:ssm:{region}:{account}:parameter/{name.lstrip('/')}"


def _within(ruling: Ruling, boundary: Sequence[Policy] | None, action: str, resource: str) -> Ruling:
    if boundary is None or ruling.verdict is Verdict.CANNOT:
        return ruling
    limit = rule_on(boundary, action, resource).verdict
    if limit is Verdict.CAN:
        return ruling
    return NO if limit is Verdict.CANNOT else Ruling(Verdict.MAY, ruling.by)


def _statement(name: str, written: Any, asked: Collection[str]) -> Statement:
    if not isinstance(written, dict) or written.get("Effect") not in {"Allow", "Deny"}:
        raise ValueError(name)
    actions, other_actions = _either(name, written, "Action")
    resources, other_resources = _either(name, written, "Resource")
    return Statement(
        allows=written["Effect"] == "Allow",
        covers=frozenset(
            action
            for action in asked
            if any(_matches(pattern, action, cased=False) for pattern in actions) != other_actions
        ),
        resources=resources,
        other_resources=other_resources,
        conditional=bool(written.get("Condition")),
        beyond_data=written["Effect"] == "Allow"
        and (other_actions or not all(action.lower().startswith(DATA) for action in actions)),
    )


def _either(name: str, written: dict[str, Any], key: str) -> tuple[tuple[str, ...], bool]:
    """The value of ``Action`` or ``NotAction``, and whether it was the second."""
    other = f"Not{key}" in written
    found = written.get(f"Not{key}" if other else key)
    listed = [found] if isinstance(found, str) else found
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise ValueError(name)
    return tuple(listed), other


def _any_resource(patterns: Iterable[str], resource: str) -> Verdict:
    found = Verdict.CANNOT
    for pattern in patterns:
        if _matches(pattern, resource, cased=True):
            found = _likelier(found, Verdict.MAY if _varies(pattern) else Verdict.CAN)
    return found


def _likelier(one: Verdict, other: Verdict) -> Verdict:
    if Verdict.CAN in {one, other}:
        return Verdict.CAN
    return Verdict.MAY if Verdict.MAY in {one, other} else Verdict.CANNOT


def _varies(pattern: str) -> bool:
    """Whether a policy variable decides: who asks fills it in."""
    return any(name not in _AS_GLOB for name in _VARIABLE.findall(pattern))


def _matches(pattern: str, text: str, *, cased: bool) -> bool:
    return _compiled(pattern, cased).fullmatch(text) is not None


@cache
def _compiled(pattern: str, cased: bool) -> re.Pattern[str]:  # noqa: FBT001 - the key of a cache
    """A pattern as `fnmatch` compiles it: its expressions need linear time for any number of stars."""
    told = _VARIABLE.sub(lambda found: _AS_GLOB.get(found[1], "*"), pattern.replace("[", "[[]"))
    return re.compile(fnmatch.translate(told), 0 if cased else re.IGNORECASE)
