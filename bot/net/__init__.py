"""What all that calls out shares: HTTP, limits of rate and time, the hosts of AWS."""
