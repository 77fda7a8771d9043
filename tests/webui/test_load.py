"""Thirty people at the page for a minute: no request fails, the page stays quick, memory flat. benchmarks/web_load.py is longer."""

from __future__ import annotations

import os

import pytest

from benchmarks.web_load import measured

USERS, SECONDS, ALONE_S = 30, 60.0, 5.0
PAGE_P95_S = 2.0
GROWTH = 1.08       # of the server's memory from a third of the time to its end

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def busy() -> bool:
    """Return whether other programs already use the processors, so that a time says nothing about us."""
    return os.getloadavg()[0] > (os.cpu_count() or 1)


def test_thirty_people_at_once() -> None:
    was_busy = busy()
    alone, many = measured(USERS, SECONDS, ALONE_S)
    assert alone.failed == many.failed == []
    assert len(many.seconds["page"]) >= USERS and len(many.seconds["whole"]) >= USERS
    third, end = many.rss
    assert end <= third * GROWTH, f"memory grew from {third / 2**20:,.0f} to {end / 2**20:,.0f} MiB"
    if not was_busy:
        assert many.percentile("page", 0.95) < PAGE_P95_S, f"p95 {many.percentile('page', 0.95):.2f} s"
