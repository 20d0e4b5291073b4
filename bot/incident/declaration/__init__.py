"""How an incident begins: the declaration, and the secrets in it or added later."""
