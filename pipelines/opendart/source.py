"""A data recipe's OpenDART source: collect what is new, and say where the filings lie.

Without a key, what was collected before is read; so a closed network can work on a folder that was carried in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mundap.errors import ConfigError
from pipelines.opendart.client import Client
from pipelines.opendart.collect import collect
from pipelines.opendart.keys import VARIABLE, KeyRing, from_environment, today

DOCUMENTS = "document"
_USAGE = "usage.json"


def fetch(settings: Mapping[str, Any], folder: Path, say: Callable[[str], None]) -> Path:
    """Return the folder of filings under folder, after asking OpenDART for those that are not there yet.

    Raises:
        ConfigError: there is neither a key nor anything collected before; or see collect.
        ResourceError: see collect.
    """
    documents, keys = folder / DOCUMENTS, from_environment()
    if not keys:
        if not documents.is_dir():
            raise ConfigError("no key is set, and nothing was collected before.", where=VARIABLE,
                              fix=f"export {VARIABLE}=<your 40 characters>; get one at opendart.fss.or.kr.\n"
                                  f"Or carry the folder {folder} in from a machine that has one.")
        say(f"{VARIABLE} is not set; reading what was collected before")
        return documents
    client = Client(KeyRing(keys, folder / _USAGE), base_url=settings["base_url"], per_minute=settings["per_minute"])
    try:
        counts = collect(settings, folder, client, say, today=today())
    finally:
        client.close()
    say("OpenDART: " + (", ".join(f"{name}: {count}" for name, count in sorted(counts.items())) or "nothing to ask"))
    return documents
