"""Actions of AWS that open sessions or give rights. The card says why an action concerns us."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

SESSIONS = frozenset({"sts:AssumeRole", "sts:GetSessionToken", "sts:GetFederationToken"})
"""Actions whose answer is a session with a key of its own, which may outlive the leaked one."""
GIVES: Mapping[str, str] = {
    "iam:AttachUserPolicy": "User",
    "iam:AddUserToGroup": "User",
    "iam:AttachRolePolicy": "Role",
    "iam:AttachGroupPolicy": "Group",
}
"""Actions that give a user, role or group what shows in its rights, with the kind of its owner."""
PROBE = "sts:GetCallerIdentity"


def by_hand(role: str, policy: str, until: datetime | None) -> str:
    """What a person does where the bot may not. Source: IAM user guide, "Revoking IAM role temporary credentials"."""
    where = f"https://console.aws.amazon.com/iam/home#/roles/details/{role}"
    if until is None:
        return f"By hand: delete inline policy {policy} at {where}"
    return f"By hand: at {where} choose “Revoke sessions”, then change a setting of each function with this role"
