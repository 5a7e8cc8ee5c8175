"""TLS on both sides of the proxy: the session's own leaves towards the sandbox, verified certificates towards the world.

Upstream certificates are always verified, for the name of the connection, against the system's CAs and those that `upstream.ca` adds; or, where a
`Peer` says so (a cluster's API server), for its name and against its own CAs alone. A client certificate is presented on connections that were
opened for its owner's requests, and on no other. No key or certificate is read from or written to a file but the trusted CAs, and no key log
is ever kept.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from OpenSSL import SSL, crypto

from warden.credentials.peer import ClientCertificate
from warden.enforce.ca import SessionCA
from warden.errors import ConfigError, CredentialError

#: Clusters and identities whose contexts are kept.
CONTEXTS = 64
HTTP1 = (b"http/1.1",)
HTTP2_AND_1 = (b"h2", b"http/1.1")

# Ours is an ECDSA key, so these are all that can be chosen below TLS 1.3. GCM first: HTTP/2 forbids CBC (RFC 9113 appendix A).
_CIPHERS = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
    b"ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384"
)
# Names are matched against subjectAltName only, and "f*.example.com" is not a wildcard. pyOpenSSL has no public way to say so.
_HOST_FLAGS = SSL._lib.X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | SSL._lib.X509_CHECK_FLAG_NEVER_CHECK_SUBJECT  # type: ignore[attr-defined]

_warm: SSL.Context | None = None


def warm() -> None:
    """Loads the system's CAs once, in the parent that workers are forked from: 8 ms and 1 MB that they then share."""
    global _warm
    _warm = _upstream_context(())


def _upstream_context(files: Sequence[str]) -> SSL.Context:
    context = _bare_context()
    context.set_default_verify_paths()
    for file in files:
        try:
            context.load_verify_locations(file)
        except SSL.Error as error:
            raise ConfigError(f"upstream.ca: {file} cannot be read as certificates in PEM form.") from error
    return context


def _peer_context(authority: bytes | None, certificate: ClientCertificate | None, files: Sequence[str]) -> SSL.Context:
    """For one peer and identity. Raises CredentialError when either is not what it must be; which is the user's own, and no detail is repeated."""
    context = _upstream_context(files) if authority is None else _bare_context()
    try:
        if authority is not None:
            store = context.get_cert_store()
            assert store is not None
            for pem in x509.load_pem_x509_certificates(authority):
                store.add_cert(crypto.X509.from_cryptography(pem))
            # As Go, and so kubectl, has it: what is listed is trusted, also where it is no root.
            store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
        if certificate is not None:
            chain = x509.load_pem_x509_certificates(certificate.certificate)
            context.use_certificate(chain[0])
            context.use_privatekey(serialization.load_pem_private_key(certificate.key, None))  # type: ignore[arg-type]
            for above in chain[1:]:
                context.add_extra_chain_cert(above)
            context.check_privatekey()
    except (ValueError, TypeError, UnsupportedAlgorithm, SSL.Error, crypto.Error):
        what = "client certificate or its key" if certificate is not None else "CA"
        raise CredentialError("bad-certificate", f"The cluster's {what} in the kubeconfig cannot be used.") from None
    return context


def _bare_context() -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_verify(SSL.VERIFY_PEER, None)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    return context


def _alpn(connection: SSL.Connection, offered: list[bytes]) -> Any:
    """The client's first choice of what is spoken here, or HTTP/1.1 where that is wanted and offered. One that offers neither gets no ALPN
    and is read as HTTP/1.1.
    """
    if connection.get_app_data() and b"http/1.1" in offered:
        return b"http/1.1"
    return next((protocol for protocol in offered if protocol in HTTP2_AND_1), SSL.NO_OVERLAPPING_PROTOCOLS)


class TlsSides:
    """Makes the TLS connections of one session. Raises ConfigError for a CA file that does not load."""

    def __init__(self, ca: SessionCA, files: Sequence[str]) -> None:
        self._ca = ca
        self._files = files
        self._upstream = _warm if _warm is not None and not files else _upstream_context(files)
        #: Contexts by authority and certificate, the last ones used.
        self._of_peers: OrderedDict[tuple[bytes | None, ClientCertificate | None], SSL.Context] = OrderedDict()
        self._client = SSL.Context(SSL.TLS_SERVER_METHOD)
        self._client.set_min_proto_version(SSL.TLS1_2_VERSION)
        self._client.set_cipher_list(_CIPHERS)
        self._client.set_options(SSL.OP_CIPHER_SERVER_PREFERENCE | SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
        # Tickets are stateless; a cache would hold up to 20,000 sessions in memory.
        self._client.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        self._client.set_alpn_select_callback(_alpn)

    def client(self, name: str, *, prefer_http1: bool) -> SSL.Connection:
        """The server's side of a connection from the sandbox, with a leaf for `name`."""
        connection = SSL.Connection(self._client)
        connection.use_certificate(self._ca.leaf(name))
        connection.use_privatekey(self._ca.leaf_key)
        connection.set_app_data(prefer_http1)
        connection.set_accept_state()
        return connection

    def server(
        self, name: str, protocols: tuple[bytes, ...], authority: bytes | None = None, certificate: ClientCertificate | None = None
    ) -> SSL.Connection:
        """The client's side of a connection to the world: SNI and verification for `name`, against the CAs in `authority` where it is given.

        Raises ValueError for what is no name, CredentialError for an authority or certificate that cannot be used.
        """
        connection = SSL.Connection(self._context(authority, certificate))
        parameters = SSL._lib.SSL_get0_param(connection._ssl)  # type: ignore[attr-defined]
        SSL._lib.X509_VERIFY_PARAM_set_hostflags(parameters, _HOST_FLAGS)  # type: ignore[attr-defined]
        try:
            address = ipaddress.ip_address(name).packed
        except ValueError:
            host = name.encode("ascii")
            connection.set_tlsext_host_name(host)
            done = SSL._lib.X509_VERIFY_PARAM_set1_host(parameters, host, len(host))  # type: ignore[attr-defined]
        else:  # RFC 6066 section 3: literal addresses are not permitted in the server name
            done = SSL._lib.X509_VERIFY_PARAM_set1_ip(parameters, address, len(address))  # type: ignore[attr-defined]
        if done != 1:
            raise ValueError(f"{name[:64]!r} cannot be verified in a certificate")
        connection.set_alpn_protos(list(protocols))
        connection.set_connect_state()
        return connection

    def _context(self, authority: bytes | None, certificate: ClientCertificate | None) -> SSL.Context:
        if authority is None and certificate is None:
            return self._upstream
        key = (authority, certificate)
        context = self._of_peers.pop(key, None) or _peer_context(authority, certificate, self._files)
        self._of_peers[key] = context
        if len(self._of_peers) > CONTEXTS:
            self._of_peers.popitem(last=False)
        return context
