"""GitHub tokens. Sources: GitHub's OpenAPI file (credentials/revoke, apps/revoke-installation-access-token,
users/get-authenticated) and its pages on token types and troubleshooting.

Whoever holds a token may have it revoked, without any other credential: GitHub asks for none, and refuses requests that
bring one. Personal access tokens are made by people only, and no page or API shows a part of their values.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

from msgspec import Struct

from bot.errors import OutsideError, Refused, Throttled
from bot.http import Http, Reply
from bot.model.keys import KeyRef
from bot.model.probes import Answer, Liveness
from bot.priority import Priority
from bot.providers.contract import Card, Setup, as_control
from bot.secret import Credential, Secret

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
    card: ClassVar[Card] = Card(
        name=NAME,
        title="GitHub",
        console="https://github.com/settings/tokens",
        hosts={"api": "https://api.github.com"},
        issue_by_hand=(
            "1. Sign in as the account that owns the old token (the card shows it), and open "
            "https://github.com/settings/personal-access-tokens/new.\n"
            "2. Choose the same resource owner and repositories, the permissions that the job needs and no more, and "
            "an expiry.\n"
            "3. Where the organisation approves tokens or uses single sign-on, have it approved or press “Configure "
            "SSO”: until then it is refused.\n"
            "4. Copy the value, it is shown once, and hand it over with `bot submit`, never in Slack."
        ),
        revoke_by_hand=(
            "1. Sign in as the account that owns the token. Open https://github.com/settings/tokens for a ghp_ token, "
            "https://github.com/settings/personal-access-tokens for a github_pat_ token.\n"
            "2. Find it by its name and last use, since no part of the value is shown, and press “Delete”.\n"
            "3. A gho_, ghu_ or ghr_ token belongs to an app: https://github.com/settings/applications, “Revoke”."
        ),
        prove_by_hand=(
            'printf \'header = "Authorization: Bearer %s"\' "$VALUE" | curl -s -K - https://api.github.com/user\n'
            "# dead: “Bad credentials”. A user, or HTTP 403 “Resource not accessible” or “SAML enforcement”: alive."
        ),
        checklist={
            "keys and tokens": "New SSH, GPG and deploy keys, tokens and authorised apps: the settings of the token's "
            "owner, and “Deploy keys” of each repository that it could write to.",
            "webhooks": "New or changed webhooks and installed apps of those repositories and of the organisation.",
            "workflows and runners": "Pushes to .github/workflows, new self-hosted runners, and secrets that a "
            "workflow may have printed since: whatever Actions could read has to be rotated as well.",
            "people": "New collaborators, outside or of the organisation, and invitations that are still open.",
        },
    )
    http: Http
    admin: Callable[[], Secret]

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        setup.check_options(NAME, ())
        return cls(setup.http("api"), setup.admin_for(NAME))

    def probe(self, credential: Credential) -> Answer:
        """Asks whose token it is. A refresh token opens nothing by itself, so that there is nothing to ask it."""
        if credential.key.reveal().startswith(REFRESH):
            return Answer(Liveness.UNKNOWN, "a refresh token: GitHub has no harmless question for it")
        try:
            reply = self._user(credential.key)
            if reply.status == 200:
                reply.parse(_User)
                return Answer(Liveness.LIVE, "HTTP 200")
            message = reply.parse(_Failure).message
        except OutsideError as failure:
            return Answer(Liveness.UNKNOWN, failure.cause)
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
        reply = self.http.send(
            "POST", "/credentials/revoke", verb=verb, priority=Priority.REVOKE, headers=HEADERS, json_body=body
        )
        if reply.status == 403:
            raise Throttled(NAME, verb, "HTTP 403: GitHub takes 60 such requests an hour from one address")
        reply.expect(202)

    def _end_installation_token(self, token: Secret) -> None:
        verb = "revoke an installation's token"
        reply = self.http.send(
            "DELETE", "/installation/token", verb=verb, priority=Priority.REVOKE, bearer=token, headers=HEADERS
        )
        if reply.status == 401 and reply.parse(_Failure).message == "Bad credentials":
            return
        reply.expect(204)

    def _user(self, token: Secret) -> Reply:
        return self.http.send(
            "GET", "/user", verb="read a token's owner", priority=Priority.VERIFY, bearer=token, headers=HEADERS
        )
