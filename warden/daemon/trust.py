"""Makes every client inside trust the session's CA, and as few as possible by a variable.

What a client finds by itself is best: the system's bundle with the CA appended is bind-mounted over the system's own, and so are the bundles
that packages carry. A variable is set only for clients that look nowhere else (`VARIABLES`); one that the user exported and that names a
bundle stays, and the file that it names gets the CA too (`NAMING_VARIABLES`). Each line says who needs it; the tests run that client in
a clean environment.

Bundles below a writable directory (a virtual environment in the project) are not mounted over: a mount point can be neither replaced nor
removed, so `pip install --upgrade certifi` would fail there half-way. Clients in it are reached by the variables.
"""

from __future__ import annotations

import binascii
import hashlib
import os
import struct
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sandbox.paths import real, within

#: The system's bundles, Debian's first. All that exist are mounted over; where none does, the first is made.
SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Gentoo, NixOS: curl, wget, git, Go, Rust, GnuTLS, PHP, Ruby
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL, Amazon Linux
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # RHEL 7 and later, what the one above links to
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # Alpine; OpenSSL's default file where its directory is /etc/ssl
    "/usr/lib/ssl/cert.pem",  # OpenSSL's default file on Debian, if somebody made it
    "/usr/local/share/ca-certificates/ca-certificates.crt",  # FreeBSD's layout, found in some images
)

#: OpenSSL's hashed directory. The CA goes in under its subject hash, for who uses the directory and not the file: Python built by pyenv, Perl.
SYSTEM_DIRECTORY = "/etc/ssl/certs"

#: Java's trust stores. All that exist are mounted over.
JAVA_STORES = (
    "/etc/ssl/certs/java/cacerts",  # Debian: every packaged JDK links here
    "/etc/pki/ca-trust/extracted/java/cacerts",  # Fedora, RHEL
)

