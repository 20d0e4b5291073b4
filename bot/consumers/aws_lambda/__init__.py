"""Lambda functions: how they are made to read their parameters again."""
