"""Secrets in responses: found, and replaced by placeholders that the agent can pass on but not read.

- `spans`       what is common to readers that say where a value is
- `json_spans`  ``xml_spans``  ``cbor_spans``  ``protobuf_spans``: the texts of a body with their byte offsets
- `schema`      outputs that are secret by their API

All of it is pure: bytes in, offsets out, no I/O but the packaged tables.
"""
