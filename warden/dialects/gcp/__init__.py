"""The Google Cloud dialect: one HTTP or gRPC request in, the API methods that it calls out, and denials that Google's clients print.

- `noun`      `Call`: one method call as the wire names it
- `route`     request -> `Call`s: host, path template, ``:verb``, upload, batch, method override, gRPC, storage's XML API
- `effects`   `Call` -> verb, flags, resources, conditions on parameters
- `denial`    a ruling -> Google's JSON error, gRPC status, or storage's XML error
"""
