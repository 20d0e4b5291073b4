"""What an incident is: pure data and pure functions. No clock, no network, no environment; times and ids come in as arguments."""
