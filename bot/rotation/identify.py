"""What a leaked value is: whose key it looks like, where it stands, whether it is alive, and which key it is there.

Nothing is changed anywhere. The value goes to the providers of the catalog's own secrets only: that of a secret which
holds it, or, where none does, those whose keys look like it. A leaked URL is tried only at a host of the catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from bot.errors import BotError, ConfigurationError, OutsideError
from bot.model.keys import KeyRef
from bot.model.places import old_place
from bot.model.probes import Liveness
from bot.model.secrets import SecretEntry
from bot.providers import provider_names
from bot.providers.contract import Compares, Identifies, Provider
from bot.rotation.identification import Holding, Identification, Sight, Stranger
from bot.rotation.job import ProviderFor
from bot.rotation.versions import credential_at, versions_with
from bot.secrets.keyshapes import recognise
from bot.secrets.secret import Credential, Secret
from bot.vault.contract import Vault

Catalog = Mapping[str, Sequence[SecretEntry]]
"""The catalog's secrets by environment."""

URL_PROVIDERS: Mapping[str, str] = {
    "redis": "redis",
    "rediss": "redis",
    "postgres": "postgres",
    "postgresql": "postgres",
}
"""Whose a URL with a password is, by its scheme."""


def identify(
    value: Secret,
    catalog: Catalog,
    vault: Vault,
    provider_for: ProviderFor,
    progress: Callable[[str], object] = lambda _text: None,
) -> Identification:
    """Searches all parameters of `catalog`, then asks the providers. `progress` gets a short sentence before each look.

    It takes a call for each parameter. No parameter and no provider that fails stops the rest: what could not be found
    out is named in the result.
    """
    value = value.trimmed
    shapes, looks_like = _looks(value)
    holdings, not_searched = _search(value, catalog, vault, progress)
    seen = tuple(_with_sight(found, entry, vault, provider_for, progress) for found, entry in holdings)
    strangers: tuple[Stranger, ...] = ()
    if not any(found.sight is not None for found in seen):
        strangers = tuple(_strangers(value, looks_like, catalog, vault, provider_for, progress))
    return Identification(
        fingerprint=value.fingerprint,
        shapes=shapes,
        providers=looks_like,
        unsupported=tuple(name for name in looks_like if name not in provider_names()),
        holdings=seen,
        strangers=strangers,
        not_searched=not_searched,
    )


def stage_unknown(vault: Vault, incident: str, secret: str, value: Secret) -> str:
    """Puts a value that stands in no history where `capture` finds it, and gives the parameter's name.

    Refused if another value already stands there.
    """
    path = old_place(incident, secret)
    vault.stage(path, value.trimmed)
    return path


def _looks(value: Secret) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(names of its shapes, providers whose keys look so)."""
    shapes = {found.shape.name: found.shape.provider for found in recognise(value.reveal())}
    providers = {name for name in shapes.values() if name}
    if "://" in value.reveal() and (owner := URL_PROVIDERS.get(value.reveal().partition("://")[0].lower())):
        providers.add(owner)
    return tuple(shapes), tuple(sorted(providers))


# --- where it stands ------------------------------------------------------------------------------------------------


def _search(
    value: Secret, catalog: Catalog, vault: Vault, progress: Callable[[str], object]
) -> tuple[list[tuple[Holding, SecretEntry]], tuple[str, ...]]:
    found: list[tuple[Holding, SecretEntry]] = []
    not_searched: list[str] = []
    for environment, entries in catalog.items():
        progress(f"searching the parameters of {environment}")
        for entry in entries:
            for part in entry.parts:
                try:
                    versions = sorted(number for _, number in vault.find(value, [part.parameter]))
                    if not versions:
                        continue
                    stored = vault.read(part.parameter)
                    current = stored.version in versions
                    if not current:
                        stored = vault.read(part.parameter, versions[-1])
                except OutsideError as error:
                    not_searched.append(f"{part.parameter}: {error.cause}")
                    continue
                place = (entry.name, environment, entry.provider, part.parameter)
                sight = _PENDING if part.secret else None
                found.append((Holding(*place, tuple(versions), current, sight, stored.value.fingerprint), entry))
    return found, tuple(not_searched)


_PENDING = Sight(Liveness.UNKNOWN, "not looked at yet")


def _with_sight(
    found: Holding, entry: SecretEntry, vault: Vault, provider_for: ProviderFor, progress: Callable[[str], object]
) -> Holding:
    if found.sight is None:
        return found
    version = found.versions[-1]

    def stored() -> Credential:
        versions = {found.parameter: version, **versions_with(vault, entry, version)}
        return credential_at(vault, entry, versions).trimmed

    progress(f"asking {entry.provider} about {entry.name} in {found.environment}")
    sight = _look(entry, provider_for, stored)
    return replace(found, sight=sight)


# --- what its provider says -----------------------------------------------------------------------------------------


def _look(entry: SecretEntry, provider_for: ProviderFor, credential: Callable[[], Credential]) -> Sight:
    """A probe, and which key it is. Whatever goes wrong is said, not raised."""
    try:
        provider, held = provider_for(entry), credential()
    except (OutsideError, ConfigurationError) as error:
        return Sight(Liveness.UNKNOWN, _words(error))
    answer = provider.probe(held)
    found, trouble = _candidates(provider, held)
    by_looks = any(key.by_looks for key in found)
    return Sight(answer.liveness, answer.detail, tuple(found), trouble, by_looks)


def _candidates(provider: Provider, held: Credential) -> tuple[list[KeyRef], str]:
    if not isinstance(provider, Identifies):
        return [], ""
    try:
        return provider.identify(held), ""
    except OutsideError as error:
        return [], _words(error)


def _words(error: BotError) -> str:
    return error.cause if isinstance(error, OutsideError) else str(error)


def _strangers(
    value: Secret,
    looks_like: Sequence[str],
    catalog: Catalog,
    vault: Vault,
    provider_for: ProviderFor,
    progress: Callable[[str], object],
) -> Iterator[Stranger]:
    """Asks once at each account of the catalog whose keys look like the value."""
    asked = set()
    for environment, entries in catalog.items():
        for entry in entries:
            account = (entry.provider, tuple(sorted(entry.options.items())), entry.admin_parameter)
            if entry.provider not in looks_like or account in asked or len(entry.parts) > 1:
                continue  # half of a pair opens nothing, and no other half is known
            asked.add(account)
            progress(f"asking {entry.provider} as for {entry.name} in {environment}")
            yield _stranger(Credential.single(value, entry.main.name), entry, environment, vault, provider_for)


def _stranger(
    held: Credential, entry: SecretEntry, environment: str, vault: Vault, provider_for: ProviderFor
) -> Stranger:
    sight = _look(entry, provider_for, lambda: held)
    seen = sight.liveness == Liveness.LIVE or not sight.by_looks
    ours = bool(sight.candidates) and seen and _same_account(held, entry, vault, provider_for)
    return Stranger(entry.name, environment, entry.provider, sight, ours)


def _same_account(held: Credential, entry: SecretEntry, vault: Vault, provider_for: ProviderFor) -> bool:
    """Some providers tell keys apart by their looks alone: the account then decides."""
    try:
        provider = provider_for(entry)
        if not isinstance(provider, Compares):
            return True
        theirs = provider.account(held)
        return theirs is not None and theirs == provider.account(credential_at(vault, entry, {}).trimmed)
    except (OutsideError, ConfigurationError):
        return False
