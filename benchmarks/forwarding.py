"""mitmproxy that only forwards, as its documentation embeds it, with the addons that forwarding needs: what the worker is measured against.

A program of its own, so that nothing of it is Warden's: `python -m benchmarks.forwarding PORT UPSTREAM-PORT FOLDER`, with ``world.pem`` in the
folder. Like the worker, it leaves what was loaded at its start to the garbage collector's frozen generation.
"""

from __future__ import annotations

import asyncio
import gc
import sys

from mitmproxy.addons.core import Core
from mitmproxy.addons.next_layer import NextLayer
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.addons.tlsconfig import TlsConfig
from mitmproxy.master import Master
from mitmproxy.options import Options


async def forward(port: int, upstream: int, folder: str) -> None:
    """Forwards whatever comes in at `port` to `upstream` over TLS, until it is ended."""
    options = Options()
    master = Master(options)
    master.addons.add(Core(), Proxyserver(), NextLayer(), TlsConfig())
    options.update(
        mode=[f"reverse:https://127.0.0.1:{upstream}@127.0.0.1:{port}"],
        confdir=f"{folder}/mitmproxy",
        ssl_verify_upstream_trusted_ca=f"{folder}/world.pem",
        connection_strategy="lazy",
        upstream_cert=False,
    )
    await master.run()


if __name__ == "__main__":
    gc.collect()
    gc.freeze()
    asyncio.run(forward(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
