"""OpenDART keys: taken from the environment, used one after another within their daily allowance, never shown."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from mundap.errors import ConfigError
from mundap.provenance import write_text

VARIABLE = "OPENDART_API_KEY"
DAILY = 20_000   # requests a key and day; the guide names no other limit than status 020
_FORM = re.compile(r"[0-9a-zA-Z]{40}")
_SAVE_EVERY = 20
_IN_URL = re.compile(r"(crtfc_key=)[^&\s'\"]+")


def from_environment(env: Mapping[str, str] | None = None) -> list[str]:
    """Return the keys in OPENDART_API_KEY, several separated by commas; empty when it is not set.

    Raises:
        ConfigError: one of them is not 40 letters and digits; it is not repeated.
    """
    given = (os.environ if env is None else env).get(VARIABLE, "")
    keys = [part.strip() for part in given.split(",") if part.strip()]
    for at, key in enumerate(keys, 1):
        if not _FORM.fullmatch(key):
            raise ConfigError(f"key {at} of {len(keys)} is not 40 letters and digits.", where=VARIABLE,
                              fix="Copy it again from opendart.fss.or.kr; several keys are separated by commas.")
    return list(dict.fromkeys(keys))


def masked(text: str, keys: list[str]) -> str:
    """Return a text without any key in it."""
    for key in keys:
        text = text.replace(key, "****")
    return _IN_URL.sub(r"\1****", text)


def today() -> datetime.date:
    """Return the date in Korea, where OpenDART's day begins."""
    return datetime.datetime.now(ZoneInfo("Asia/Seoul")).date()


class KeyRing:
    """Keys and how often each was used today; the count is kept in a file, by a hash of the key."""

    def __init__(self, keys: list[str], usage: Path, *, daily: int = DAILY,
                 day: Callable[[], datetime.date] = today) -> None:
        self.keys = keys
        self._usage, self._daily, self._day = usage, daily, day
        self._counts: dict[str, int] = {}
        self._date = ""
        self._unusable: dict[str, str] = {}
        self._unsaved = 0

    def current(self) -> str | None:
        """Return the key to use now, or None when every one is used up or unusable."""
        self._turn_day()
        return next((key for key in self.keys
                     if key not in self._unusable and self._counts.get(_name(key), 0) < self._daily), None)

    def used(self, key: str) -> None:
        """Count one request."""
        self._turn_day()
        self._counts[_name(key)] = self._counts.get(_name(key), 0) + 1
        self._unsaved += 1
        if self._unsaved >= _SAVE_EVERY:
            self.save()

    def used_up(self, key: str) -> None:
        """Leave a key alone for the rest of the day: OpenDART said 020."""
        self._turn_day()
        self._counts[_name(key)] = self._daily
        self.save()

    def unusable(self, key: str, why: str) -> None:
        """Leave a key alone for good: OpenDART does not accept it."""
        self._unusable[key] = why

    @property
    def reasons(self) -> list[str]:
        """Return why there is no key left, one reason for each."""
        return [f"key {at}: {self._unusable.get(key, 'used up for today')}" for at, key in enumerate(self.keys, 1)]

    def save(self) -> None:
        """Write the counts of today."""
        self._unsaved = 0
        write_text(self._usage, json.dumps({self._date: self._counts}) + "\n")

    def _turn_day(self) -> None:
        date = self._day().isoformat()
        if date == self._date:
            return
        self._date = date
        try:
            self._counts = dict(json.loads(self._usage.read_text(encoding="utf-8")).get(date, {}))
        except (OSError, ValueError, AttributeError):
            self._counts = {}


def _name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]
