"""The HTTP server: parts of the bot register routes, and the composition root serves them.

The limits on size and time are in `limits`; a route states only the largest body that it accepts.
"""

from bot.web.routes import Request, Response, Route, application
from bot.web.server import HealthServer, PublicServer, Server

__all__ = ["HealthServer", "PublicServer", "Request", "Response", "Route", "Server", "application"]
