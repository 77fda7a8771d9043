"""What is told of a system: the run its adapter came from, the parity of an export, and whether a figure is still its own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.evaluation.answering import Room
from rag.evaluation.parity import certificate
from rag.evaluation.systems import load_systems
from tests.webui.scripted import ScriptedGenerator, scripted_site
from webui.domain import OWN, Domain, Offered
from webui.models import runs, systems_view
from webui.models.system_facts import Facts, facts
from webui.site import Site
from webui.words import words

METRIC = {"value": 0.75, "low": 0.5, "high": 0.9, "n": 12, "rate": True, "better": "higher", "unit": ""}


def put(file: Path, content: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return file


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Return a site whose page answers from an export, and whose v1 is base and adapter."""
    monkeypatch.delenv("MUNDAP_HOME", raising=False)
    put(tmp_path / "models" / "base" / "config.json", {})
    put(tmp_path / "exports" / "demo" / "config.json", {})
    put(tmp_path / "exports" / "demo" / "mundap_export.json", {
        "recipe": "configs/demo/export.yaml", "inputs": "i", "adapters": ["print"]})
    adapter = tmp_path / "saves" / "demo" / "lora"
    put(adapter / "best_model" / "adapter_config.json", {})
    put(adapter / "mundap_run.json", {"fingerprint": "print", "state": "finished", "recipe": "configs/demo/train.yaml",
                                      "datasets": {"demo": "12ab"}, "summary": {"steps": 39}})
    own = {"generator": "local", "chat": {"model_name_or_path": "exports/demo"}, "max_new_tokens": 96, "temperature": 0.0,
           "retries": 1, "threads": 2, "base_url": None, "model": None, "api_key_env": None}
    made = scripted_site(tmp_path, ScriptedGenerator(), {"generation": own})
    v1 = own | {"chat": {"model_name_or_path": "models/base", "adapter_name_or_path": "saves/demo/lora/best_model"}}
    made.first.systems = {**made.first.systems, "v1": Offered(name="v1", recipe=dict(made.first.recipe) | {"generation": v1})}
    yield made
    made.close()


def told(site: Site) -> dict[str, Facts]:
    return {one.name: one for one in facts(site.first, runs.find(site.project / "saves"))}


def evaluated(domain: Domain, name: str, called: str) -> Path:
    """Write what an evaluation of a system leaves: its kept answers, then the report."""
    folder, offered = domain.project / "reports" / "demo", domain.systems[name]
    [system] = load_systems({"systems": [{"name": called, "context": "retrieved", "levers": True,
                                          "chat": offered.recipe["generation"]["chat"]}]}, domain.recipe)
    put(Room(domain.recipe, domain.project, domain.retriever, folder, lambda line: None).kept(system), {})
    return put(folder / "report.json", {
        "domain": domain.key, "asked": {"right": 12}, "data": {"day": "2026-01-31"}, "systems": [
            {"name": called, "settings": system.settings(domain.project), "questions": 12, "errors": 1,
             "metrics": {"right": METRIC, "hallucinated": METRIC | {"value": None, "n": 0}},
             "speed": {"asked": 2, "latency_s": {"p50": 1.5}, "tokens_per_s": 12.0, "peak_bytes": 2**30}}]})


def test_the_run_behind_an_adapter_and_behind_an_export_is_found(site: Site) -> None:
    found = told(site)
    assert [run.key for run in found["v1"].runs] == [run.key for run in found[OWN].runs] == ["demo/lora"]
    parity = found[OWN].certificate
    assert found["v1"].certificate is None and parity is not None and parity.state == "missing"
    shown = systems_view.cards(list(found.values()), words("ko"))
    assert "12ab" in shown and "mundap eval --parity configs/demo/export.yaml" in shown


def test_a_certificate_passes_and_goes_stale(site: Site) -> None:
    export = site.project / "exports" / "demo"
    certificate.write(export, {"passed": True, "reasons": []})
    before = told(site)[OWN].certificate
    put(export / "config.json", {"changed": 1})
    after = told(site)[OWN].certificate
    assert before is not None and before.state == "passed" and after is not None and after.state == "stale"


def test_a_figure_is_current_until_the_model_changes(site: Site) -> None:
    evaluated(site.first, "v1", "v1")
    found = told(site)["v1"].evaluated
    assert found is not None and found.current and found.place == "reports/demo"
    shown = systems_view.cards([told(site)["v1"]], words("ko"))
    assert "75.0%" in shown and "50.0% ~ 90.0%" in shown and words("ko")("models.systems.current") in shown
    assert "지어낸 답" not in shown, "a metric that applies to no question is not shown"
    put(site.project / "saves" / "demo" / "lora" / "best_model" / "adapter_config.json", {"r": 16})
    later = told(site)["v1"].evaluated
    assert later is not None and not later.current
    assert words("ko")("models.systems.stale") in systems_view.cards([told(site)["v1"]], words("ko"))


def test_answers_newer_than_their_report_are_not_what_it_tells_of(site: Site) -> None:
    os.utime(evaluated(site.first, "v1", "v1"), (1.0, 1.0))
    found = told(site)["v1"].evaluated
    assert found is not None and not found.current


def test_the_pages_own_system_is_known_by_what_it_is(site: Site) -> None:
    evaluated(site.first, OWN, "v2 as on the page")
    found = told(site)[OWN].evaluated
    assert found is not None and found.current and found.name == "v2 as on the page"
    assert told(site)["v1"].evaluated is None


@pytest.mark.parametrize("content", [
    "{", "[]", '{"domain": "demo", "systems": 5}', '{"domain": "demo", "asked": {}, "systems": [1, {}]}'])
def test_what_is_no_report_is_left_out(site: Site, content: str) -> None:
    folder = site.project / "reports" / "demo"
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(content, encoding="utf-8")
    assert told(site)["v1"].evaluated is None
