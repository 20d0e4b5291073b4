"""The practice world: stand-ins that keep real state, and the drill that runs an incident against them."""
