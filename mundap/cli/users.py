"""`mundap users`: who may log in to the page."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mundap.cli.output import result, say
from mundap.errors import ConfigError, DataError, closest

if TYPE_CHECKING:
    from webui.people.users import User

EXAMPLES = ("mundap users add kim --role admin", "mundap users list")
FILE = "talks/users.yaml"


class Action(StrEnum):
    """What to do with the users file."""

    ADD = "add"
    LIST = "list"
    REMOVE = "remove"
    ROLE = "role"
    PASSWORD = "password"


class RoleName(StrEnum):
    """A role, as it is written in the file; each may do what those before it may."""

    VIEWER = "viewer"
    RATER = "rater"
    ADMIN = "admin"


def command(action: Annotated[Action, typer.Argument(help="What to do.", show_default=False)],
            name: Annotated[str, typer.Argument(help="The user; not for list.")] = "",
            role: Annotated[RoleName | None, typer.Option("--role", help="viewer asks, rater also rates, admin also makes "
                                                          "datasets and switches models.", show_default=False)] = None,
            file: Annotated[Path, typer.Option("--file", metavar="FILE", help="The users file.")] = Path(FILE),
            password_env: Annotated[str, typer.Option("--password-env", metavar="VARIABLE", help="Take the password from a "
                                                      "variable instead of asking for it.")] = "") -> None:
    """Add, list and remove those who may log in, and change a role or a password.

    The page takes it over at once, without a restart: who is removed is logged out. Passwords are kept as bcrypt hashes.
    """
    from mundap.paths import resolve
    from webui.people.users import Users

    path = resolve(file)
    if (action is Action.LIST) == bool(name):
        raise typer.BadParameter("name a user: mundap users add NAME" if not name else "list takes no name.")
    if role is not None and action not in (Action.ADD, Action.ROLE):
        raise typer.BadParameter("--role goes with add and role.")
    users = dict(Users(path).all()) if path.exists() or action is not Action.ADD else {}
    if action is Action.LIST:
        _list(users)
    elif action is Action.ADD:
        _add(path, users, name, role, password_env)
    else:
        _change(path, users, action, name, role, password_env)


def _list(users: dict[str, User]) -> None:
    for user in sorted(users.values(), key=lambda user: user.name):
        result(f"{user.name}\t{user.role.name.lower()}")


def _add(path: Path, users: dict[str, User], name: str, role: RoleName | None, variable: str) -> None:
    from webui.people import Role
    from webui.people.users import new_user, require_name, write_users

    name = require_name(name)
    if name in users:
        raise ConfigError(f"{name!r} is there already.", where=str(path),
                          fix=f"mundap users password {name}, or mundap users role {name} --role …")
    if role is None:
        raise typer.BadParameter("say what they may do: --role viewer, rater or admin.")
    made = new_user(name, Role[role.name], _password(variable))
    write_users(path, users | {made.name: made})
    say(f"{made.name} may log in as {role.value}; the page reads it from web.users={path}")


def _change(path: Path, users: dict[str, User], action: Action, name: str, role: RoleName | None, variable: str) -> None:
    import dataclasses

    from webui.people import Role
    from webui.people.users import hashed, write_users

    user = users.get(name)
    if user is None:
        raise ConfigError(f"there is no user {name!r}.", where=str(path), fix=closest(name, users) + "mundap users list")
    if action is Action.ROLE and role is None:
        raise typer.BadParameter("say which: --role viewer, rater or admin.")
    kept = {key: one for key, one in users.items() if key != name}
    if action is Action.REMOVE:
        write_users(path, kept)
        say(f"{name} is logged out and may not log in any more; what they asked and rated stays in the database.")
        return
    if action is Action.ROLE and role is not None:
        changed = dataclasses.replace(user, role=Role[role.name])
    else:
        changed = dataclasses.replace(user, password=hashed(_password(variable)))
    write_users(path, kept | {name: changed})
    say(f"{name}: {'the password is changed; log-ins before are over' if role is None else role.value}.")


def _password(variable: str) -> str:
    """Return the password: from a variable, or typed twice without being shown.

    Raises:
        DataError: the variable is not set.
    """
    if not variable:
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    given = os.environ.get(variable, "")
    if not given:
        raise DataError("the variable is not set.", where=variable, fix=f"export {variable}=…, or leave --password-env out.")
    return given
