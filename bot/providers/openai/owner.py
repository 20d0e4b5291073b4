"""A service account of OpenAI as the owner of keys, where OpenAI does not delete a key of one by itself: one can be
made for a key alone, and deleted with it.

Source: the OpenAPI specification of OpenAI's platform, which says of DELETE of a project's API key that it gives "an
error if the key belonged to a service account". openai-python 3.57 says the contrary; either may be met.
"""

from __future__ import annotations

from dataclasses import replace

from msgspec import Struct

from bot.errors import Refused, Unexpected
from bot.model.keys import Owner
from bot.model.priority import Priority
from bot.providers.contract import Issued
from bot.providers.openai.api import NAME, Administration, Deleted, Key, MadeKey, account_path, fits
from bot.secrets.secret import Credential, Secret

OWN_KEY = "Secret Key"
"""OpenAI's name for the key that it makes together with a service account; the account's name tells whose it is."""


class _Account(Struct):
    id: str
    api_key: MadeKey | None = None


def with_own_account(administration: Administration, name: str, verb: str) -> Issued:
    """A new service account of this name in the project, with its key. The key has the rights of a member."""
    path = account_path(administration.project)
    reply = administration.ask("POST", path, verb, Priority.PUT, json_body={"name": name})
    made = reply.expect(200, 201).parse(_Account)
    if made.api_key is None:
        raise Unexpected(NAME, verb, "the answer holds no key of the new service account")
    return Issued(f"{administration.project}/{made.api_key.id}", Credential.single(Secret(made.api_key.value)))


def made_as(key: Key) -> str:
    """The name under which a key was made: its own, or that of the account that was made with it."""
    return key.account.name if _came_with_account(key) else key.name or ""


def has_own_account(administration: Administration, key_id: str, key: Key, verb: str) -> bool:
    """Whether the key's service account was made with it and has no other key."""
    return _came_with_account(key) and owner_of(administration, key_id, key, verb).alone


def _came_with_account(key: Key) -> bool:
    return key.name in {None, "", OWN_KEY}


def owner_of(administration: Administration, key_id: str, key: Key, verb: str) -> Owner:
    """The service account of a key with everything that would be deleted with it. Refused for a person's key."""
    account = key.account
    if not account.id:
        raise Refused(NAME, verb, "it is a person's key, which revokes itself")
    project, own_id = key_id.split("/", 1)
    listed = [key for _, key in replace(administration, project=project).listed() if key.account.id == account.id]
    if own_id not in {each.id for each in listed}:
        raise Refused(NAME, verb, "the list of keys does not show the key under this service account")
    others = [other for other in listed if other.id != own_id]
    names = ", ".join(other.name or other.id for other in others)
    with_it = f"with its other keys ({len(others)}: {names})" if others else "with no other key"
    return Owner(account.id, f"the service account {account.name or account.id}, {with_it}", not others)


def delete_account(administration: Administration, project: str, account: str, verb: str) -> None:
    """Deletes a service account. Already gone is success. Refused if it owns the admin key that the bot itself uses."""
    admin = administration.admin().reveal()
    for key in administration.admin_keys():
        if key.owner is not None and key.owner.id == account and fits(key.redacted_value, admin):
            raise Refused(NAME, verb, "it owns the admin key that the bot itself uses")
    reply = administration.ask("DELETE", account_path(project, account), verb, Priority.REVOKE).expect(200, 404)
    if reply.status == 200 and not reply.parse(Deleted).deleted:
        raise Unexpected(NAME, verb, "the answer says that the service account was not deleted")
