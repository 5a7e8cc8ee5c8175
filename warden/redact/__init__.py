"""Secrets in what comes back become placeholders; placeholders in what goes out become secrets again, where they may.

- `placeholder` makes what stands for a secret; `vault` is the session's map of both, and finds either in any bytes (`index`);
- `outgoing` walks a request: `content` knows the formats of bodies, `strings` the strings of JSON and YAML, `transcripts` to whom placeholders may
  be quoted, `chunks` AWS's uploads in chunks, `secret_message` a Kubernetes Secret in protobuf; `etag` is an ETag on its way in and back;
- `streams` is what follows a switch of protocols (WebSocket, SPDY), both ways; `beginnings` what of a known secret may have begun at an end;
- `binding` says where a secret that was found in an answer may go back to;
- `hit` is what a detector finds.

Pure: bytes in, bytes out; no I/O, no clock. Importing this package imports nothing else.
"""
