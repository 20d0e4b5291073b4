"""A repository that gets each decision as a pull request."""
