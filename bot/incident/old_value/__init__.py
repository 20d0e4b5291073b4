"""The leaked key: captured, revoked, probed until it is dead, and watched after the close."""
