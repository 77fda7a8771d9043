"""The users file: who is in it, what a password may be, and that taking somebody out counts at once."""

from __future__ import annotations

import stat
from pathlib import Path

import bcrypt
import pytest

from mundap.errors import ConfigError, DataError
from webui.people import NotAllowed, People, Role
from webui.people import users as of_users
from webui.people.users import User, Users, new_user, write_users

PASSWORD = "바른 비밀번호 1"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make hashes that take a millisecond."""
    monkeypatch.setattr(of_users, "ROUNDS", 4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    users = [new_user("김 판".replace(" ", ""), Role.ADMIN, PASSWORD), new_user("lee", Role.VIEWER, "another password")]
    write_users(tmp_path / "below" / "users.yaml", {user.name: user for user in users})
    return tmp_path / "below" / "users.yaml"


def test_the_file_holds_hashes_and_is_its_owners_alone(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text(encoding="utf-8")
    assert PASSWORD not in text and "another password" not in text and text.count("$2b$04$") == 2
    [kim, lee] = sorted(Users(path).all().values(), key=lambda user: user.name, reverse=True)
    assert (kim.name, kim.role, lee.role) == ("김판", Role.ADMIN, Role.VIEWER)
    assert bcrypt.checkpw(b"another password", lee.password.encode())


def test_only_the_right_password_of_the_right_name(path: Path) -> None:
    users = Users(path)
    found = users.verify("김판", PASSWORD)
    assert found is not None and found.role is Role.ADMIN
    decomposed = "".join({"김": "\u1100\u1175\u11b7", "판": "\u1111\u1161\u11ab"}.get(one, one) for one in "김판")
    assert users.verify(decomposed, PASSWORD) == found, "a Mac types Hangul in parts"
    for name, password in (("김판", "another password"), ("nobody", PASSWORD), ("", ""), ("김판", ""), ("김판", "a" * 100_000),
                           ("김판", PASSWORD + "\0"), ("김판", "\ud800")):
        assert users.verify(name, password) is None


def test_who_is_taken_out_or_changed_is_out_at_once(path: Path) -> None:
    users = Users(path)
    before = dict(users.all())
    kim = before["김판"]
    assert users.by_stamp(kim.stamp) == kim and users.by_owner(kim.owner) == kim
    write_users(path, before | {"김판": new_user("김판", Role.VIEWER, PASSWORD)})   # the same name, another person
    assert users.by_stamp(kim.stamp) is None and users.by_owner(kim.owner) is None
    changed = User(name=kim.name, role=kim.role, id=kim.id, password=of_users.hashed("a new password"))
    write_users(path, before | {"김판": changed})
    assert users.by_stamp(kim.stamp) is None, "a log-in with the old password is over"
    assert users.by_owner(kim.owner) == changed, "and the records stay theirs"
    path.unlink()
    assert users.current() == {} and users.verify("lee", "another password") is None
    with pytest.raises(ConfigError, match="is not there"):
        users.all()


@pytest.mark.parametrize("text", ["- a", "kim: {role: king, id: a, password: b}", "kim: 3", "{", "kim: {role: admin}", "\0"])
def test_what_is_no_users_file_lets_nobody_in(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    users = Users(path)
    with pytest.raises(ConfigError, match="no users file"):
        users.all()
    assert users.current() == {}


@pytest.mark.parametrize(("name", "password"), [
    ("", PASSWORD), (".kim", PASSWORD), ("k" * 65, PASSWORD), ("kim lee", PASSWORD), ("<b>", PASSWORD), ("kim\n", PASSWORD),
    ("kim", "short"), ("kim", "가" * 25), ("kim", "")])
def test_names_and_passwords_that_will_not_do(name: str, password: str) -> None:
    with pytest.raises(DataError):
        new_user(name, Role.VIEWER, password)


def test_a_role_is_what_the_file_says(path: Path) -> None:
    people = People(Users(path))
    lee = Users(path).all()["lee"]
    person = people.person(lee.owner)
    assert (person.name, person.role, people.name_of(lee.owner)) == ("lee", Role.VIEWER, "lee")

    class Asked:
        username = lee.owner

    with pytest.raises(NotAllowed):
        people.require(Asked(), Role.RATER)
    assert people.require(Asked(), Role.VIEWER) == person
    for owner in ("", "nobody", "visitor-1", "user-"):
        with pytest.raises(NotAllowed):
            people.person(owner)
    assert People().person("visitor-1").role is Role.ADMIN and People().name_of("visitor-1") == ""
