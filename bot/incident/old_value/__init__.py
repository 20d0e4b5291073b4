"""The leaked value: captured, revoked, looked at until its death is proven, and watched after the close."""
