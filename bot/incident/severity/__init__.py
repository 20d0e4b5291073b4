"""How grave an incident is."""
