"""The HTTP enforcement point: mitmproxy's sans-I/O proxy core between the sandbox and the world, and the only package that imports it.

A connection is a `Connection` (:mod:`.connection`): it moves bytes between sockets and a stack of layers, and answers the stack's hooks.
The stack of layers (:mod:`.layers`, with :mod:`.http1`, :mod:`.heads`, :mod:`.http2` and :mod:`.stream`) is mitmproxy's, made strict where it is
lenient and bounded where it is not. Hooks are the places where the stack stops and asks; all of them are methods of `Enforcer`
(:mod:`.enforcer`), which asks the pipeline. What follows a switch of protocols goes through :mod:`.switched`, a layer, and :mod:`.relay`, which says
what of it goes on. :mod:`.message` turns mitmproxy's flows into `HttpRequest` values and back, :mod:`.tls` speaks TLS on both sides.

::

    client bytes -> [TLS] -> HTTP/1.1 or HTTP/2 -> Stream --requestheaders/request--> Enforcer --HttpRequest--> Pipeline
                                                     |<---- denial, or the request re-emitted from Ruling.forward ----|
                                                     '--- make_server_connection --> upstream TLS -> HTTP

What keeps an unruled byte from leaving, in order:

1. `Connection` exists only for a connect that was ruled on by name and port.
2. `Enforcer` puts a denial into the flow unless a ruling allowed it and named what to forward; what raises on the way is a denial.
3. `Stream.make_server_connection` opens nothing for a flow whose request is not, field by field, the one that was emitted after a ruling.
4. `Connection.open_connection` refuses when no allowed exchange is under way on this connection.

mitmproxy is embedded at its lowest level, as its own `proxy/server.py` shows: a `LiveConnectionHandler` and no master, options or addons. Its
addon manager logs the exceptions of hooks and lets the flow go on; here `Connection.handle_hook` calls one method, and an exception denies.
That is also a quarter of the import time and memory, and there is nothing at import that a fork would break: no event loop, no thread.
"""
