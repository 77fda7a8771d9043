"""Who is at the page: a person, the role they have, and how a request is known to be theirs.

Without log-in (loopback only) a browser is known by a cookie of random bits; its owner is a hash of it, so that the
database names nobody. The ASGI layer (entry.py) decides before Gradio sees a request; a tab asks `People.of(request)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from mundap.errors import MundapError


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

    def of(self, request: Any) -> Person:
        """Return who sent a Gradio request."""
        return Person(owner=str(request.username or "nobody"))

    def require(self, request: Any, role: Role) -> Person:
        """Return who sent a request.

        Raises:
            NotAllowed: their role is below the one required.
        """
        person = self.of(request)
        if person.role < role:
            raise NotAllowed("this is not for your role.", where=role.name.lower(), fix="Ask whoever runs the page.")
        return person
