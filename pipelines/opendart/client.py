"""One call of OpenDART: paced, tried again where that helps, its status understood, its bytes handed on as they came.

What an answer is follows from its bytes, never from its Content-Type or HTTP code: an archive begins with PK; an error is
a small JSON or XML text with HTTP 200. Status codes: opendart.fss.or.kr, guide of each call.
"""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import tenacity

from mundap.errors import ConfigError, ResourceError
from pipelines.opendart.keys import VARIABLE, KeyRing, masked

OFFICIAL = "https://opendart.fss.or.kr/api"
PER_MINUTE = 600       # the viewer blocks an address for a day at about 1,000
TIMEOUT_S = 60.0
ATTEMPTS = 6
OK, NO_DATA, NO_FILE, OVER_LIMIT = "000", "013", "014", "020"
MAINTENANCE, UNDEFINED = "800", "900"
_KEY_REFUSED = {"010": "it is not registered", "011": "it may not be used now", "012": "this address may not use it",
                "901": "it has expired"}
_XML_STATUS = re.compile(rb"<status>\s*(\d{3})\s*</status>(?:\s*<message>([^<]{0,300}))?")
_MAX_BYTES = 256 * 2**20
_ARCHIVES = ("corpCode.xml", "document.xml", "fnlttXbrl.xml")


class _Again(Exception):
    """Something that another try may mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What OpenDART answered: 000 with content, or 013 (no data) and 014 (no file) without."""

    status: str
    message: str
    content: bytes

    @property
    def json(self) -> dict[str, object]:
        """Return the answer of a .json call."""
        loaded: dict[str, object] = json.loads(self.content)
        return loaded


class Client:
    """Asks OpenDART with the keys of a ring, at most per_minute times a minute."""

    def __init__(self, ring: KeyRing, *, base_url: str = OFFICIAL, per_minute: int = PER_MINUTE,
                 timeout_s: float = TIMEOUT_S, attempts: int = ATTEMPTS,
                 sleep: Callable[[float], None] = time.sleep) -> None:
        if base_url != OFFICIAL and urlsplit(base_url).hostname not in ("127.0.0.1", "::1", "localhost"):
            raise ConfigError(f"{base_url} is neither OpenDART nor this machine; the key would be sent there.",
                              where="opendart.base_url", fix=f"Take the line out; the address is {OFFICIAL}.")
        self._ring, self._base, self._sleep = ring, base_url.rstrip("/"), sleep
        self._gap_s, self._next_s = 60.0 / per_minute, 0.0
        self._attempts = attempts
        # Redirects are not followed: the key would travel along.
        self._http = httpx.Client(timeout=timeout_s, follow_redirects=False, headers={"User-Agent": "mundap"})

    def close(self) -> None:
        """Close the connection and keep the day's count."""
        self._http.close()
        self._ring.save()

    def call(self, name: str, params: Mapping[str, str]) -> Answer:
        """Return the answer to one call, such as list.json.

        Raises:
            ResourceError: no key is left for today, OpenDART is in maintenance, or it cannot be reached.
            ConfigError: OpenDART refuses the keys, or calls the parameters wrong.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Again), stop=tenacity.stop_after_attempt(self._attempts),
            wait=tenacity.wait_exponential_jitter(initial=1, max=60), sleep=self._sleep, reraise=True)
        try:
            return retrying(self._once, name, params)
        except _Again as error:
            raise ResourceError(f"{name} was asked {self._attempts} times in vain: {error}.", where="OpenDART",
                                fix="Run the same command again later; what was collected is kept.") from None

    def _once(self, name: str, params: Mapping[str, str]) -> Answer:
        while True:
            key = self._ring.current()
            if key is None:
                raise self._no_key()
            answer = self._judged(name, self._get(name, {"crtfc_key": key, **params}, key))
            if answer.status == OVER_LIMIT:
                self._ring.used_up(key)
            elif answer.status in _KEY_REFUSED:
                self._ring.unusable(key, _KEY_REFUSED[answer.status])
            elif answer.status in (OK, NO_DATA, NO_FILE):
                return answer
            elif answer.status in (MAINTENANCE, UNDEFINED):
                raise _Again(f"status {answer.status}, {answer.message}")
            else:
                said = " ".join(f"{one}={value}" for one, value in params.items())
                raise ConfigError(f"OpenDART refuses {name} {said}: status {answer.status}, {answer.message}.",
                                  where="opendart", fix="Correct the values in data.yaml.")

    def _get(self, name: str, params: Mapping[str, str], key: str) -> bytes:
        """Return an answer's bytes; what the network did wrong may be tried again."""
        self._pace()
        self._ring.used(key)
        try:
            with self._http.stream("GET", f"{self._base}/{name}", params=params) as response:
                pieces, size = [], 0
                for piece in response.iter_bytes():
                    size += len(piece)
                    if size > _MAX_BYTES:
                        raise _Again(f"more than {_MAX_BYTES:,} bytes")
                    pieces.append(piece)
                if response.status_code != 200:
                    raise _Again(f"HTTP {response.status_code}")
                return b"".join(pieces)
        except httpx.HTTPError as error:   # its text may hold the address, and the address holds the key
            raise _Again(masked(f"{type(error).__name__}: {error}", self._ring.keys)) from None

    def _judged(self, name: str, content: bytes) -> Answer:
        if content.startswith(b"PK"):
            _whole(content)
            return Answer(status=OK, message="", content=content)
        found = _XML_STATUS.search(content[:4000])
        if found:
            return Answer(status=found[1].decode(), message=(found[2] or b"").decode("utf-8", "replace").strip(),
                          content=b"" if found[1] != b"000" else content)
        try:
            loaded = json.loads(content)
            status, message = str(loaded["status"]), str(loaded.get("message", ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise _Again("an answer that is neither data nor a status") from None
        if status == OK and name in _ARCHIVES:
            raise _Again("a status without the archive")
        return Answer(status=status, message=message, content=content if status == OK else b"")

    def _pace(self) -> None:
        """Wait until the next request may be sent."""
        now = time.monotonic()
        if self._next_s > now:
            self._sleep(self._next_s - now)
        self._next_s = max(self._next_s, now) + self._gap_s

    def _no_key(self) -> Exception:
        if not self._ring.keys:
            return ConfigError("no key is set.", where=VARIABLE, fix=f"export {VARIABLE}=<your 40 characters>; get one at "
                               "opendart.fss.or.kr.")
        why = "; ".join(self._ring.reasons)
        if all("used up" in reason for reason in self._ring.reasons):
            return ResourceError(f"every key has used up its requests ({why}).", where="OpenDART",
                                 fix="Run the same command after midnight in Korea, or add a key; what was collected "
                                     "is kept.")
        return ConfigError(f"no key is accepted ({why}).", where=VARIABLE,
                           fix="Correct the key, or apply for another at opendart.fss.or.kr.")


def _whole(content: bytes) -> None:
    """Raise when an archive is cut short; the dates inside are wrong in every one and not looked at."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            bad = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise _Again(f"an archive cut short ({error})") from None
    if bad is not None:
        raise _Again(f"an archive whose member {bad} is damaged")
