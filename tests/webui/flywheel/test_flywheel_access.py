"""The tab of data asks who is there at every call, whatever the browser shows: a rater's request writes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.webui.judged import seed
from tests.webui.scripted import ScriptedGenerator, scripted_site
from webui.page import build
from webui.people import People, Person, Role
from webui.site import Site
from webui.words import words

pytestmark = pytest.mark.filterwarnings("ignore:.*Gradio 6.0:DeprecationWarning")


class Everybody(People):
    """People who all have one role."""

    def __init__(self, role: Role) -> None:
        super().__init__()
        self.role = role

    def of(self, request: Any) -> Person:
        return Person(owner="someone", role=self.role)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("page")
    (folder / "dataset_info.json").write_text("{}", encoding="ascii")
    made = scripted_site(folder, ScriptedGenerator())
    seed(made.database)
    yield made
    made.close()


def called(site: Site, role: Role, name: str, *given: Any) -> list[tuple[str, str]]:
    """Return what a callback of the tab draws for somebody of a role."""
    async def built() -> Any:
        return build(replace(site, people=Everybody(role)), words("ko"))

    blocks = asyncio.run(built())
    callback: Callable[..., Iterator[tuple[str, str]]] = next(one.fn for one in blocks.fns.values() if one.name == name)
    return list(callback(*given, SimpleNamespace(username="someone", session_hash="x")))


@pytest.mark.parametrize("name", ["on_make", "on_count"])
def test_below_admin_nothing_is_shown_or_written(site: Site, name: str) -> None:
    for role in (Role.VIEWER, Role.RATER):
        [(told, shown)] = called(site, role, name, "demo", 4, 2)
        assert "error" in told and shown == ""
    assert not (site.project / "datasets").exists()


def test_an_admin_may_and_forged_scores_are_an_error_box(site: Site) -> None:
    assert "error" in called(site, Role.ADMIN, "on_make", "demo", 1, 5)[-1][0]
    assert not (site.project / "datasets").exists()
    told = called(site, Role.ADMIN, "on_make", "../../etc", 4, 2)[-1][0]
    assert "demo_feedback_kto.json" in told, "an unknown key is the first's"
    assert [file.name for file in sorted((site.project / "datasets").iterdir())] == [
        "demo_feedback.rejects.jsonl", "demo_feedback_dpo.json", "demo_feedback_kto.json", "demo_feedback_sft.json"]


def test_a_registry_that_cannot_be_read_is_an_error_box(site: Site) -> None:
    file: Path = site.project / "dataset_info.json"
    before = file.read_bytes()
    file.write_bytes(b"{")
    told = called(site, Role.ADMIN, "on_make", "demo", 4, 2)[-1][0]
    file.write_bytes(before)
    assert "error" in told and "is not JSON" in told
