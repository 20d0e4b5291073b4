"""Who read a secret, from CloudTrail: a contract and its implementation."""
