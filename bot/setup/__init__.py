"""What an installation needs, made from a few answers: policies, people, settings, Terraform's variables, a catalog."""
