"""The boundary of a tab's callbacks: what goes wrong is a message box on the page, and the whole of it in the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from mundap.errors import MundapError
from webui import render
from webui.words import Words

# Of every callback of a page: no veil of Gradio's over what is on show, no address of its own, none waits for another.
OPTIONS: dict[str, Any] = {"show_progress": "hidden", "api_name": False, "concurrency_limit": None}
# Of those that draw anew what changed: one asked for while it is being drawn comes after it, and is not dropped.
REFRESH = OPTIONS | {"trigger_mode": "always_last"}
_log = logging.getLogger(__name__)


def safely(words: Words, make: Callable[[], str]) -> str:
    """Return what make returns, or the message box of the error it raises."""
    try:
        return make()
    except MundapError as raised:
        _log.warning("%s", raised)
        return render.error(raised, words)
    except Exception as raised:
        _log.exception("a callback of the page failed")
        return render.unexpected(raised, words)
