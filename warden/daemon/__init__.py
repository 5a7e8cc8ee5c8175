"""The daemon keeps everything warm and runs sessions; each session is a process of its own.

::

    warden exec (client)                 daemon (one warm, single-threaded parent)
        | connects, says hello  ------->   checks the peer's user and build, forks
        | sends argv, environment,            |
        | descriptors 0, 1, 2   ------->   session process: owns one sandbox
        |                                     |- worker process: proxy, CA key, credentials, policy
        |                                     `- crun -> the agent, on the client's own descriptors
        | <-- terminal, exit code

The parts:

- ``places``: where the socket, the state, the log and the lock are, for root and for an ordinary user.
- ``api``: the frames that client and daemon exchange. The client imports it, so it imports next to nothing.
- ``server``: the parent. It accepts, forks, reaps and sweeps; it never reads a request, a policy or a credential.
- ``session``: one session from request to exit code; ``request`` is what the client asked for, ``sandboxing`` turns it into an OCI spec.
- ``worker``: the forked process that serves the sandbox's network.
- ``trust`` and ``environment``: what makes clients inside trust the session's CA, and which variables they see.

Who dies, and what follows (each has a test in ``tests/integration/daemon``): the client -> its session ends; the worker -> nothing leaves,
the session ends with that message; the session -> the container dies with it and the daemon sweeps what is left; the daemon -> every session
gets SIGTERM from the kernel (``PR_SET_PDEATHSIG``) and cleans up. A daemon that starts sweeps what the last one left.
"""
