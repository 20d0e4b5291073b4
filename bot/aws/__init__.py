"""Calls to AWS: one session, one client for each service, and botocore's errors in the bot's own sentences."""

from bot.aws.calls import answered, call, pages
from bot.aws.clients import Aws, Role, SigningKey, check_endpoint, check_endpoints

__all__ = ["Aws", "Role", "SigningKey", "answered", "call", "check_endpoint", "check_endpoints", "pages"]
