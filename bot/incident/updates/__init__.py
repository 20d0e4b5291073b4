"""Status updates for people outside the response: what they get, when, and whether it arrived."""
