"""What axe-core finds wrong with a page on show, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

SERIOUS = ("serious", "critical")


def faults(page: Page) -> list[str]:
    """Return what axe finds that matters, each as rule, element and what is wrong; what is still fading in is waited for."""
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate("""() => Promise.allSettled(document.getAnimations()
        .filter(one => one.effect.getComputedTiming().iterations !== Infinity).map(one => one.finished))""")
    run: Any = Axe().run(page)
    return [f"{one['id']}: {node['target']} {node.get('failureSummary', '')[:300]}"
            for one in run.response["violations"] if one["impact"] in SERIOUS for node in one["nodes"]]
