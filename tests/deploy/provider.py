"""What Terraform's AWS provider takes, for the resources that the modules use: `provider_schema.json`, an extract.

    uv run python -m tests.deploy.provider WHEEL

writes it anew. WHEEL is the package `cdktn-provider-aws` (MPL-2.0, 71 MB, by `pip download --no-deps`), which is made
of the provider's own schema. It knows names, types and what is required, and no ranges of values.
"""

from __future__ import annotations

import io
import json
import re
import sys
import tarfile
import zipfile
from pathlib import Path

from tests.deploy.evaluated import EXAMPLES, evaluate

EXTRACT = Path(__file__).parent / "provider_schema.json"
_NAMED = re.compile(r"docs/(?:resources|data-sources)/\w+#(\w+) ")
_META = {"tags_all", "region", "timeouts", "id"}
"""What no module sets."""


def assembly(wheel: Path) -> dict:
    """The package's own description of all its types."""
    with zipfile.ZipFile(wheel) as files:
        [name] = [name for name in files.namelist() if name.endswith(".jsii.tgz")]
        with tarfile.open(fileobj=io.BytesIO(files.read(name)), mode="r:gz") as inside:
            found = inside.extractfile("package/.jsii")
            assert found is not None
            return json.load(found)


def extract(wheel: Path) -> dict:
    jsii = assembly(wheel)
    kinds = sorted({(each.mode, each.kind) for name in EXAMPLES for each in evaluate(name).resources})
    types = {f"{mode} {kind}": _shape(jsii, _config(jsii, mode, kind)) for mode, kind in kinds}
    [version] = set(re.findall(r"hashicorp/aws/([\d.]+)/docs", json.dumps(jsii["types"][_config(jsii, *kinds[-1])])))
    return {"provider": version, "types": types}


def _config(jsii: dict, mode: str, kind: str) -> str:
    words = kind.removeprefix("aws_").split("_")
    name = "".join(word.capitalize() for word in (["data", "aws", *words] if mode == "data" else words))
    made = [f"{jsii['name']}.{name[0].lower()}{name[1:]}.{each}Config" for each in (name, f"{name}A")]
    return next(each for each in made if each in jsii["types"])  # the A sets it apart from a block of that name


def _shape(jsii: dict, fqn: str) -> dict:
    """By argument its type, with ``!`` where it is required; a block is the shape of what is in it."""
    shape = {}
    for each in jsii["types"][fqn]["properties"]:
        named = _NAMED.search(f"{each['docs'].get('summary', '')} {each['docs'].get('remarks', '')}")
        if named is None or named[1] in _META:
            continue
        inner = _struct(each["type"])
        required = "" if each.get("optional") else "!"
        shape[named[1]] = (
            {"required": bool(required), "block": _shape(jsii, inner)} if inner else _type(each["type"]) + required
        )
    return shape


def _struct(found: dict) -> str:
    if "union" in found:
        return next(filter(None, map(_struct, found["union"]["types"])), "")
    if "collection" in found:
        return _struct(found["collection"]["elementtype"])
    fqn = found.get("fqn", "")
    return fqn if fqn.startswith("@cdktn/provider-aws.") else ""


def _type(found: dict) -> str:
    if "union" in found:
        return next(filter(None, map(_type, found["union"]["types"])), "")
    if "collection" in found:
        return {"array": "list", "map": "map"}[found["collection"]["kind"]]
    return found.get("primitive", "")


if __name__ == "__main__":
    EXTRACT.write_text(json.dumps(extract(Path(sys.argv[1])), separators=(",", ":"), sort_keys=True) + "\n")
