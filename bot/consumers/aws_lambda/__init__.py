"""Lambda functions: how they are told to start afresh."""
