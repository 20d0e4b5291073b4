"""What an attacker may keep after the key is dead: checks at the provider, siblings, copies, and readers."""
