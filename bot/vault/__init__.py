"""Where values are stored, SSM Parameter Store: a contract and its implementation."""
