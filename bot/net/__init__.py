"""What every outgoing call shares: HTTP, time-outs, rate limits, and the hosts of AWS."""
