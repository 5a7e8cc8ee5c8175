"""Runs one hostile process behind the kernel's walls. Kernel and OCI nouns only; this package never imports `warden`.

The parts, in the order in which a start goes through them:

1. `spec`      what to run, and what it may see: frozen values.
2. `network`   a namespace without a route, with our listeners in it (`rtnetlink` and `nftables` fill it).
3. `view`      the paths of the spec resolved against the host: what is private, writable, hidden, bound.
4. `oci`       spec and view as a ``config.json``, with the system call filter of `seccomp`. Pure.
5. `cgroup`    the limits of the whole.
6. `launch`    from clone to execve: the keeper, its namespaces, the read-only tree.
7. `berth`     all of this that does not depend on the spec, made ahead.
8. `runtime`   crun or runc as a child: start, signal, wait, close, sweep.

`probe` says what this machine can enforce. `kernel` has the system calls that Python lacks, `paths` what is asked of the kernel by the hundred.
It works as root and, in a user namespace of one id, as an ordinary user; nothing outlives the process that started it.

::

    namespace = network.Namespace.create()
    with runtime.start(Spec(argv=("sh",), cwd="/work", env={"PATH": "/usr/bin"}), namespace=namespace) as container:
        status = container.wait()
    namespace.close()
"""

from __future__ import annotations

from sandbox.errors import SandboxError
from sandbox.spec import Bind, Limits, Spec

__all__ = ["Bind", "Limits", "SandboxError", "Spec"]
