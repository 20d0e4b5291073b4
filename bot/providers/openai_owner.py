"""A service account of OpenAI as the owner of keys, where OpenAI does not delete a key of one by itself.

Source: the OpenAPI specification of OpenAI's platform, which says of DELETE of a project's API key that it gives "an
error if the key belonged to a service account". openai-python 3.57 says the contrary; either may be met.
"""

from __future__ import annotations

from urllib.parse import quote

from bot.errors import Refused, Unexpected
from bot.limits import Rank
from bot.providers.contract import Owner
from bot.providers.openai_admin import NAME, Administration, Deleted, Key, fits


def owner_of(administration: Administration, key_id: str, key: Key, verb: str) -> Owner:
    """The service account of a key with all that would go with it. Refused for a person's key."""
    account = key.owner.service_account if key.owner else None
    if account is None or not account.id:
        raise Refused(NAME, verb, "it is a person's key, which ends by itself")
    project, own_id = key_id.split("/", 1)
    listed = Administration(administration.http, administration.admin, project).listed()
    others = [other for _, other in listed if other.id != own_id and other.owned_by(account.id)]
    names = ", ".join(other.name or other.id for other in others)
    with_it = f"with its other keys ({len(others)}: {names})" if others else "with no other key"
    return Owner(account.id, f"the service account {account.name or account.id}, {with_it}", not others)


def delete_account(administration: Administration, project: str, account: str, verb: str) -> None:
    """Deletes a service account. Already gone is success. Refused if it owns the admin key that the bot itself uses."""
    admin = administration.admin().reveal()
    for key in administration.admin_keys():
        if key.owner is not None and key.owner.id == account and fits(key.redacted_value, admin):
            raise Refused(NAME, verb, "it owns the admin key that the bot itself uses")
    path = f"/organization/projects/{quote(project, '')}/service_accounts/{quote(account, '')}"
    reply = administration.ask("DELETE", path, verb, Rank.REVOKE).expect(200, 404)
    if reply.status == 200 and not reply.parse(Deleted).deleted:
        raise Unexpected(NAME, verb, "the answer says that the service account was not deleted")
