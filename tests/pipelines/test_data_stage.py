"""The data stage over made readings: counts that add up, the same bytes twice, nothing half-written taken for done."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_readings import COMPANIES, corpus, fact, filing, recipe

from mundap.chunk import read_chunks
from mundap.document import read_document
from mundap.errors import ConfigError, DataError, ModelError
from mundap.prompt import INPUT_HEADER
from pipelines import readers
from pipelines.data import DataReport, run
from pipelines.facts import read_facts
from pipelines.reading import Fact, Reading

Run = Callable[..., DataReport]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the stage over readings (default: the corpus), below tmp_path."""

    def start(readings: Sequence[Reading] | None = None, *, settings: Mapping[str, Any] | None = None,
              force: bool = False, said: list[str] | None = None) -> DataReport:
        given = corpus() if readings is None else readings

        def read(path: Path, project: Path, options: Mapping[str, Any]) -> Iterator[Reading]:
            yield from given

        monkeypatch.setitem(readers.READERS, "made", read)
        return run(settings or recipe(tmp_path), tmp_path, (said if said is not None else []).append, force=force)

    return start


def rows(report: DataReport, name: str = "made") -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(report.datasets[name].read_text(encoding="utf-8"))
    return found


def with_extra(*extra: Fact) -> list[Reading]:
    """Return the corpus with further figures in the first company's report of 2023."""
    first = filing(COMPANIES[0], 2023, extra=extra)
    return [first if one.document.doc_id == first.document.doc_id else one for one in corpus()]


def test_rows_in_are_rows_out_and_rejects(made: Run) -> None:
    bare = fact(COMPANIES[0], 2023, "가동률", "93", unit="")
    report = made(with_extra(bare))
    totals = report.counts["rows"]
    train, held_out = rows(report), rows(report, "made_eval")
    assert report.rejects is not None
    rejects = report.rejects.read_text(encoding="utf-8").splitlines()
    assert totals["in"] == len(train) + len(held_out) + len(rejects)
    assert [totals[name] for name in ("train", "eval", "rejects")] == [len(train), len(held_out), len(rejects)]
    assert len(rejects) == sum(report.counts["rejects"].values())
    table = dict(report.table)
    assert table["rows in"] == str(totals["in"]) and table["rows dropped"].startswith(f"{totals['rejects']} (")
    assert {"rows kept", "facts found", "seconds", "made", "made_eval"} <= set(table)


def test_columns_are_flat_text_and_the_same_in_every_row(made: Run) -> None:
    report = made()
    every = rows(report) + rows(report, "made_eval")
    assert {tuple(row) for row in every} == {tuple(every[0])}
    assert all(isinstance(value, str) for row in every for value in row.values())
    assert {"instruction", "input", "output", "id", "kind", "source", "chunk_ids"} <= set(every[0])
    assert {row["kind"] for row in every} == {"fact", "unanswerable", "qa"}
    assert len({row["id"] for row in every}) == len(every)
    assert all(row["input"].startswith(INPUT_HEADER) for row in every)
    assert all(row["input"].endswith(f"질문: {row['question']}") for row in every)


def test_no_company_and_no_passage_is_on_both_sides(made: Run) -> None:
    report = made()
    by_id = {chunk.chunk_id: chunk for chunk in read_chunks(report.chunks)}
    sides: list[set[str]] = []
    for name in ("made", "made_eval"):
        sides.append({by_id[one].doc_id for row in rows(report, name) for one in json.loads(row["chunk_ids"])})
    assert sides[0] and sides[1] and not sides[0] & sides[1]


def test_the_answer_stands_in_the_passage_it_cites(made: Run) -> None:
    for name in ("made", "made_eval"):
        for row in rows(made(), name):
            if row["kind"] == "fact":
                number = row["output"].rsplit("[", 1)[1].rstrip("]")
                passage = row["input"].split(f"[{number}] ", 1)[1].split("\n\n", 1)[0]
                assert row["gold_line"] in passage.splitlines()
                assert f"{row['gold_value']}{row['gold_unit']}입니다." in row["output"]
                assert json.loads(row["chunk_ids"])[int(number) - 1] == row["gold_chunk"]


def test_the_same_input_and_seed_give_the_same_bytes(made: Run, tmp_path: Path) -> None:
    def everything() -> dict[str, bytes]:
        return {file.relative_to(tmp_path).as_posix(): file.read_bytes() for folder in ("docs", "datasets")
                for file in sorted((tmp_path / folder).rglob("*")) if file.is_file()}

    made()
    first = everything()
    made(force=True)
    assert everything() == first
    assert not any(name.endswith((".tmp", "manifest.previous.json")) or "building" in name for name in first)
    other = recipe(tmp_path) | {"seed": 8}
    made(settings=other)
    assert everything()["datasets/made.json"] != first["datasets/made.json"]


def test_an_unchanged_run_is_skipped_and_says_so(made: Run, tmp_path: Path) -> None:
    first, said = made(), []
    again = made([], said=said)  # the reader would give nothing
    assert again.skipped and again.counts == first.counts
    assert said == ["made: nothing has changed since docs/manifest.json; skipped."]
    assert again.seconds < 1


