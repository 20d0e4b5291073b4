"""The replacement: made or brought, verified, put in its place, cleared up."""
