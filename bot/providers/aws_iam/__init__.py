"""AWS IAM: its classes, its API and its card."""
