"""Who is woken and where people meet: pager, fallback, channel, and what may be said outside."""
