"""Secrets in what comes back become placeholders; placeholders in what goes out become secrets again, where they may.

Pure: bytes in, bytes out; no I/O, no clock. Importing this package imports nothing else.
"""
