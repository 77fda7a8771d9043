"""The users file: who may log in, with which role, and the bcrypt hash of each password.

    kim: {role: admin, id: 5f0c…, password: $2b$12$…}

Written by `mundap users`, read anew whenever it has changed, so that who is taken out is out at once. A user's records
are kept under the id: a later user of the same name does not find them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import tempfile
import threading
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import yaml

from mundap.errors import ConfigError, DataError, MissingExtra
from webui.people import Role

FEWEST, MOST = 10, 72       # bytes of a password; bcrypt reads no more than 72
ROUNDS = 12
_NAME = re.compile(r"[0-9A-Za-z가-힣][0-9A-Za-z가-힣._@-]{0,63}")
_NOTE = "# Made by `mundap users`; passwords are bcrypt hashes. Nobody but the page's own user should read this file.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One person of the file."""

    name: str
    role: Role
    id: str
    password: str

    @property
    def owner(self) -> str:
        """Return what the user's records are kept under."""
        return f"user-{self.id}"

    @property
    def stamp(self) -> str:
        """Return what changes with the user's password; a log-in made before is over."""
        return f"{self.id}.{hashlib.sha256(self.password.encode()).hexdigest()[:16]}"


class Users:
    """The users of a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._users: Mapping[str, User] = {}

    def all(self) -> Mapping[str, User]:
        """Return the users by name, as the file has them now; a file that cannot be read lets nobody in.

        Raises:
            ConfigError: the file is missing or no users file.
        """
        with self._lock:
            try:
                state = self.path.stat()
            except OSError as error:
                self._seen, self._users = None, {}
                raise ConfigError("the users file is not there.", where=str(self.path),
                                  fix=f"mundap users add NAME --role admin --file {self.path}") from error
            seen = (state.st_mtime_ns, state.st_size, state.st_ino)
            if seen != self._seen:
                self._seen, self._users = None, {}
                self._users = read_users(self.path)
                self._seen = seen
            return self._users

    def current(self) -> Mapping[str, User]:
        """Return all(), or nobody where the file cannot be read."""
        try:
            return self.all()
        except ConfigError:
            return {}

    def by_stamp(self, stamp: str) -> User | None:
        """Return the user a log-in was made for, or None: removed, or their password changed since."""
        return next((user for user in self.current().values() if secrets.compare_digest(user.stamp, stamp)), None)

    def by_owner(self, owner: str) -> User | None:
        """Return the user whose records are kept under an owner's key."""
        return next((user for user in self.current().values() if user.owner == owner), None)

    def verify(self, name: str, password: str) -> User | None:
        """Return the user whose name and password these are. Takes as long for a name that is not there."""
        user = self.current().get(unicodedata.normalize("NFC", name))
        right = _matches(password, user.password if user else _nobody())
        return user if user is not None and right else None


def read_users(path: Path) -> dict[str, User]:
    """Return a users file's users by name.

    Raises:
        ConfigError: it cannot be read, or is no users file.
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        users = {str(name): User(name=str(name), role=Role[str(one["role"]).upper()], id=str(one["id"]),
                                 password=str(one["password"])) for name, one in given.items()}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, TypeError, KeyError) as error:
        raise ConfigError(f"is no users file: {type(error).__name__}.", where=str(path),
                          fix="Make it anew with mundap users add.") from error
    return users


def write_users(path: Path, users: Mapping[str, User]) -> None:
    """Write a users file whole or not at all, readable by its owner alone."""
    rows = {user.name: {"role": user.role.name.lower(), "id": user.id, "password": user.password} for user in users.values()}
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".users-")   # 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(_NOTE + yaml.safe_dump(rows, allow_unicode=True, sort_keys=True))
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def new_user(name: str, role: Role, password: str) -> User:
    """Return a user with a new id.

    Raises:
        DataError: the name or the password will not do.
    """
    return User(name=require_name(name), role=role, id=secrets.token_hex(8), password=hashed(password))


def require_name(name: str) -> str:
    """Return a user's name with its Hangul composed.

    Raises:
        DataError: it will not do.
    """
    name = unicodedata.normalize("NFC", name)
    if not _NAME.fullmatch(name):
        raise DataError(f"{name!r} is no name for a user.", where="name",
                        fix="Use letters, digits and . _ - @, 64 at most, a letter or digit first.")
    return name


def hashed(password: str) -> str:
    """Return a password's bcrypt hash.

    Raises:
        DataError: it is too short or too long.
    """
    given = _bytes(password)
    if not FEWEST <= len(given) <= MOST:
        raise DataError(f"the password has {len(given)} bytes.", where="password",
                        fix=f"Use {FEWEST} to {MOST} bytes; a Korean letter counts as three.")
    return str(_bcrypt().hashpw(given, _bcrypt().gensalt(ROUNDS)).decode("ascii"))


def _matches(password: str, right: str) -> bool:
    given = _bytes(password)
    if len(given) > MOST:
        given = b"\0"     # never a password; the work is done all the same
    try:
        return bool(_bcrypt().checkpw(given, right.encode("ascii", "replace")))
    except ValueError:    # a hash that somebody wrote by hand
        return False


def _bytes(password: str) -> bytes:
    return unicodedata.normalize("NFC", password).encode("utf-8", "replace")


_of_nobody: list[str] = []


def _nobody() -> str:
    """Return the hash that an unknown name's password is held against."""
    if not _of_nobody:
        _of_nobody.append(hashed(secrets.token_hex(16)))
    return _of_nobody[0]


def _bcrypt() -> ModuleType:
    try:
        import bcrypt
    except ImportError as error:
        raise MissingExtra("log-in", "ui", "bcrypt") from error
    return bcrypt
