"""What passes after ``101 Switching Protocols``: the frames of the protocol that was switched to, what each carries, and what goes on instead.

==============================================================  ============================================  ======================================
switched to                                                     what the server sends                         read by
==============================================================  ============================================  ======================================
WebSocket, ``[vN.][base64.]channel.k8s.io``, ``binary.k8s.io``  streams: exec, attach, port-forward, a log    `channels`
WebSocket, ``SPDY/3.1+portforward.k8s.io``                      SPDY in binary messages                       `tunnel`
WebSocket, anything else                                        messages: a watch, a service's own            `messages`
``SPDY/3.1``                                                    streams: exec, attach, port-forward           `spdy`
==============================================================  ============================================  ======================================

`choose` says which; a protocol that none of them reads is not let through. `websocket` and `spdy` are the framing. A stream of text goes through
`live`, which holds back what may be the beginning of a secret and nothing else for longer than a moment; what a forwarded port says goes through
`forward`, which reads HTTP. `outward` looks at what the client sends: placeholders become secrets only in whole messages to where they may go.

Nothing here has a clock: who does asks `Switch.waiting`, and calls `Switch.flush` in `live.HOLD` seconds. What goes on depends on the bytes, and on
when `flush` was called, never on how the bytes were cut on their way.
"""
