"""Ada and Ben, who may do everything, so that no benchmark waits for anyone's rights."""

from __future__ import annotations

from collections.abc import Mapping

from bot.drill.fakes.slack.workspace import Workspace

NAMES = ADA, BEN = ("ada", "ben")
RIGHTS = ("respond", "approve", "command")


def people_of(
    workspace: Workspace, principals: Mapping[str, str] | None = None
) -> tuple[Mapping[str, str], Mapping[str, object]]:
    """Their Slack ids by name, and the content of a people file; `principals` are ARNs by name."""
    slack = {name: workspace.add_user(name).id for name in NAMES}
    entries: dict[str, dict[str, object]] = {
        name: {"slack": id_, "rights": list(RIGHTS)} for name, id_ in slack.items()
    }
    for name, arn in (principals or {}).items():
        entries[name]["principal"] = arn
    return slack, entries
