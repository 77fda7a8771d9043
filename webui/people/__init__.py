"""Who is at the page: a person, the role they have, and how a request is known to be theirs.

Without log-in (loopback only) a browser is known by a cookie of random bits; its owner is a hash of it, so that the
database names nobody. With log-in they are a user of the users file. The ASGI layer (entry.py, log_in.py) decides before
Gradio sees a request; a tab asks `People.of(request)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from mundap.errors import MundapError

if TYPE_CHECKING:
    from webui.people.users import Users


class Role(IntEnum):
    """What somebody may do; each may do what those before it may."""

    VIEWER = 1     # ask, compare, look at documents
    RATER = 2      # rate and correct
    ADMIN = 3      # data, models, everybody's judgements


class NotAllowed(MundapError):
    """Somebody asked for what their role does not give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody at the page. owner is what their records are kept under; name is "" without log-in."""

    owner: str
    name: str = ""
    role: Role = Role.ADMIN


class People:
    """Everybody who may be at the page. Without log-in, whoever reaches this machine's loopback is its admin."""

    def __init__(self, users: Users | None = None) -> None:
        self.users = users

    def of(self, request: Any) -> Person:
        """Return who sent a Gradio request.

        Raises:
            NotAllowed: nobody who may be here, any more.
        """
        return self.person(str(request.username or ""))

    def person(self, owner: str) -> Person:
        """Return who an owner's key belongs to.

        Raises:
            NotAllowed: there is log-in, and no such user.
        """
        if self.users is None:
            return Person(owner=owner or "nobody")
        user = self.users.by_owner(owner)
        if user is None:
            raise NotAllowed("you are not logged in.", where="log-in", fix="Log in again.")
        return Person(owner=user.owner, name=user.name, role=user.role)

    def name_of(self, owner: str) -> str:
        """Return the name of an owner, "" for a visitor and for who is gone."""
        user = self.users.by_owner(owner) if self.users is not None else None
        return user.name if user else ""

    def require(self, request: Any, role: Role) -> Person:
        """Return who sent a request.

        Raises:
            NotAllowed: their role is below the one required.
        """
        person = self.of(request)
        if person.role < role:
            raise NotAllowed("this is not for your role.", where=role.name.lower(), fix="Ask whoever runs the page.")
        return person
