"""Who leads the response."""
