"""Calls to AWS: one session, clients made once, and botocore's errors told in our own words."""

from bot.aws.calls import answered, call, pages
from bot.aws.clients import Aws, SigningKey, check_endpoint, check_endpoints

__all__ = ["Aws", "SigningKey", "answered", "call", "check_endpoint", "check_endpoints", "pages"]
