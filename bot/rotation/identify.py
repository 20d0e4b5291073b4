"""Identifies a leaked key: the kind of key it resembles, its places, whether it still works, and which key it is.

It changes nothing. The value goes only to providers of the catalog's own secrets: the provider of a secret that holds
it, or, if none does, providers whose keys look like it. A leaked URL is tried only at a host of the catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

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
    looking = _Looking(catalog, vault, provider_for, progress)
    holdings, not_searched = looking.search(value)
    seen = tuple(looking.with_sight(found, entry) for found, entry in holdings)
    unknown = not any(found.sight is not None for found in seen)
    return Identification(
        fingerprint=value.fingerprint,
        shapes=shapes,
        providers=looks_like,
        unsupported=tuple(name for name in looks_like if name not in provider_names()),
        holdings=seen,
        strangers=tuple(looking.strangers(value, looks_like)) if unknown else (),
        not_searched=not_searched,
    )


def stage_unknown(vault: Vault, incident: str, secret: str, value: Secret) -> str:
    """Stores a value that is in no history where `capture` finds it, and returns the parameter's name.

    Refused if another value is there already.
    """
    path = old_place(incident, secret)
    vault.stage(path, value.trimmed)
    return path


def _looks(value: Secret) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(names of its shapes, providers with such keys)."""
    shapes = {found.shape.name: found.shape.provider for found in recognise(value.reveal())}
    providers = {name for name in shapes.values() if name}
    if "://" in value.reveal() and (owner := URL_PROVIDERS.get(value.reveal().partition("://")[0].lower())):
        providers.add(owner)
    return tuple(shapes), tuple(sorted(providers))


_PENDING = Sight(Liveness.UNKNOWN, "not looked at yet")


@dataclass(frozen=True)
class _Looking:
    catalog: Catalog
    vault: Vault
    provider_for: ProviderFor
    progress: Callable[[str], object]

    # --- where it stands --------------------------------------------------------------------------------------------

    def search(self, value: Secret) -> tuple[list[tuple[Holding, SecretEntry]], tuple[str, ...]]:
        found: list[tuple[Holding, SecretEntry]] = []
        not_searched: list[str] = []
        for environment, entries in self.catalog.items():
            self.progress(f"searching the parameters of {environment}")
            for entry, part in ((each, part) for each in entries for part in each.parts):
                try:
                    versions = sorted(number for _, number in self.vault.find(value, [part.parameter]))
                    if not versions:
                        continue
                    stored = self.vault.read(part.parameter)
                    current = stored.version in versions
                    if not current:
                        stored = self.vault.read(part.parameter, versions[-1])
                except OutsideError as error:
                    not_searched.append(f"{part.parameter}: {error.cause}")
                    continue
                place = (entry.name, environment, entry.provider, part.parameter)
                sight = _PENDING if part.secret else None
                found.append((Holding(*place, tuple(versions), current, sight, stored.value.fingerprint), entry))
        return found, tuple(not_searched)

    def with_sight(self, found: Holding, entry: SecretEntry) -> Holding:
        if found.sight is None:
            return found
        version = found.versions[-1]

        def stored() -> Credential:
            versions = {found.parameter: version, **versions_with(self.vault, entry, version)}
            return credential_at(self.vault, entry, versions).trimmed

        self.progress(f"asking {entry.provider} about {entry.name} in {found.environment}")
        return replace(found, sight=self._look(entry, stored))

    # --- what its provider says -------------------------------------------------------------------------------------

    def _look(self, entry: SecretEntry, credential: Callable[[], Credential]) -> Sight:
        """A probe, and which key it is. Failures are reported, not raised."""
        try:
            provider, held = self.provider_for(entry), credential()
        except (OutsideError, ConfigurationError) as error:
            return Sight(Liveness.UNKNOWN, _words(error))
        answer = provider.probe(held)
        found, trouble = _candidates(provider, held)
        by_looks = any(key.by_looks for key in found)
        return Sight(answer.liveness, answer.detail, tuple(found), trouble, by_looks)

    def strangers(self, value: Secret, looks_like: Sequence[str]) -> Iterator[Stranger]:
        """Asks once at each account of the catalog whose keys resemble the value."""
        asked = set()
        for environment, entries in self.catalog.items():
            for entry in entries:
                account = (entry.provider, tuple(sorted(entry.options.items())), entry.admin_parameter)
                if entry.provider not in looks_like or account in asked or len(entry.parts) > 1:
                    continue  # half of a pair opens nothing, and no other half is known
                asked.add(account)
                self.progress(f"asking {entry.provider} as for {entry.name} in {environment}")
                held = Credential.single(value, entry.main.name)
                sight = self._look(entry, lambda: held)  # noqa: B023 - called at once
                seen = sight.liveness == Liveness.LIVE or not sight.by_looks
                ours = bool(sight.candidates) and seen and self._same_account(held, entry)
                yield Stranger(entry.name, environment, entry.provider, sight, ours)

    def _same_account(self, held: Credential, entry: SecretEntry) -> bool:
        """Some providers tell keys apart by their looks alone: the account then decides."""
        try:
            provider = self.provider_for(entry)
            if not isinstance(provider, Compares):
                return True
            theirs = provider.account(held)
            return theirs is not None and theirs == provider.account(credential_at(self.vault, entry, {}).trimmed)
        except (OutsideError, ConfigurationError):
            return False


def _candidates(provider: Provider, held: Credential) -> tuple[list[KeyRef], str]:
    if not isinstance(provider, Identifies):
        return [], ""
    try:
        return provider.identify(held), ""
    except OutsideError as error:
        return [], _words(error)


def _words(error: BotError) -> str:
    return error.cause if isinstance(error, OutsideError) else str(error)
