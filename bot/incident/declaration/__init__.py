"""How an incident begins: its declaration, and the secrets that are in it or are added."""
