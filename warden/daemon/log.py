"""The daemon's own log: what happened to the machinery, for whoever operates it. Rulings are in the audit log, secrets in neither."""

from __future__ import annotations

import logging
import sys

import structlog

structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
    ],
    logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    cache_logger_on_first_use=False,
)

logger = structlog.get_logger("warden")

# What libraries and the worker log by the standard library goes to the same place; nothing below a warning.
logging.basicConfig(
    stream=sys.stderr, level=logging.WARNING, format="timestamp=%(asctime)s level=%(levelname)s event=%(name)s: %(message)s"
)
