"""Where the compiled modules of a drill's processes are kept, if the installation keeps none: it cannot be written to,
or Python was told not to. Else each process would compile everything again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path

PREFIX, REFUSED = "PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE"


def keep_bytecode(environ: MutableMapping[str, str]) -> None:
    """Has processes with this environment keep them in the user's own cache."""
    environ.pop(REFUSED, None)
    if not _kept_in_place():
        cache = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        environ.setdefault(PREFIX, str(Path(cache) / "compromise-bot" / "bytecode"))


def keep_own_bytecode() -> None:
    """The same for this process, and what it starts."""
    keep_bytecode(os.environ)
    sys.pycache_prefix, sys.dont_write_bytecode = os.environ.get(PREFIX), False


def _kept_in_place() -> bool:
    """Whether this very module, which has just been imported, has its compiled form kept."""
    cached = __spec__.cached if __spec__ is not None else None
    return cached is not None and Path(cached).exists()
