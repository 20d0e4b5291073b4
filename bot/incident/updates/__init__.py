"""Status updates: what those are told who do not take part in the response, when, and whether they have been told."""
