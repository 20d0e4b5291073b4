"""The functions that read a secret: how each is made to read a new one, and asked whether it is well."""
