"""How old each catalogued secret is, when its rotation is due, and whom that concerns."""
