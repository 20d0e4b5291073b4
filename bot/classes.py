"""Classes by their place, `module:Name`, as the generated lists of what the bot comes with have them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path


def class_at(place: str) -> object:
    """What stands at `module:Name`, imported. ImportError or AttributeError where there is no such thing."""
    module, _, name = place.partition(":")
    found: object = getattr(import_module(module), name)
    return found


def declared[T](package: str, folder: Path, attribute: str, kind: type[T]) -> Iterator[tuple[T, str]]:
    """What the classes of a part's folder say of themselves in an attribute of this type, each with its place."""
    for path in sorted(folder.glob("*.py")):
        module = import_module(f"{package}.{folder.name}.{path.stem}")
        for name, value in vars(module).items():
            own = isinstance(value, type) and value.__module__ == module.__name__
            said = vars(value).get(attribute) if own else None
            if isinstance(said, kind):
                yield said, f"{module.__name__}:{name}"
