"""What comes in by HTTP. A part of the bot registers routes, and the composition root serves them.

The limits on size and time stand in `limits`; a route names only the largest body that it takes.
"""

from bot.web.health import HealthServer
from bot.web.routes import Request, Response, Route, application
from bot.web.server import PublicServer, Server

__all__ = ["HealthServer", "PublicServer", "Request", "Response", "Route", "Server", "application"]
