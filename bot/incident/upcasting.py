"""Events of earlier shapes, made into today's as they are read. What is stored never changes.

A new field needs nothing here if its default says what was so before it: it is then read of every older event. Anything
else (a field renamed, split, or of another meaning; a kind given up for another) counts the kind's `v` up and gets an
entry: from that kind and version to the next. A field that a reader may not overlook counts `v` up too, so that an
older program stops there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

type Fields = dict[str, Any]
"""An event's fields as JSON has them."""
type Upcaster = Callable[[Fields], tuple[str, Fields]]
"""From the fields at one version to the kind and fields of the next; `v` is counted up by the caller where the kind
stays, and set where another takes over.
"""

UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}
"""(kind, version) → how it is read today. Empty: every shape that was ever stored is one of today's without a field."""


def upcast(kind: str, fields: Fields, upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS) -> tuple[str, Fields]:
    """Kind and fields after all steps that lead on from this version."""
    while (step := upcasters.get((kind, fields.get("v", 1)))) is not None:
        before, version = kind, fields.get("v", 1)
        kind, fields = step(dict(fields))
        if kind == before:
            fields["v"] = version + 1
    return kind, fields
