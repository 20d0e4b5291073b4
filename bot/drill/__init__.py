"""The practice world: fakes that keep real state, and the drill that runs an incident against them."""
