"""Bodies read strictly, for every dialect: bytes in, one tree out, or a named DecodeError where a message has two readings.

- `json`  RFC 8259, each key once
- `cbor`  RFC 8949, each key once
- `form`  ``application/x-www-form-urlencoded`` as a tree of dotted names
- `xml`   elements as a tree; no document types
- `protobuf`  the wire format, each scalar once
- `grpc`  the messages of a gRPC body
- `gzip`  compressed bodies, to a limit

A body that was not read (`HttpRequest.body` is None) never comes here: who asks treats it as its worst.
"""

#: Nesting beyond this is no API call. Python's own limit is far above it.
MAX_DEPTH = 64

#: The next step for whoever sent what cannot be read.
ADVICE = "Send the request with the provider's own SDK or command line."
