"""A Slack bot for the moment a secret leaks."""
