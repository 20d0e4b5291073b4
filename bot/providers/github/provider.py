"""GitHub tokens. Sources: GitHub's OpenAPI file (credentials/revoke, apps/revoke-installation-access-token,
users/get-authenticated) and its pages on token types and troubleshooting.

The holder of a token may revoke it without any other credential: GitHub needs none, and refuses requests with one. Only
people make personal access tokens, and no page or API shows a part of their values.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

from msgspec import Struct

from bot.errors import Refused, Throttled
from bot.model.keys import KeyRef
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.model.uses import UseReport
from bot.net.http import Http, Reply
from bot.providers.cards import load_card
from bot.providers.contract import Card, Held, Setup, as_control, in_path, unclear_if_it_fails
from bot.providers.github import audit
from bot.providers.looks import Look
from bot.secrets.secret import Credential, Secret

NAME = "github"
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
INSTALLATION, REFRESH = "ghs_", "ghr_"
_VALUE = re.compile(r"(gh[opsu]_|github_pat_|ghr_)[A-Za-z0-9_.-]{20,2000}")
_AFTER_RECOGNITION = ("resource not accessible by", "saml enforcement")
"""What GitHub says in a 403 only to a token that it knows: of narrower rights, or not authorised for single sign-on."""


class _User(Struct):
    login: str
    id: int


class _Failure(Struct):
    message: str = ""


@dataclass(frozen=True)
class GitHub:
    card: ClassVar[Card] = load_card(__file__)
    http: Http
    admin: Callable[[], Secret]
    organization: str = ""

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        """The option `organization` names the one whose audit log the admin token may read."""
        setup.check_options(NAME, {"organization"})
        return cls(setup.http("api"), setup.admin_for(NAME), setup.options.get("organization", ""))

    @unclear_if_it_fails
    def probe(self, credential: Credential) -> Answer:
        """Asks whose token it is. A refresh token opens nothing by itself, so that there is nothing to ask it."""
        if credential.key.reveal().startswith(REFRESH):
            return Answer(Liveness.UNKNOWN, "a refresh token: GitHub has no harmless question for it")
        reply = self._user(credential.key)
        if reply.status == 200:
            reply.parse(_User)
            return Answer(Liveness.LIVE, "HTTP 200")
        message = reply.parse(_Failure).message
        match reply.status:
            case 401 if message == "Bad credentials":
                return Answer(Liveness.DEAD, "HTTP 401 Bad credentials")
            case 403 if any(words in message.lower() for words in _AFTER_RECOGNITION):
                return Answer(Liveness.LIVE, "HTTP 403, recognised but without this right")
            case status:
                return Answer(Liveness.UNKNOWN, f"HTTP {status}")

    def control(self) -> Answer:
        """Asks with the catalog's admin credential, which here is any other token."""
        return as_control("another token", lambda: self.probe(Credential.single(self.admin())))

    def account(self, credential: Credential) -> str | None:
        """Whose token it is (``octocat (1)``: the name can change, the number cannot); None if it may not ask."""
        reply = self._user(credential.key)
        if reply.status != 200:
            return None
        user = reply.parse(_User)
        return f"{user.login} ({user.id})"

    def identify(self, credential: Credential) -> list[KeyRef]:
        """The token by its kind and last characters, since GitHub gives it no other name that could be asked for."""
        value = credential.key.reveal()
        shape = _VALUE.fullmatch(value)
        if shape is None:
            return []
        hint = f"{shape[1]}…{value[-4:]}"
        return [KeyRef(hint, hint=hint)]

    def revoke_itself(self, credential: Credential) -> None:
        """Hands the token in, for good: GitHub tells its owner by e-mail. Unknown and dead ones are accepted as well.

        An installation's token, which lives an hour at most, ends itself.
        """
        kind = _VALUE.fullmatch(credential.key.reveal())
        if kind is None:
            raise Refused(NAME, "revoke a token", "it has not the form of a token that GitHub takes back: end it there")
        if kind[1] == INSTALLATION:
            self._end_installation_token(credential.key)
            return
        verb, body = "revoke a token", {"credentials": [credential.key.reveal()]}
        reply = self._send("POST", "/credentials/revoke", verb, Priority.REVOKE, body=body)
        if reply.status == 403:
            raise Throttled(NAME, verb, "HTTP 403: GitHub takes 60 such requests an hour from one address")
        reply.expect(202)

    def use(self, held: Held, look: Look) -> UseReport:
        if not self.organization:
            return look.untold("the catalog names no `organization` for this token")
        path = f"/orgs/{in_path(NAME, audit.VERB, self.organization)}/audit-log"

        def ask(query: dict[str, str | int]) -> Reply:
            return self.http.send("GET", path, verb=audit.VERB, bearer=self.admin(), headers=HEADERS, query=query)

        return audit.use_of(held.credential.key, ask, look)

    def _end_installation_token(self, token: Secret) -> None:
        reply = self._send("DELETE", "/installation/token", "revoke an installation's token", Priority.REVOKE, token)
        if reply.status == 401 and reply.parse(_Failure).message == "Bad credentials":
            return
        reply.expect(204)

    def _user(self, token: Secret) -> Reply:
        return self._send("GET", "/user", "read a token's owner", Priority.VERIFY, token)

    def _send(
        self, method: str, path: str, verb: str, priority: Priority, token: Secret | None = None, body: object = None
    ) -> Reply:
        return self.http.send(method, path, verb=verb, priority=priority, bearer=token, headers=HEADERS, json_body=body)
