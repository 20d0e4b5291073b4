"""What may outlive the dead key: checks at the provider, siblings, copies, and who read the value."""
