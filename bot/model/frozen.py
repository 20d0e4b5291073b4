"""What state is made of: frozen structs, since a fold makes sixty thousand copies of them, and C makes those."""

from __future__ import annotations

from dataclasses import Field, fields, make_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

from msgspec import Struct, field, structs

__all__ = ["Frozen", "field", "fields_of", "replace"]

if TYPE_CHECKING:
    from dataclasses import replace  # under this name the type checker knows each field and its type
else:
    replace = structs.replace


@cache
def _fields_of(kind: type[Frozen]) -> dict[str, Field[Any]]:
    return {each.name: each for each in fields(make_dataclass(kind.__name__, kind.__struct_fields__))}


class _Fields:
    def __get__(self, _one: Frozen | None, kind: type[Frozen]) -> dict[str, Field[Any]]:
        return _fields_of(kind)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Frozen(Struct, frozen=True, gc=False):
    """Each class below it is one; what `dataclasses` can do with a dataclass it can do with these.

    The garbage collector passes them by: what never changes holds only what was there before it, and so never itself.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]] = _Fields()  # type: ignore[assignment]


def fields_of(one: Frozen, kind: type[Frozen]) -> dict[str, Any]:
    """The fields that it has from `kind`, by name."""
    return {name: getattr(one, name) for name in kind.__struct_fields__}
