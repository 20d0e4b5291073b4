"""What a stranger may cost: every limit on what comes in by HTTP, in size and in time."""

HEADER_BYTES = 16 * 1024
"""Slack's request line and headers are about 1 KB; what a TLS front adds is as much again."""
NOTHING_BYTES = 1024
"""The largest body for a route to which nobody has to send anything."""
CONNECTIONS = 512
"""Open at once, one that has sent nothing yet included; fewer where the process may open fewer files."""
BACKLOG = 1024
"""Waiting in the system's queue beside those."""
REQUEST_SECONDS = 15
"""How long a request may take to arrive, and a connection may lie idle."""
CLEANUP_SECONDS = 5
"""Between two looks for such connections."""
ENDING_SECONDS = 5.0
"""For what is being answered when the process is told to stop."""
