"""Warden wraps an AI agent's process and rules, deterministically, on everything that leaves it.

The packages, in the order a message meets them (ARCHITECTURE.md has the picture):

- ``cli`` and ``daemon`` start a session: a sandboxed process and its worker.
- ``enforce`` holds the policy enforcement points. They turn wire messages into :mod:`warden.model` values.
- ``pipeline`` is the one flow: wire message -> Actions -> Decision -> denial, or forward with real credentials.
- ``dialects`` (wire -> Actions), ``decide`` (Actions -> Decision), ``credentials`` and ``audit`` serve it.
- ``model`` and ``errors`` are the nouns everything else speaks in.

This module imports nothing: ``warden exec`` starts in milliseconds because of it.
"""

__version__ = "0.1.0"
