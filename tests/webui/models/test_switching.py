"""Another model taken into use: loaded first, then answering; what fails changes nothing; one change at a time."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mundap.errors import ConfigError, ModelError, MundapError, ResourceError
from mundap.generator import open_generator
from rag.answer import Answer
from rag.inquiry import Inquiry
from tests.webui.scripted import ScriptedGenerator, scripted_site
from webui.domain import OWN, Domain, Offered
from webui.pool import Pool, model_key
from webui.site import Site

QUESTION = "가온누리전자의 2023년 영업이익은 얼마인가요?"


class Gated(ScriptedGenerator):
    """A scripted model that loads when it is let, or fails to."""

    def __init__(self, fails: MundapError | None = None) -> None:
        super().__init__()
        self.fails = fails
        self.asked_to = threading.Event()
        self.may = threading.Event()

    def start(self) -> None:
        self.asked_to.set()
        assert self.may.wait(10)
        if self.fails is not None:
            raise self.fails


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = scripted_site(tmp_path, ScriptedGenerator())
    yield made
    made.close()


def with_models(site: Site, most: int = 2, **second: Any) -> tuple[Domain, dict[str, Gated]]:
    """Give the site's domain a pool of a model each, the one called v1 not loading until it is let."""
    made: dict[str, Gated] = {}

    def opens(generation: Mapping[str, Any], project: Path) -> Gated:
        name = str(generation.get("chat", OWN))
        made[name] = Gated(**second) if name == "v1" else Gated()
        if name != "v1":
            made[name].may.set()
        return made[name]

    site.first.pool = Pool(site.project, most, opens)
    return site.first, made


def answered(domain: Domain) -> Answer:
    [*_, last] = domain.answerer().stream(Inquiry(text=QUESTION))
    assert isinstance(last, Answer)
    return last


def test_the_old_model_answers_until_the_new_one_is_loaded(site: Site) -> None:
    domain, made = with_models(site)
    before = domain.answerer()
    domain.switching.begin("v1")
    while "v1" not in made:
        pass
    assert made["v1"].asked_to.wait(5)
    assert domain.in_use == OWN and domain.switching.change.state == "loading"
    assert answered(domain).verdict.status == "verified"
    under_way = before.stream(Inquiry(text=QUESTION))
    next(under_way)
    made["v1"].may.set()
    change = domain.switching.wait(10)
    assert (change.state, change.system, change.error) == ("done", "v1", None)
    assert domain.in_use == "v1" and domain.answerer() is not before
    [*_, last] = under_way
    assert isinstance(last, Answer) and last.verdict.status == "verified", "what was being answered came to its end"
    assert not made[OWN].closed


def test_a_model_that_cannot_be_loaded_changes_nothing_and_takes_no_place(site: Site) -> None:
    domain, made = with_models(site, fails=ModelError("the weights are cut short.", where="exports/v1"))
    answered(domain)
    domain.switching.begin("v1")
    while "v1" not in made:
        pass
    made["v1"].may.set()
    change = domain.switching.wait(10)
    assert change.state == "failed" and change.error is not None and change.error.what == "the weights are cut short."
    assert domain.in_use == OWN and made["v1"].closed
    assert domain.pool.loaded() == {model_key(domain.recipe["generation"])}
    assert answered(domain).verdict.status == "verified"


def test_where_one_model_has_room_the_old_one_comes_back(site: Site) -> None:
    domain, made = with_models(site, most=1, fails=ModelError("broken."))
    answered(domain)
    domain.switching.begin("v1")
    while "v1" not in made:
        pass
    assert made["v1"].asked_to.wait(5) and made[OWN].closed
    made["v1"].may.set()
    assert domain.switching.wait(10).state == "failed"
    assert domain.pool.loaded() == {model_key(domain.recipe["generation"])} and not made[OWN].closed


def test_a_model_that_loads_and_does_not_answer_is_not_used(site: Site) -> None:
    domain, made = with_models(site)
    domain.probe = "망가지게"

    def fail(*_: Any) -> Any:
        raise ResourceError("memory ran out.", where="generation")

    domain.switching.begin("v1")
    while "v1" not in made:
        pass
    made["v1"].generate = fail  # type: ignore[assignment,method-assign]
    made["v1"].may.set()
    assert domain.switching.wait(10).state == "failed" and domain.in_use == OWN


def test_one_change_at_a_time(site: Site) -> None:
    domain, made = with_models(site)
    domain.switching.begin("v1")
    with pytest.raises(ResourceError, match="'v1' is being loaded"):
        domain.switching.begin(OWN)
    while "v1" not in made:
        pass
    made["v1"].may.set()
    assert domain.switching.wait(10).state == "done"
    domain.switching.begin(OWN)
    assert domain.switching.wait(10).state == "done" and domain.in_use == OWN


@pytest.mark.parametrize("name", ["nobody", "gone"])
def test_what_is_not_there_is_refused_at_once(site: Site, name: str) -> None:
    with pytest.raises(ConfigError):
        site.first.switching.begin(name)
    assert site.first.switching.change.state == "none" and site.first.in_use == OWN


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_real_worker_that_cannot_load_is_told(site: Site, tmp_path: Path) -> None:
    """A worker process of its own, on a folder that holds no weights."""
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "gemma3_text"}), encoding="utf-8")
    domain = site.first
    recipe = dict(domain.recipe) | {"generation": {**domain.recipe["generation"], "chat": {"model_name_or_path": str(folder)}}}
    domain.systems = {**domain.systems, "broken": Offered(name="broken", recipe=recipe)}
    domain.pool = Pool(site.project, 2, open_generator)
    domain.switching.begin("broken")
    change = domain.switching.wait(100)
    assert change.state == "failed" and change.error is not None and str(folder) in f"{change.error.where}{change.error.what}"
    assert domain.in_use == OWN and domain.pool.loaded() == frozenset()
