"""AWS IAM in the practice world."""
