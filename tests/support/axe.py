"""axe-core in the page that a browser shows: contrast, order of headings, labels and names, by the rules of WCAG 2.2 A
and AA, and axe's good practice.

Source: github.com/dequelabs/axe-core, doc/API.md (`axe.run`, tags). The script is the one that `axe-playwright-python`
carries; nothing else of that package is used.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from tests.support.chromium import Browser

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
SCHEMES = ("light", "dark")


def violations(browser: Browser, *without: str) -> list[str]:
    """What is wrong with the page that is open, each with the elements concerned; `without` are rules left out."""
    if not browser.run("typeof axe === 'object'"):
        browser.run((files("axe_playwright_python") / "axe.min.js").read_text())
    options = {
        "runOnly": {"type": "tag", "values": TAGS},
        "rules": {rule: {"enabled": False} for rule in without},
        "resultTypes": ["violations"],
    }
    found: list[dict[str, Any]] = browser.run(f"axe.run(document, {json.dumps(options)}).then(done => done.violations)")
    return [f"{one['id']}: {node['html'][:120]}: {node['failureSummary']}" for one in found for node in one["nodes"]]


def scheme(browser: Browser, name: str) -> None:
    """Shows pages as whoever prefers ``light`` or ``dark`` sees them."""
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])
