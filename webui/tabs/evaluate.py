"""The tab 'evaluate'."""

from __future__ import annotations

from webui.site import Page


def lay_out(page: Page) -> None:
    """Add the tab's components and callbacks to the gr.Tab that is open."""
