"""The harness of each provider, by its key: found in the folders, where each `*harness.py` says which it has.

The standard questions (tests/providers/test_standard_questions.py) are asked of every provider through these.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent
HARNESSES: dict[str, Callable[[], object]] = {
    key: harness
    for path in sorted(HERE.glob("*/*harness.py"))
    for key, harness in import_module(f"tests.providers.{path.parent.name}.{path.stem}").HARNESSES.items()
}
