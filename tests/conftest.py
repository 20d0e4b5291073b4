"""What every test needs: a fixed fingerprint key, so that fingerprints are the same in every run."""

import pytest

from bot.secret import use_fingerprint_key

FINGERPRINT_KEY = bytes(range(32))


@pytest.fixture(autouse=True)
def _fingerprint_key():
    use_fingerprint_key(FINGERPRINT_KEY)
    yield
    use_fingerprint_key(None)
