"""Files in S3, by their URL: ``s3://BUCKET/KEY``."""

from __future__ import annotations

import re
from typing import Final

from bot.aws.calls import call
from bot.aws.clients import Aws
from bot.errors import Misuse

S3: Final = "s3://"
_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/([^/].{0,1000})")


def put(aws: Aws, url: str, content: bytes) -> None:
    """Writes one file. S3 keeps the earlier content if the bucket has versions. Misuse for another kind of URL.

    Source: Amazon S3 API reference, PutObject.
    """
    match = _URL.fullmatch(url)
    if match is None:
        raise Misuse(f"{url} is not the name of a file in S3; expected s3://BUCKET/KEY.")
    bucket, key = match.groups()
    call("s3", f"write {url}", lambda: aws.client("s3").put_object(Bucket=bucket, Key=key, Body=content))
