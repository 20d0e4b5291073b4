"""ElastiCache users, which moto does not let anybody modify. Their passwords are those of a real server.

Source: botocore's model elasticache 2015-02-02. A change takes effect when the status is active again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from bot.drill.fakes.aws_request import AwsAnswer, AwsRequest, accepted, refusal
from bot.drill.fakes.faults import Faults

MOST_PASSWORDS = 2
SHORTEST, LONGEST = 16, 128
"""Characters of a password."""


@dataclass
class CacheUser:
    """`apply` sets the passwords of the user at the server."""

    id: str
    name: str
    apply: Callable[[Sequence[str]], None] = field(repr=False)
    passwords: list[str] = field(repr=False)
    coming: list[str] | None = field(default=None, repr=False)
    active_at: float = 0.0


class CacheUsers:
    """`clock` gives seconds; `update_seconds` is how long a user is being modified."""

    def __init__(self, faults: Faults, clock: Callable[[], float], update_seconds: float) -> None:
        self._faults = faults
        self._clock = clock
        self._update_seconds = update_seconds
        self._users: dict[str, CacheUser] = {}

    def add(self, user_id: str, name: str, passwords: Sequence[str], apply: Callable[[Sequence[str]], None]) -> None:
        """A user who signs in to the server with these passwords."""
        self._users[user_id] = CacheUser(user_id, name, apply, list(passwords))
        apply(passwords)

    def delete(self, user_id: str) -> None:
        del self._users[user_id]

    def answer(self, request: AwsRequest) -> AwsAnswer:
        user = self._users.get(request.form.get("UserId", ""))
        if user is None:
            return refusal("elasticache", 404, "UserNotFound", "there is no such user")
        self._settle(user)
        match request.action:
            case "DescribeUsers":
                return accepted("DescribeUsers", f"<Users><member>{self._shown(user)}</member></Users>")
            case "ModifyUser":
                return self._modify(request, user)
            case action:
                return refusal("elasticache", 400, "InvalidAction", action)

    def _modify(self, request: AwsRequest, user: CacheUser) -> AwsAnswer:
        wanted = [value for name, value in sorted(request.form.items()) if name.startswith("Passwords.")]
        if not 1 <= len(wanted) <= MOST_PASSWORDS or not all(SHORTEST <= len(each) <= LONGEST for each in wanted):
            return refusal("elasticache", 400, "InvalidParameterValue", "one or two passwords of 16 to 128 characters")
        if user.coming is not None:
            return refusal("elasticache", 400, "InvalidUserState", "the user is being modified")
        if not self._faults.take("elasticache-modify-ignored"):
            user.coming, user.active_at = wanted, self._clock() + self._update_seconds
            self._settle(user)
        return accepted("ModifyUser", self._shown(user))

    def _settle(self, user: CacheUser) -> None:
        if user.coming is not None and self._clock() >= user.active_at:
            user.passwords, user.coming = user.coming, None
            user.apply(user.passwords)

    def _shown(self, user: CacheUser) -> str:
        fields = {
            "UserId": user.id,
            "UserName": user.name,
            "Status": "active" if user.coming is None else "modifying",
            "Engine": "valkey",
            "AccessString": "on ~* +@all",
        }
        inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
        count = len(user.passwords)
        return f"{inside}<Authentication><Type>password</Type><PasswordCount>{count}</PasswordCount></Authentication>"
