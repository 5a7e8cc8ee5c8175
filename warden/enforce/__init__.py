"""Policy enforcement points: every way out of the sandbox ends here, and nothing goes on without a ruling.

::

    worker.py     one session's sockets: each connection is ruled on by name and port, then given to one of the next three
    http/         HTTP and HTTPS, read, ruled on request by request, re-emitted (the only code that knows mitmproxy)
    stream.py     opaque bytes, for hosts that the egress list opens as ``tcp://``
    dns.py        names: an allowed one gets a synthetic address, a denied one does not exist
    synthetic.py  the table of those addresses, by which a connection is known by name before a byte of it is read
    upstream.py   where an allowed connection goes out there, and where a name may not lead
    ca.py         the session's own certificate authority
    syscalls.py   what the process asks of the kernel (later)

Each turns wire messages into :mod:`warden.model` values, asks :class:`warden.pipeline.Pipeline`, and does what the `Ruling` says. None of them
decides. What cannot even be made into a message (a request without a single reading, a connection over a limit) is given to
`Pipeline.refuse`, which denies and records it. All bounds (bytes, seconds, connections) are constants at the head of their module, each with
its reason.
"""
