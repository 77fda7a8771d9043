"""One key: pacing, concurrency, rest and retirement, on a clock of the test's own."""

from __future__ import annotations

import random

import pytest

from pipelines.generate.key import Key
from pipelines.generate.outcome import Outcome, Reply
from pipelines.generate.settings import GenerateSettings, KeySettings
from pipelines.generate.token_bucket import TokenBucket

PLAIN = KeySettings(env="K")
SETTINGS = GenerateSettings(providers=(), kinds=(), rate_margin=0.0, start_concurrency=2, max_concurrency=8)


class Driver:
    """A key and a clock; every call takes call_s."""

    def __init__(self, limits: KeySettings = PLAIN, sent_today: int = 0) -> None:
        self.now, self.said = 100.0, list[str]()
        self.key = Key(limits, 0, SETTINGS, now=self.now, chance=random.Random(1), sent_today=sent_today)

    def round(self, outcome: Outcome = "ok", retry_after_s: float | None = None, calls: int | None = None) -> None:
        """Send as many calls as the key takes, then have them all answered."""
        sent = 0
        while self.key.wait_s(100, self.now) == 0.0 and (calls is None or sent < calls):
            self.key.sent(100, self.now)
            sent += 1
        at, self.now = self.now, self.now + 1.0
        for _ in range(sent):
            self.key.answered(Reply(outcome=outcome, retry_after_s=retry_after_s, message="said"), estimated=100,
                              sent_at=at, now=self.now, say=self.said.append)


def test_a_bucket_keeps_the_rate_and_lets_a_large_amount_pass() -> None:
    bucket, now, passed = TokenBucket(60, now=0.0), 0.0, 0
    while now < 30:
        now += bucket.wait_s(1, now)
        bucket.take(1, now)
        passed += 1
    assert passed == 31
    large = TokenBucket(60, now=0.0)
    assert large.wait_s(500, 0.0) == 0.0
    large.take(500, 0.0)
    assert large.wait_s(1, 0.0) == pytest.approx(500)
    large.take(-499, 0.0)                       # it was an estimate
    assert large.wait_s(1, 0.0) == pytest.approx(1)
    assert TokenBucket(None, now=0.0).wait_s(10**9, 0.0) == 0.0


def test_concurrency_rises_by_one_a_round_and_is_halved_once_for_a_round_of_429s() -> None:
    driver = Driver()
    seen = []
    for _ in range(5):
        seen.append(driver.key.concurrency)
        driver.round()
    assert seen == sorted(seen) and seen[0] == 2 and 4 <= seen[-1] <= 6
    before = driver.key.concurrency
    driver.round("rate_limit", 7.0)
    assert driver.key.concurrency == before // 2
    assert driver.key.wait_s(1, driver.now) == pytest.approx(7.0)


def test_without_retry_after_the_waits_grow_and_a_good_answer_ends_that() -> None:
    driver, waits = Driver(), []
    for _ in range(4):
        driver.round("rate_limit")
        waits.append(driver.key.wait_s(1, driver.now) or 0)
        driver.now += waits[-1]
    assert 0.75 <= waits[0] <= 1.25
    assert all(later > 1.2 * earlier for earlier, later in zip(waits, waits[1:], strict=False))
    driver.round()
    driver.round("rate_limit")
    assert (driver.key.wait_s(1, driver.now) or 9) <= 1.25


def test_an_unused_limit_is_not_raised() -> None:
    driver = Driver()
    for _ in range(20):
        driver.round(calls=1)
    assert driver.key.concurrency == 2


def test_quota_rests_a_bad_key_is_retired_and_both_are_said_once() -> None:
    driver = Driver()
    driver.round("quota")
    assert not driver.key.usable and driver.key.resting and len(driver.said) == 1
    driver = Driver()
    driver.round("bad_key")
    assert driver.said == ["  key K was refused (said); it is retired. Put a valid key into that variable."]
    assert driver.key.wait_s(1, driver.now) is None


def test_the_days_requests_count_those_of_runs_before() -> None:
    driver = Driver(KeySettings(env="K", requests_per_day=5), sent_today=3)
    driver.round()
    assert driver.key.resting == "has sent its 5 requests of today"


def test_failures_in_a_row_make_a_key_wait_and_one_does_not() -> None:
    driver = Driver()
    for _ in range(2):
        driver.round("server_error")
        assert driver.key.wait_s(1, driver.now) == 0.0
    driver.round("timeout")
    assert (driver.key.wait_s(1, driver.now) or 0) > 0


def test_limits_of_requests_and_tokens_hold_together() -> None:
    key = Driver(KeySettings(env="K", requests_per_minute=600, tokens_per_minute=6000)).key
    key.sent(100, 100.0)
    assert key.wait_s(100, 100.0) == pytest.approx(1.0, abs=0.01)    # 100 tokens a second
    slow = Driver(KeySettings(env="K", requests_per_minute=30)).key
    slow.sent(1, 100.0)
    assert slow.wait_s(1, 100.0) == pytest.approx(2.0, abs=0.01)
