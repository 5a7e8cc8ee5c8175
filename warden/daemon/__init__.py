"""The daemon keeps everything warm and runs sessions; each session is a process of its own.

::

    warden exec (client)                 daemon (one warm, single-threaded parent)
        | connects, says hello  ------->   checks the peer's user and build, forks
        | sends argv, environment,            |
        | descriptors 0, 1, 2   ------->   session process: owns one sandbox
        |                                     |- worker process: proxy, CA key, credentials, policy
        |                                     `- crun -> the agent, on the client's own descriptors
        | <-- terminal, exit code

The parts, in the order in which a start meets them:

- ``places``: where the socket, the sessions' files, the log and the lock are. ``start``: the client finds the daemon, or starts a private one.
- ``api``: the frames that client and daemon exchange. The client imports these three, so they import next to nothing.
- ``running``: the daemon as a process: loads what is slow to load, then serves. ``loaded`` tells when its files have changed, ``memory`` makes it
  cheap to fork, ``own`` keeps a command from writing what Warden is loaded from.
- ``server``: the parent. It accepts, forks, reaps and sweeps; it never reads a request, a policy or a credential.
- ``session``: one session from request to exit code. ``ground`` is what is prepared before anybody comes, most of a container among it;
  ``request`` what the client asked for; ``terms`` the configuration, policy, credentials and audit log that hold; ``program`` whether the
  command can be run at all.
- ``container``: request, terms and ground as the sandbox's specification, with ``trust`` (every client inside trusts the session's CA) and
  ``environment`` (which variables the command sees).
- ``worker``: the forked process that serves the sandbox's network.
- ``process``, ``log``: what the above need of Linux.

Who dies, and what follows (each has a test in ``tests/integration/daemon/test_kill.py``):

===========  ======================================================================================================================
the client   its session ends: the command is killed, everything is cleaned up
the worker   the listeners close, so the sandbox is refused at once; the session ends and says why
the session  the kernel kills worker and container with it (``PR_SET_PDEATHSIG``); the daemon sweeps what is left on disk
the daemon   the kernel sends every session SIGTERM: each asks its command to end, then cleans up
all at once  the kernel kills the rest; the next daemon sweeps
===========  ======================================================================================================================
"""