#: Set inside. `bundle` is the system's bundle with the CA, `authority` a file with the CA alone, for clients that add it to their own roots.
VARIABLES = (
    ("REQUESTS_CA_BUNDLE", "bundle"),  # requests and botocore (aws, boto3): both read only the bundle in their package
    ("SSL_CERT_FILE", "bundle"),  # httpx: certifi's bundle unless this is set; OpenSSL with a compiled-in place of its own (conda)
    ("NODE_EXTRA_CA_CERTS", "authority"),  # Node: its roots are compiled in
    ("DENO_CERT", "authority"),  # Deno: its roots are compiled in
    ("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", "bundle"),  # gcloud: reads only the bundle that it carries
    ("HTTPLIB2_CA_CERTS", "bundle"),  # httplib2 (google-api-python-client): reads only the bundle in its package
    ("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "bundle"),  # gRPC's C core: its roots are compiled in
)

#: Named a bundle by the user: kept, and the named file gets the CA. AWS_CA_BUNDLE is not here: `AWS_*` stays outside, and rclone 1.60 refuses to
#: start when it is set.
NAMING_VARIABLES = (
    *(name for name, _what in VARIABLES),
    "CURL_CA_BUNDLE",  # curl, requests
    "GIT_SSL_CAINFO",  # git; without it git asks libcurl, which finds the system's bundle
    "CARGO_HTTP_CAINFO",  # cargo; without it cargo probes for the system's bundle
    "NIX_SSL_CERT_FILE",  # programs from nixpkgs
    "PIP_CERT",  # pip
    "HEX_CACERTS_PATH",  # mix
    "BUNDLE_SSL_CA_CERT",  # bundler
    "NPM_CONFIG_CAFILE", "npm_config_cafile",  # npm
)  # fmt: skip

#: Bundles that Python packages carry, below a site-packages directory.
VENDORED = (
    "certifi/cacert.pem",  # urllib3, kubernetes, sentry and all that ask certifi by name
    "botocore/cacert.pem",  # aws and boto3 with an empty environment
    "awscli/botocore/cacert.pem",  # aws 2
    "pip/_vendor/certifi/cacert.pem",  # pip before it asked the system
    "httplib2/cacerts.txt",  # google-api-python-client with an empty environment
)
#: The most bundles mounted over: each mount costs the start of a session 50 us.
VENDORED_LIMIT = 48

_PEM_BEGIN, _PEM_END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Trust:
    """Files to show in the sandbox (target -> file on the host, in the session's directory) and variables to set."""

    binds: Mapping[str, str]
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Store:
    """The session's CA as files, made before anybody comes: `authority` alone, `bundle` (the system's with the CA), `java`."""

    pem: bytes
    subject_hash: str
    directory: Path
    authority: str
    bundle: str
    java: str

    @classmethod
    def make(cls, pem: bytes, subject_hash: str, directory: Path) -> Store:
        """Writes the files into `directory`. `pem` is the CA; `subject_hash` its name in an OpenSSL directory (eight hex digits). Raises OSError."""
        whole = _extended(_content(system_bundle()), pem)
        return cls(
            pem,
            subject_hash,
            directory,
            write(directory / "authority.pem", pem),
            write(directory / "bundle.pem", whole),
            write(directory / "cacerts", java_key_store(whole)),
        )


def system_bundle() -> str:
    """The system's bundle: the first that exists, or where it would be."""
    return next((path for path in SYSTEM_BUNDLES if os.path.isfile(path)), SYSTEM_BUNDLES[0])


def establish(
    store: Store, environment: Mapping[str, str], closed: Iterable[str], replaced: Collection[str] = (), program: str = ""
) -> Trust:
    """What to show where, and which variables to set.

    `environment` is the user's; `closed` are the directories in which nothing is mounted over, because they are writable or hidden; `replaced`
    are those of which the sandbox shows nothing but what is mounted; `program` is the path of the command, whose own Python prefix is looked at.
    All that is not the user's own choice shows the same file: every TLS connection inside ends at the worker, whichever roots a package would
    have trusted outside.
    """
    bases = frozenset(map(real, closed))

    def mountable(path: str) -> bool:
        return not within(path, bases) and not within(path, replaced)

    system, alone = system_bundle(), f"{SYSTEM_DIRECTORY}/{store.subject_hash}.0"
    shown = {real(path) for path in SYSTEM_BUNDLES if os.path.isfile(path)} or {system}
    binds = dict.fromkeys(sorted(shown), store.bundle)
    binds[alone] = store.authority
    variables = {name: system if what == "bundle" else alone for name, what in VARIABLES}
    for name in NAMING_VARIABLES:
        named = environment.get(name, "")
        if not named or not os.path.isfile(named):
            continue
        target = real(named)
        if target in binds:
            variables[name] = named
        elif not within(target, bases):
            variables[name] = named
            content = _extended(_content(target), store.pem)
            binds[target] = write(store.directory / f"named-{len(binds)}.pem", content)
        else:
            variables[name] = system
    for path in java_stores(environment):
        if mountable(path):
            binds[path] = store.java
    for path in vendored_bundles(environment, program):
        if mountable(path):
            binds.setdefault(path, store.bundle)
    return Trust(binds, variables)


def _extended(bundle: bytes, pem: bytes) -> bytes:
    return bundle.rstrip() + b"\n" + pem


def write(path: Path, content: bytes) -> str:
    """Makes a file that whoever the command runs as can read."""
    path.write_bytes(content)
    path.chmod(0o644)
    return str(path)


def _content(path: str) -> bytes:
    try:
        found = Path(path).stat()
    except OSError:
        return b""
    return _read(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=16)
def _read(path: str, _modified: int, _size: int) -> bytes:
    return Path(path).read_bytes()


# --- Java ----------------------------------------------------------------------------------------------------------------------


def java_stores(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Trust stores of the Javas that the user may start: the system's, JAVA_HOME's, that of `java` on PATH, SDKMAN's."""
    homes = [environment.get("JAVA_HOME", "")]
    programs = [f"{directory}/java" for directory in environment.get("PATH", "").split(":") if os.path.isfile(f"{directory}/java")]
    homes += [os.path.dirname(os.path.dirname(real(path))) for path in programs]
    for base in ("/usr/lib/jvm", f"{environment.get('HOME', '')}/.sdkman/candidates/java"):
        homes += _entries(base)
    found = [*JAVA_STORES, *(f"{home}/{inner}/security/cacerts" for home in homes if home for inner in ("lib", "jre/lib"))]
    return tuple(dict.fromkeys(real(path) for path in found if os.path.isfile(path)))


def java_key_store(pem: bytes) -> bytes:
    """A JKS file with the certificates in `pem`. JKS and not PKCS #12: Java reads it without being told a password.

    The format is that of sun.security.provider.JavaKeyStore: magic, version 2, entries, and a SHA-1 over password, a phrase and all before it.
    """
    return _key_store(pem, int(time.time()) // 86400)


@lru_cache(maxsize=2)
def _key_store(pem: bytes, day: int) -> bytes:
    stamp = day * 86400 * 1000
    body = bytearray()
    ders = _ders(pem)
    body += struct.pack(">III", 0xFEEDFEED, 2, len(ders))
    for index, der in enumerate(ders):
        alias = b"warden-%d" % index
        body += (
            struct.pack(">IH", 2, len(alias))
            + alias
            + struct.pack(">Q", stamp)
            + struct.pack(">H", 5)
            + b"X.509"
            + struct.pack(">I", len(der))
            + der
        )
    digest = hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + body, usedforsecurity=False).digest()
    return bytes(body) + digest


def _ders(pem: bytes) -> list[bytes]:
    return [binascii.a2b_base64(part.partition(_PEM_END)[0]) for part in pem.split(_PEM_BEGIN)[1:]]


# --- Python --------------------------------------------------------------------------------------------------------------------


def vendored_bundles(environment: Mapping[str, str], program: str = "") -> tuple[str, ...]:
    """Bundles in the Python packages that the user's commands may load: those of each prefix on PATH, the command's own, pyenv's, pipx's, uv's."""
    found: list[str] = []
    for site in _site_packages(environment, program):
        present = [f"{site}/{inner}" for inner in VENDORED if os.path.isfile(f"{site}/{inner}")]
        found += [real(path) for path in present]
    found += [real(path) for path in _BUNDLED if os.path.isfile(path)]
    return tuple(dict.fromkeys(found))[:VENDORED_LIMIT]


#: Clients with a Python of their own at a known place.
_BUNDLED = (
    "/usr/local/aws-cli/v2/current/dist/awscli/botocore/cacert.pem",  # AWS's installer
    "/usr/lib/google-cloud-sdk/lib/third_party/certifi/cacert.pem",  # gcloud's Debian package
    "/usr/share/python-wheels/certifi/cacert.pem",
)


def _site_packages(environment: Mapping[str, str], program: str) -> list[str]:
    home = environment.get("HOME", "/nonexistent")
    prefixes = [environment.get("VIRTUAL_ENV", ""), environment.get("CONDA_PREFIX", ""), f"{home}/.local"]
    if "/" in program:
        prefixes += [os.path.dirname(os.path.dirname(path)) for path in (program, real(program))]
    prefixes += [directory.removesuffix("/bin") for directory in environment.get("PATH", "").split(":") if directory.endswith("/bin")]
    for base in (
        f"{environment.get('PYENV_ROOT') or home + '/.pyenv'}/versions",
        f"{home}/.local/share/pipx/venvs",
        f"{home}/.local/share/uv/tools",
        "/opt/pipx/venvs",
    ):
        prefixes += _entries(base)
    libraries = [
        f"{prefix}/lib/{name}"
        for prefix in dict.fromkeys(prefixes)
        if prefix
        for name in _names(f"{prefix}/lib")
        if name.startswith("python")
    ]
    sites = [f"{library}/{packages}" for library in libraries for packages in ("site-packages", "dist-packages")]
    return [site for site in sites if os.path.isdir(site)]


def _entries(directory: str) -> list[str]:
    return [f"{directory}/{name}" for name in _names(directory)]


def _names(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))[:4096]
    except OSError:
        return []