@pytest.mark.parametrize("change", ["input", "output", "prompt"])
def test_a_change_of_input_output_or_setting_is_worked_through(made: Run, tmp_path: Path, change: str) -> None:
    settings = recipe(tmp_path)
    report = made(settings=settings)
    if change == "input":
        (tmp_path / "raw/input.txt").write_text("anders", encoding="utf-8")
    elif change == "output":
        report.datasets["made"].write_text("[]", encoding="utf-8")
    else:
        settings["rows"]["decline_text"] = "없습니다."
    assert not made(settings=settings).skipped
    assert len(rows(report)) > 10


def test_a_run_that_dies_half_way_is_not_taken_for_finished(made: Run, tmp_path: Path) -> None:
    whole = made()
    before = whole.datasets["made"].read_bytes()

    class Broken(Sequence[Reading]):
        def __len__(self) -> int:
            return 1

        def __getitem__(self, at: Any) -> Any:
            if at:
                raise RuntimeError("power cut")
            return corpus()[0]

    with pytest.raises(RuntimeError, match="power cut"):
        made(Broken(), force=True)
    assert not whole.manifest.is_file()
    again = made()
    assert not again.skipped and again.datasets["made"].read_bytes() == before


def test_an_amended_filing_takes_the_place_of_the_first(made: Run) -> None:
    first = filing(COMPANIES[0], 2023)
    amended = filing(COMPANIES[0], 2023, date=20240504, supersedes="20240318", shift=5)
    others = [reading for reading in corpus() if reading.document.doc_id != first.document.doc_id]
    report = made([first, amended, *others], settings=None)
    chunks = read_chunks(report.chunks)
    successors = {chunk.doc_id: chunk.superseded_by for chunk in chunks}
    assert successors.pop(first.document.doc_id) == amended.document.doc_id
    assert set(successors.values()) == {""}
    facts = read_facts(report.documents / "facts.parquet")
    assert all(one.superseded == (one.doc_id == first.document.doc_id) for one in facts)
    assert report.counts["superseded"] == 1
    quoted = {one.split(":")[0] for name in report.datasets for row in rows(report, name)
              for one in json.loads(row["chunk_ids"])}
    assert first.document.doc_id not in quoted and amended.document.doc_id in quoted


def test_two_values_for_one_question_are_rejected_as_ambiguous(made: Run, tmp_path: Path) -> None:
    settings = recipe(tmp_path, facts_per_document=50)
    clash = [fact(COMPANIES[0], 2023, "수주잔고", "1,111"), fact(COMPANIES[0], 2023, "수주잔고", "2,222")]
    report = made(with_extra(*clash), settings=settings)
    assert report.rejects is not None
    found = [json.loads(line) for line in report.rejects.read_text(encoding="utf-8").splitlines()]
    assert [one["detail"] for one in found if one["reason"] == "ambiguous"] == ["2 values: 1,111백만원, 2,222백만원"]
    asked = [row["item"] for name in report.datasets for row in rows(report, name) if row["kind"] == "fact"]
    assert asked and "수주잔고" not in asked


def test_consolidated_and_separate_are_told_apart_by_name(made: Run, tmp_path: Path) -> None:
    settings = recipe(tmp_path, facts_per_document=50)
    both = [fact(COMPANIES[0], 2023, "수주잔고", value, basis=basis)
            for value, basis in (("1,111", "연결"), ("2,222", "별도"))]
    report = made(with_extra(*both), settings=settings)
    asked = {row["item"]: row["gold_value"] for name in report.datasets for row in rows(report, name)
             if row["kind"] == "fact" and "수주잔고" in row["item"]}
    assert asked == {"연결 수주잔고": "1,111", "별도 수주잔고": "2,222"}


def test_unanswerable_rows_decline_and_their_passages_do_not_answer(made: Run, tmp_path: Path) -> None:
    report = made(settings=recipe(tmp_path, facts_per_document=12))
    for name, reasons in (("made", {"other_company", "other_year", "line_removed"}),
                          ("made_eval", {"other_company", "other_year"})):
        found = [row for row in rows(report, name) if row["kind"] == "unanswerable"]
        assert reasons <= {row["reason"] for row in found}
        for row in found:
            assert row["output"] == "문서에 해당 내용이 없습니다." and row["gold_chunk"] == ""
            item = row["item"].removeprefix("연결 ")
            assert f"{row['company']} {row['fiscal_year']}년 연결 {item}: " not in row["input"]
            if name == "made_eval" and row["reason"] == "other_company":
                assert row["company"] not in COMPANIES and not any(row["company"] in one for one in COMPANIES)
            if name == "made_eval" and row["reason"] == "other_year":
                assert int(row["fiscal_year"]) < 2021


