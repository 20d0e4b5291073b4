"""Logging: one line an event, JSON in production and readable on a terminal, without secrets.

The composition root calls `configure` once; earlier events wait for it. Modules use a `Logger`, third parties the
standard library; both come out here. Our code never gives a value to a logger: the redaction of known shapes is a
second net, for text in a library's exception. Tracebacks show code, never local variables.

The first line imports structlog, because it brings asyncio and all of rich: most commands of the terminal log nothing
and start faster.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

from bot.secrets.keyshapes import redact

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

DEEPEST = 6
"""Levels of nested data that are shown."""
LONGEST = 16_384
"""The most characters of one text that are shown; more would only cost time and space."""
UNPRINTABLE = "<cannot be printed>"
QUOTING = ("urllib3", "requests")
"""Libraries whose warnings quote data from the network: at WARNING, urllib3 logs the URL and every header that it
cannot parse, with its value. They are shown from CRITICAL.
"""
_OURS = "bot"
_waiting: deque[tuple[str, str, str, Mapping[str, object]]] = deque(maxlen=1000)
"""Events before `configure`, such as those of reading settings: their destination and level are known only then.
(logger, level, event, fields). Keeps only the latest ones if `configure` is never called.
"""


class Logger:
    """A module's logger: ``_log = Logger(__name__)``. An event is a short phrase; its data are fields."""

    def __init__(self, name: str) -> None:
        self._name = name

    def info(self, event: str, **fields: object) -> None:
        self._say("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._say("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._say("error", event, fields)

    def _say(self, level: str, event: str, fields: Mapping[str, object]) -> None:
        import structlog

        ours = [handler for handler in logging.getLogger().handlers if isinstance(handler, _Handler)]
        if not ours and not structlog.is_configured():
            _waiting.append((self._name, level, event, fields))
            return
        for handler in ours:
            handler.prepare()
        getattr(structlog.get_logger(self._name), level)(event, **fields)


class _Handler(logging.StreamHandler[TextIO]):
    """Our handler on the root logger; a class of its own, so that configuring again replaces it and no other."""

    def __init__(self, stream: TextIO, json: bool) -> None:  # noqa: FBT001 - named by every caller
        super().__init__(stream)
        self._json = json

    def prepare(self) -> None:
        """Configures structlog, before the first line."""
        if self.formatter is None:
            self.formatter = _configure_structlog(self.stream, json=self._json)

    def format(self, record: logging.LogRecord) -> str:
        self.prepare()
        return super().format(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        """A line that cannot be written is lost: the standard library would print its arguments to standard error."""


def configure(level: str, json: bool, stream: TextIO) -> None:  # noqa: FBT001 - named by every caller
    """Sends all logging to `stream`: ours from `level` (``DEBUG`` … ``ERROR``), third parties from WARNING, the HTTP
    libraries from CRITICAL.

    Third parties stay at these levels, regardless of our level and of what they set themselves: botocore prints values
    at DEBUG. A second call replaces the earlier configuration.
    """
    handler = _Handler(stream, json)
    handler.addFilter(_not_chatty)
    root = logging.getLogger()
    root.handlers[:] = [*(old for old in root.handlers if not isinstance(old, _Handler)), handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(level.upper())
    silence_http_libraries()
    logging.captureWarnings(capture=True)
    said = tuple(_waiting)
    _waiting.clear()
    for name, how, event, fields in said:
        Logger(name)._say(how, event, fields)  # noqa: SLF001 - of this module


def _configure_structlog(stream: TextIO, *, json: bool) -> logging.Formatter:
    import structlog

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            redacted,
            structlog.processors.JSONRenderer(ensure_ascii=False) if json else _readable(stream),
        ],
    )


def silence_http_libraries() -> None:
    """Sets their loggers' level, which applies to every handler. A level that they set later below their own name is
    ignored by our handler.
    """
    for name in QUOTING:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The processor: no text of the event, however deep, keeps what looks like a secret; objects are shown by `str`."""
    return {_clean_text(str(key)): _clean(value, DEEPEST) for key, value in event.items()}


def _clean(value: object, levels: int) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return _clean_text(value)
        case Mapping() if levels:
            return {_clean_text(str(key)): _clean(item, levels - 1) for key, item in value.items()}
        case list() | tuple() | set() | frozenset() if levels:
            return [_clean(item, levels - 1) for item in value]
        case bytes() | bytearray() | memoryview():
            return f"<{len(value)} bytes>"
        case _:
            return _clean_object(value)


def _clean_object(value: object) -> str:
    """A `Secret` prints as its fingerprint; what cannot print itself must not take the line with it."""
    try:
        return _clean_text(str(value))
    except Exception:  # noqa: BLE001 - anything can go wrong in a stranger's __str__
        return UNPRINTABLE


def _clean_text(text: str) -> str:
    """Cut after redaction, since half a secret has no shape; but nothing is scanned without end."""
    shown = redact(text[: 2 * LONGEST])
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}… ({len(text)} characters)"


def _readable(stream: TextIO) -> Processor:
    import structlog

    # The plain traceback: the pretty ones print local variables.
    return structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _not_chatty(record: logging.LogRecord) -> bool:
    family = record.name.partition(".")[0]
    if family == _OURS:
        return True
    return record.levelno >= (logging.CRITICAL if family in QUOTING else logging.WARNING)
