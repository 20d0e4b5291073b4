"""The new key: made or submitted, verified, put in place, and cleaned up after."""
