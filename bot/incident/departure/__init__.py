"""Someone leaves: what is rotated, who agrees to that, and what the person can still read."""
