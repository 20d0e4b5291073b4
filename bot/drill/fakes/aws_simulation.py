"""IAM's `SimulatePrincipalPolicy`, which moto lacks: the account's arrangement decides.

One result an action, with a decision for each resource within it, as the original answers since it stopped repeating
the action for each resource (IAM API reference, EvaluationResult).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

from bot.drill.fakes.aws_request import AwsAnswer, AwsRequest, accepted, refused

NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
ALLOWED, DENIED = "allowed", "implicitDeny"

type Decides = Callable[[str, str, str], tuple[str, Sequence[str]]]
"""Of principal, action and resource the decision, and the context keys that were missing for it."""


class PolicySimulator:
    """`decides` is None if the caller may not ask, which is the default."""

    def __init__(self) -> None:
        self.decides: Decides | None = None
        self.asked: list[str] = []

    def answer(self, request: AwsRequest) -> AwsAnswer:
        if self.decides is None:
            return refused(request, 403, "AccessDenied", "not authorized to perform: iam:SimulatePrincipalPolicy")
        principal = request.form["PolicySourceArn"]
        self.asked.append(principal)
        results = "".join(
            self._result(self.decides, principal, action, _members(request, "ResourceArns"))
            for action in _members(request, "ActionNames")
        )
        inside = f"<IsTruncated>false</IsTruncated><EvaluationResults>{results}</EvaluationResults>"
        return accepted("SimulatePrincipalPolicy", inside, namespace=NAMESPACE)

    def _result(self, decides: Decides, principal: str, action: str, resources: Sequence[str]) -> str:
        decided = [(resource, *decides(principal, action, resource)) for resource in resources]
        whole = ALLOWED if all(decision == ALLOWED for _, decision, _ in decided) else DENIED
        single = "".join(
            f"<member><EvalResourceName>{escape(resource)}</EvalResourceName>"
            f"<EvalResourceDecision>{decision}</EvalResourceDecision><MissingContextValues>"
            f"{''.join(f'<member>{escape(key)}</member>' for key in missing)}</MissingContextValues></member>"
            for resource, decision, missing in decided
        )
        return (
            f"<member><EvalActionName>{escape(action)}</EvalActionName><EvalResourceName>*</EvalResourceName>"
            f"<EvalDecision>{whole}</EvalDecision><ResourceSpecificResults>{single}</ResourceSpecificResults></member>"
        )


def _members(request: AwsRequest, name: str) -> list[str]:
    form = request.form
    found: list[str] = []
    while (value := form.get(f"{name}.member.{len(found) + 1}")) is not None:
        found.append(value)
    return found
