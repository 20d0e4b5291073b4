"""The kinds of consumers by the catalog's key. Written by `python -m bot.generate`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.model.consumers import ConsumerKind

KINDS: Mapping[str, ConsumerKind] = MappingProxyType(
    {
        "lambda": ConsumerKind(
            key="lambda",
            name="the Lambda function's name or ARN",
            alias="the alias that traffic takes, if any",
            health="a URL that answers 2xx while the function is healthy",
            services=("lambda",),
        ),
    }
)
CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "lambda": "bot.consumers.aws_lambda.functions:LambdaConsumers",
    }
)
