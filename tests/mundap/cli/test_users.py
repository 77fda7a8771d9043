"""`mundap users`, in this process: the file it writes, and what it refuses."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mundap.cli.main import entry
from webui.people import Role
from webui.people import users as of_users
from webui.people.users import read_users

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(of_users, "ROUNDS", 4)
    monkeypatch.setenv("SECRET", "비밀번호 하나")
    monkeypatch.setenv("OTHER", "비밀번호 둘둘")

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mundap", "users", *words, "--file", str(tmp_path / "users.yaml")])
        with pytest.raises(SystemExit) as ended:
            entry()
            raise SystemExit(0)
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call


def test_users_are_added_changed_and_removed(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "users.yaml"
    assert run("add", "kim", "--role", "admin", "--password-env", "SECRET")[0] == 0
    assert run("add", "이서연", "--role", "viewer", "--password-env", "SECRET")[0] == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and "비밀번호" not in path.read_text(encoding="utf-8")
    assert run("list")[1] == "kim\tadmin\n이서연\tviewer\n"
    before = read_users(path)
    assert run("role", "이서연", "--role", "rater")[0] == 0 and read_users(path)["이서연"].role is Role.RATER
    assert run("password", "kim", "--password-env", "OTHER")[0] == 0
    assert read_users(path)["kim"].password != before["kim"].password and read_users(path)["kim"].id == before["kim"].id
    code, _, said = run("remove", "kim")
    assert code == 0 and "logged out" in said and set(read_users(path)) == {"이서연"}


def test_a_password_is_typed_twice_and_not_shown(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["비밀번호 하나", "다른 비밀번호", "비밀번호 하나", "비밀번호 하나"])
    monkeypatch.setattr("getpass.getpass", lambda *given, **named: next(typed))
    code, out, err = run("add", "kim", "--role", "admin")
    assert code == 0 and "비밀번호" not in out + err and "do not match" in err
    assert set(read_users(tmp_path / "users.yaml")) == {"kim"} and not list(typed)


@pytest.mark.parametrize(("words", "said"), [
    (("add", "kim"), "--role"), (("add",), "name a user"), (("list", "kim"), "no name"), (("remove", "lee"), "is not there"),
    (("add", "a b", "--role", "admin"), "no name for a user"), (("list", "--role", "admin"), "--role goes with"),
    (("add", "kim", "--role", "king"), "king"), (("add", "kim", "--role", "admin", "--password-env", "NOWHERE"), "not set"),
    (("list",), "is not there")])
def test_what_cannot_be_done_is_said_and_writes_nothing(run: Run, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    code, _, err = run(*words)
    assert code in (1, 2) and said in err and not (tmp_path / "users.yaml").exists()


def test_a_user_who_is_there_is_not_written_over(run: Run, tmp_path: Path) -> None:
    run("add", "kim", "--role", "admin", "--password-env", "SECRET")
    before = (tmp_path / "users.yaml").read_bytes()
    assert "there already" in run("add", "kim", "--role", "viewer", "--password-env", "OTHER")[2]
    assert "Did you mean 'kim'" in run("remove", "kin")[2]
    assert (tmp_path / "users.yaml").read_bytes() == before
