"""IAM's `SimulatePrincipalPolicy`, which moto lacks: whether the organization's policies allow each action.

Source: IAM API reference, EvaluationResult.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from xml.sax.saxutils import escape

from bot.drill.fakes.aws_request import AwsAnswer, AwsRequest, accepted, refused

NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"


@dataclass
class PolicySimulator:
    """`denied` are the actions that the organization denies; None if the caller may not ask. `missing` are keys of
    conditions that no answer has.
    """

    denied: Sequence[str] | None = ()
    missing: Sequence[str] = ()

    def answer(self, request: AwsRequest) -> AwsAnswer:
        if self.denied is None:
            return refused(request, 403, "AccessDenied", "not authorized to perform: iam:SimulatePrincipalPolicy")
        asked = (request.form.get(f"ActionNames.member.{number}") for number in count(1))
        results = "".join(self._result(action, self.denied) for action in takewhile(bool, asked) if action)
        inside = f"<IsTruncated>false</IsTruncated><EvaluationResults>{results}</EvaluationResults>"
        return accepted("SimulatePrincipalPolicy", inside, namespace=NAMESPACE)

    def _result(self, action: str, denied: Sequence[str]) -> str:
        allowed = action not in denied
        keys = "".join(f"<member>{escape(key)}</member>" for key in self.missing)
        return (
            f"<member><EvalActionName>{escape(action)}</EvalActionName><EvalResourceName>*</EvalResourceName>"
            f"<EvalDecision>{'allowed' if allowed else 'explicitDeny'}</EvalDecision>"
            f"<MissingContextValues>{keys}</MissingContextValues><OrganizationsDecisionDetail>"
            f"<AllowedByOrganizations>{str(allowed).lower()}</AllowedByOrganizations></OrganizationsDecisionDetail>"
            "</member>"
        )