def test_an_absent_item_is_one_the_company_mentions_nowhere(made: Run, tmp_path: Path) -> None:
    readings = [filing(company, 2023, extra=[fact(company, 2023, "현금배당성향", "31.2", unit="%")])
                if company in COMPANIES[:4] else filing(company, 2023) for company in COMPANIES]
    report = made(readings, settings=recipe(tmp_path, facts_per_document=10, unanswerable_share=0.4))
    absent = [row for name in report.datasets for row in rows(report, name) if row["reason"] == "absent_item"]
    assert absent and all(row["item"] == "현금배당성향" and row["company"] in COMPANIES[4:] for row in absent)
    mentioned = [replace(one, sections=(*one.sections, replace(one.sections[0], path=("배당",), blocks=(
        replace(one.sections[0].blocks[0], text="현금배당 성향은 정하지 않았습니다."),)))) for one in readings]
    again = made(mentioned, settings=recipe(tmp_path, facts_per_document=10, unanswerable_share=0.4), force=True)
    assert not any(row["reason"] == "absent_item" for name in again.datasets for row in rows(again, name))


def test_pairs_become_rows_with_the_authors_answer(made: Run, tmp_path: Path) -> None:
    report = made()
    found = [row for name in report.datasets for row in rows(report, name) if row["kind"] == "qa"]
    assert len(found) == 8
    assert all(row["output"].startswith(row["gold_line"]) and row["output"][-3:] in ("[1]", "[2]") for row in found)
    without = made(settings=recipe(tmp_path, qa=False))
    assert not any(row["kind"] == "qa" for name in without.datasets for row in rows(without, name))


def test_documents_lie_where_the_contract_says_and_stale_ones_go(made: Run, tmp_path: Path) -> None:
    report = made()
    paths = {file.relative_to(report.documents).as_posix() for file in report.documents.rglob("*.md")}
    first = filing(COMPANIES[0], 2023).document
    path = f"{first.fields['corp_code']}/2023/11011/{first.doc_id}.md"
    assert path in paths and "civil-0001.md" in paths
    assert read_document(report.documents / path).title == first.title
    made([one for one in corpus() if one.document.doc_id != first.doc_id], force=True)
    assert not (report.documents / path).exists() and (report.documents / "civil-0001.md").exists()


def test_unreadable_and_repeated_documents_are_counted(made: Run) -> None:
    broken = replace(filing(COMPANIES[1], 2020), status="FAILED")
    report = made([*corpus(), corpus()[0], broken])
    assert report.counts["dropped_documents"] == {"duplicate_document": 1, "unreadable": 1}
    assert report.counts["documents"] == len(corpus())


def test_without_rows_only_documents_and_chunks_are_made(made: Run, tmp_path: Path) -> None:
    settings = recipe(tmp_path)
    del settings["rows"]
    report = made(settings=settings)
    assert report.datasets == {} and report.rejects is None
    assert read_chunks(report.chunks) and not (tmp_path / "datasets").exists()


@pytest.mark.skipif("MUNDAP_SAMPLES" not in os.environ, reason="MUNDAP_SAMPLES names no folder of real filings")
def test_real_filings_become_rows_that_add_up(tmp_path: Path) -> None:
    settings = recipe(tmp_path)
    for name in ("dart-20220331003366.xhml", "dart-20230330001284.xhml"):
        shutil.copy(Path(os.environ["MUNDAP_SAMPLES"]) / "dart/xml_cp949" / name, tmp_path / "raw")
    (tmp_path / "raw/input.txt").unlink()
    settings["sources"][0]["reader"] = "dart_xml"
    report = run(settings, tmp_path, [].append)
    totals = report.counts["rows"]
    assert totals["in"] == totals["train"] + totals["eval"] + totals["rejects"]
    assert totals["train"] >= 3 and totals["eval"] >= 100
    assert all(chunk.token_count <= 60 for chunk in read_chunks(report.chunks, "child"))


def test_nothing_readable_is_an_error(made: Run) -> None:
    with pytest.raises(DataError, match="no document could be read from the sources"):
        made([])


def test_wrong_settings_are_named(made: Run, tmp_path: Path) -> None:
    settings = recipe(tmp_path)
    settings["sources"][0]["reader"] = "dart_xlm"
    with pytest.raises(ConfigError, match="(?s)there is no reader 'dart_xlm'.*Did you mean 'dart_xml'"):
        made(settings=settings)
    settings = recipe(tmp_path)
    settings["sources"][0]["path"] = str(tmp_path / "nowhere")
    with pytest.raises(DataError, match="the source is not there or holds no file"):
        made(settings=settings)
    settings = recipe(tmp_path)
    settings["chunks"]["tokenizer"] = str(tmp_path / "nothing")
    with pytest.raises(ModelError, match="(?s)no tokenizer.json here.*mundap models"):
        made(settings=settings)
    same = recipe(tmp_path)["rows"]["questions"]["train"]
    with pytest.raises(ConfigError, match="are in both files"):
        made(settings=recipe(tmp_path, questions={"train": same, "eval": same}))
    with pytest.raises(ConfigError, match="the instruction file is not there"):
        made(settings=recipe(tmp_path, instruction="configs/prompts/none.txt"))
