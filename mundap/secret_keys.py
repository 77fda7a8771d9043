"""Which keys would hold a secret, so that no message repeats one and no recipe keeps one."""

from __future__ import annotations

import re

_SECRET = re.compile(r"(?:hub_token|auth_token|access_token|hf_token|api_key|apikey|secret|password|webhook_url)$",
                     re.IGNORECASE)


def is_secret(key: str) -> bool:
    """Return whether a key's value is a secret by its name; api_key_env names a variable and is none."""
    return bool(_SECRET.search(key))
