"""The Google Cloud dialect: one HTTP or gRPC request in, the API methods that it calls out, and denials that Google's clients print.

- `noun`      `Call`: one method call as the wire names it
- `route`     request -> `Call`s, by all that follows: the file to read first
- `hosts`     host name -> whose endpoint it is; which of Google's names are customers' own and thus not this dialect's
- `head`      target, headers, and the method overrides that Google documents
- `batch`     ``/batch``: many requests in one
- `grpc`      gRPC and ``/$rpc/``
- `storage_xml`  the XML API of Cloud Storage
- `index`     the generated tables behind them (``make tables``; sources in their headers)
- `effects`   `Call` -> verb, flags, resources, conditions on parameters
- `denial`    a ruling -> Google's JSON error, gRPC status, or storage's XML error
"""
