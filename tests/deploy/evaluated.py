"""The examples of `deploy/`, evaluated as Terraform would: locals, loops, files and local modules. What only AWS knows
(an ARN, an id) is named by the address of the resource that it is of.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DEPLOY = Path(__file__).parents[2] / "deploy"
EXAMPLES = ("fargate", "product", "runbook", "small")
NOT_RESOURCES = {"locals", "module", "output", "provider", "terraform", "variable"}
OF_TERRAFORM = {"count", "for_each", "lifecycle", "depends_on", "provider"}


@dataclass(frozen=True)
class Resource:
    """`mode` is resource or data, `address` such as ``module.bot.aws_instance.bot[0]``, `values` what is set."""

    mode: str
    kind: str
    address: str
    values: dict[str, Any]

    def document(self, name: str = "policy") -> dict[str, Any]:
        """A policy that stands in it as JSON."""
        return json.loads(self.values[name])


@dataclass(frozen=True)
class Evaluated:
    resources: tuple[Resource, ...]

    def all(self, kind: str) -> list[Resource]:
        return [each for each in self.resources if each.kind == kind]

    def one(self, ending: str) -> Resource:
        """The one whose address ends so."""
        [found] = [each for each in self.resources if each.address.endswith(ending)]
        return found


def read_module(folder: Path, **more: Any) -> dict[str, Any]:
    """tfparse is a Go program with threads of its own, which a fork of a process that has loaded it would lack."""
    import tfparse

    return tfparse.load_from_path(str(folder), stop_on_hcl_error=True, **more)


@cache
def evaluate(name: str) -> Evaluated:
    """One of `EXAMPLES`. tfparse raises where the language is not Terraform's."""
    parsed = read_module(DEPLOY / "examples" / name)
    found = [(kind, each) for kind, several in parsed.items() if kind not in NOT_RESOURCES for each in several]
    addresses = {each["id"]: each["__tfmeta"]["path"] for _, each in found}
    resources = (_resource(kind, each, addresses) for kind, each in found)
    return Evaluated(tuple(sorted(resources, key=lambda each: each.address)))


def _resource(kind: str, found: dict[str, Any], addresses: dict[str, str]) -> Resource:
    meta = found["__tfmeta"]
    own = {"id": found["id"], "__tfmeta": meta}
    text = json.dumps({name: value for name, value in found.items() if name not in own})
    for uuid, address in addresses.items():
        text = text.replace(uuid, f"<{address}>".replace('"', "'"))
    mode = "data" if meta["type"] == "data" else "resource"
    return Resource(mode, kind, meta["path"], _without_marks(json.loads(text)))


def _without_marks(value: Any) -> Any:
    """Without what tfparse adds to each block."""
    if isinstance(value, dict):
        marked = "__tfmeta" in value
        return {k: _without_marks(v) for k, v in value.items() if not (marked and k in {"id", "__tfmeta"})}
    return [_without_marks(each) for each in value] if isinstance(value, list) else value


def declared(module: Path) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """The inputs of a module, each with what it is and its default, and the names of its outputs. What two modules have
    in common is explained once, in the foundation or in the network.
    """
    parsed = read_module(module)
    own = [each for each in parsed["variable"] if each["__tfmeta"]["path"].startswith("variable.")]
    explained = {} if module.name in COMMON else {k: v for name in COMMON for k, v in _described(name).items()}
    inputs = {}
    for each in sorted(own, key=lambda each: each["__tfmeta"]["line_start"]):
        name = each["__tfmeta"]["label"]
        default = f"`{json.dumps(each['default'])}`" if "default" in each else "demanded"
        inputs[name] = (each.get("description") or explained.get(name, ""), default)
    outputs = [
        each["__tfmeta"]["label"] for each in parsed.get("output", []) if "module." not in each["__tfmeta"]["path"]
    ]
    return inputs, sorted(outputs)


COMMON = ("foundation", "network")


def _described(name: str) -> dict[str, str]:
    return {variable: what for variable, (what, _) in declared(DEPLOY / "modules" / name)[0].items() if what}
