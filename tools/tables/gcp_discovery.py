"""Google's discovery documents, read from the pinned google-api-python-client wheel, which bundles all of them.

The wheel comes from the package index with pip, is kept in ``.cache/google-api-python-client`` and is never imported.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "google-api-python-client"
VERSION = "2.202.0"
SOURCE = f"google-api-python-client {VERSION}"

_DOCUMENTS = "googleapiclient/discovery_cache/documents/"

type Document = dict[str, Any]


def wheel() -> Path:
    """The wheel, downloaded once."""
    path = CACHE / f"google_api_python_client-{VERSION}-py3-none-any.whl"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
        if subprocess.run([*command, "--dest", str(CACHE), f"google-api-python-client=={VERSION}"], check=False).returncode:
            raise SystemExit(f"{SOURCE} cannot be downloaded. Make the package index reachable, or put {path.name} into {CACHE}.")
    return path


@functools.cache
def documents() -> tuple[Document, ...]:
    """All 610 documents, sorted by file name (``compute.v1.json``)."""
    with zipfile.ZipFile(wheel()) as archive:
        names = sorted(name for name in archive.namelist() if name.startswith(_DOCUMENTS) and name.endswith(".json"))
        return tuple(json.loads(archive.read(name)) for name in names if not name.endswith("/index.json"))


def methods(document: Document) -> Iterator[Document]:
    """Every method of `document`, at any depth of its resources."""
    yield from document.get("methods", {}).values()
    for resource in document.get("resources", {}).values():
        yield from methods(resource)
