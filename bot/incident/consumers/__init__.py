"""Functions that read the value: refreshing them, and checking their health with the new key."""
