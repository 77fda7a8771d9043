"""A way to the installed packages whose path holds no blank, for the C++ operations that DeepSpeed builds when it starts.

torch hands its own folder to the linker unquoted, so under a path with a blank nothing can be linked (torch 2.13,
utils/cpp_extension.py, `-L{TORCH_LIB_PATH}`). A link in the user's cache folder names the same packages without one.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from pathlib import Path


def package_folder() -> str | None:
    """Return a link to the folder torch is installed in, or None when its own path will do or no link can be made."""
    found = importlib.util.find_spec("torch")   # looks, and imports nothing
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent.parent
    if " " not in str(folder):
        return None
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mundap"
    link = cache / hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    if " " in str(link):
        return None
    try:
        cache.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink() or os.readlink(link) != str(folder):
            temporary = link.with_name(f"{link.name}.{os.getpid()}")
            temporary.symlink_to(folder, target_is_directory=True)
            os.replace(temporary, link)
    except OSError:
        return None
    return str(link)
