"""Whole runs against the fake provider: nothing lost, doubled or invented, whatever it does; and every way to stop."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mundap.errors import ConfigError, DataError, GenerationError, ResourceError
from pipelines.generate import Candidate, GenerateSettings, GenerationReport, generate, grounded, merge, read_rows
from pipelines.generate.filter_checks import filter_checks
from pipelines.generate.ledger import read_history
from pipelines.quality import answer_length, duplicate, truncated
from pipelines.quality.filter import Domain
from tests.pipelines.generate.fake_provider import Behaviour, FakeProvider, Limit, answer_to, running
from tests.pipelines.generate.made_work import made_chunks, made_settings

SECRETS = {"KEY_1": "sk-the-first-secret", "KEY_2": "sk-the-second-secret"}
ONE: dict[str, dict[str, Any]] = {"KEY_1": {}}
BOTH: dict[str, dict[str, Any]] = {"KEY_1": {}, "KEY_2": {}}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def behaviour(**how: Any) -> Behaviour:
    return Behaviour(**{"keys": {value: Limit() for value in SECRETS.values()}, **how})


def run(fake: FakeProvider, folder: Path, chunks: int = 20, said: list[str] | None = None,
        keys: dict[str, dict[str, Any]] = ONE, checks: Any = None, **section: Any) -> GenerationReport:
    settings = made_settings(fake.base_url, keys, **section)
    say: Callable[[str], None] = (lambda line: None) if said is None else said.append
    return generate(made_chunks(chunks), settings, folder, say, **({} if checks is None else {"checks": checks}))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_task_is_asked_once_and_rows_stand_in_the_order_of_the_chunks(tmp_path: Path) -> None:
    with running(behaviour(latency_s=(0.0, 0.05))) as provider:
        report = run(provider, tmp_path, keys=BOTH, kinds=("fact", "scenario", "easy"))
        assert report.complete and report.rows == 60 and report.outcomes == {"ok": 60}
        assert set(provider.served.values()) == {1} and set(provider.by_key) == set(SECRETS.values())
        rows = read_rows(report.rows_file)
        assert [(row.chunk_id, row.kind) for row in rows] == [
            (f"terms:{at:05d}", kind) for at in range(20) for kind in ("fact", "scenario", "easy")]
        assert len({row.id for row in rows}) == 60 and {row.origin for row in rows} == {"generated"}
        again = run(provider, tmp_path, keys=BOTH, kinds=("fact", "scenario", "easy"))
        assert again.complete and again.resumed == 60 and again.outcomes == {}
        assert provider.stats()["requests"] == 60


def test_with_faults_nothing_is_lost_doubled_or_an_error_kept(tmp_path: Path) -> None:
    faults = behaviour(seed=3, rate_limit=0.04, server_error=0.05, cut=0.05, garbage=0.02, hang=0.02, broken=0.1,
                       refused=0.05, ungrounded=0.1, fenced=0.1)
    with running(faults) as provider:
        report = run(provider, tmp_path, 60, keys=BOTH, provider={"timeout_s": 0.3})
        met = provider.stats()["statuses"]
    assert report.complete and report.rows + sum(report.rejected.values()) == 60 and report.rows >= 57
    # which faults of the way are drawn depends on how many requests come; which are told depends on what was met
    told = {"server_error": "server_error", "429": "rate_limit", "hang": "timeout", "refused": "refused"}
    expected = {told[name] for name in met if name in told}
    assert expected <= set(report.outcomes) and len(expected) >= 3
    rows = read_rows(report.rows_file)
    assert len({row.chunk_id for row in rows}) == len(rows)
    whole = report.rows_file.read_text(encoding="utf-8")
    assert not any(word in whole for word in ("ERROR", "<html>", "987,654,321", "Slow down", "```"))
    finals = Counter((line["chunk_id"]) for line in lines(tmp_path / "ledger.jsonl")[1:] if line["verdict"] == "kept")
    assert set(finals.values()) == {1}
    assert all(line.get("raw") or line.get("dropped") or line["outcome"] == "refused"
               for line in lines(tmp_path / "ledger.jsonl")[1:] if line["verdict"] == "retry")


def test_a_task_that_never_passes_is_rejected_with_its_raw_text(tmp_path: Path) -> None:
    with running(behaviour(broken=1.0)) as provider:
        report = run(provider, tmp_path / "broken", 3)
        assert report.complete and report.rejected == {"broken": 3} and report.outcomes == {"ok": 9}
    rejects = lines(report.rejects_file)
    assert len(rejects) == 3 and all(one["raw"].startswith("ERROR: {") and one["reason"] == "broken" for one in rejects)
    with running(behaviour(ungrounded=1.0)) as provider:
        report = run(provider, tmp_path / "ungrounded", 2)
        assert report.rejected == {"not_grounded": 2}
        assert lines(report.rejects_file)[0]["reason"] == "not_grounded: 987,654,321원"
        sent = [line["try"] for line in lines(tmp_path / "ungrounded" / "ledger.jsonl")[1:]]
        assert sorted(sent) == [1, 1, 2, 2, 3, 3]


def test_checks_from_outside_and_filters_of_the_gate(tmp_path: Path) -> None:
    def no_fees(candidate: Candidate) -> str:
        return "fees: named" if candidate.chunk.chunk_id.endswith("1") else ""

    domain = Domain()
    checks = (*filter_checks([answer_length.make(domain, min_chars=10, max_chars=None),
                              truncated.make(domain, nominal_endings=False), duplicate.make(domain, by="question")]), no_fees)
    assert len(checks) == 3             # duplicate compares rows, so it is no check
    good = Candidate(question="언제인가요?", answer="제1조에 따르면 3일입니다.", kind="fact", level="", chunk=made_chunks(1)[0])
    assert [check(good) for check in checks] == ["", "", ""] and grounded(good) == ""
    assert checks[0](dataclasses.replace(good, answer="3일.")) == "short_answer: 3 characters"
    with running(behaviour()) as provider:
        report = run(provider, tmp_path, 3, checks=checks)
        assert report.rejected == {"fees": 1} and report.rows == 2


def test_pairs_that_pass_are_kept_beside_those_that_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def two(prompt: str, seed: int) -> Any:
        good = answer_to(prompt, seed)
        return [good, good, {"question": "얼마인가요?", "answer": "777,777원입니다."}]

    monkeypatch.setattr("tests.pipelines.generate.fake_provider.answer_to", two)
    with running(behaviour()) as provider:
        settings = made_settings(provider.base_url, ONE)
        kind = dataclasses.replace(settings.kinds[0], pairs=3)
        report = generate(made_chunks(2), dataclasses.replace(settings, kinds=(kind,)), tmp_path, lambda line: None)
    assert (report.rows, report.dropped_pairs) == (2, {"same_twice": 2, "not_grounded": 2})
    assert [one["reason"] for one in lines(report.rejects_file)] == ["same_twice", "not_grounded: 777,777원"] * 2


@pytest.mark.slow
def test_limits_are_kept_with_hardly_a_429(tmp_path: Path) -> None:
    limits = {"KEY_1": {"requests_per_minute": 1800.0}, "KEY_2": {"requests_per_minute": 600.0}}
    how = behaviour(keys={SECRETS[name]: Limit(per_minute=one["requests_per_minute"]) for name, one in limits.items()},
                    latency_s=(0.05, 0.2))
    with running(how) as provider:
        report = run(provider, tmp_path, 90, keys=limits)
    assert report.permitted == 40 and report.complete
    assert 34 < report.rate < 41                # a busy machine; the benchmark measures it
    assert report.outcomes.get("rate_limit", 0) <= 2


@pytest.mark.slow
@pytest.mark.parametrize("form", ["seconds", "date", ""])
def test_a_provider_with_undeclared_limits_is_obeyed(tmp_path: Path, form: str) -> None:
    how = behaviour(keys={SECRETS["KEY_1"]: Limit(per_minute=3000, burst_s=0.2, retry_after=form)})
    with running(how) as provider:
        report = run(provider, tmp_path, 30)
    assert report.complete and report.rows == 30


@pytest.mark.slow
def test_tokens_a_minute_are_kept(tmp_path: Path) -> None:
    prompt = 600 / 2 + 60               # about; the fake counts two characters a token
    how = behaviour(keys={SECRETS["KEY_1"]: Limit(tokens_per_minute=prompt * 600, burst_s=2)})
    with running(how) as provider:
        report = run(provider, tmp_path, 25, keys={"KEY_1": {"tokens_per_minute": prompt * 600}})
    assert report.complete and report.outcomes.get("rate_limit", 0) <= 2


def test_a_bad_key_is_retired_and_the_other_does_the_work(tmp_path: Path) -> None:
    said: list[str] = []
    with running(behaviour(keys={SECRETS["KEY_1"]: Limit()}, echo_key=True)) as provider:
        report = run(provider, tmp_path, said=said, keys=BOTH)
        assert report.complete and report.rows == 20
        assert provider.by_key[SECRETS["KEY_2"]]["bad_key"] <= 4        # the calls in flight
    [line] = [line for line in said if "retired" in line]
    assert "key KEY_2 was refused (401: Incorrect API key provided: ***.)" in line
    kept = "".join(path.read_text(encoding="utf-8", errors="replace") for path in tmp_path.iterdir()) + "".join(said)
    assert not any(secret in kept for secret in SECRETS.values())


def test_only_bad_keys_is_an_error_that_shows_none(tmp_path: Path) -> None:
    with running(behaviour(keys={}, echo_key=True)) as provider, pytest.raises(ConfigError) as caught:
        run(provider, tmp_path, keys=BOTH)
    message = str(caught.value)
    assert "key KEY_1: was refused" in message and "key KEY_2: was refused" in message
    assert not any(secret in message for secret in SECRETS.values())
    assert "0 rows are kept and 20 tasks are left" in message


def test_a_key_with_used_up_quota_rests_and_the_run_can_go_on_tomorrow(tmp_path: Path) -> None:
    said: list[str] = []
    how = behaviour(keys={SECRETS["KEY_1"]: Limit(per_day=7), SECRETS["KEY_2"]: Limit(quota=True)})
    with running(how) as provider:
        report = run(provider, tmp_path, said=said, keys=BOTH)
    assert (report.stopped, report.rows, report.left) == ("quota", 7, 13) and not report.complete
    assert sum("rests until tomorrow" in line for line in said) == 2
    assert "13 tasks are left" in said[-1] and "Run the same command again" in said[-1]
    with running(behaviour()) as provider:
        report = run(provider, tmp_path)
    assert report.complete and report.resumed == 7 and provider.stats()["requests"] == 13


def test_declared_requests_a_day_count_runs_before(tmp_path: Path) -> None:
    with running(behaviour()) as provider:
        one = {"KEY_1": {"requests_per_day": 8}}
        assert run(provider, tmp_path, keys=one).rows == 8
        report = run(provider, tmp_path, keys=one)
        assert (report.stopped, report.rows) == ("quota", 8) and provider.stats()["requests"] == 8
        assert "has sent its 8 requests of today" in report.message


@pytest.mark.parametrize(("budget", "least", "most"), [
    ({"requests": 6}, 6, 6), ({"tokens": 4000}, 4, 14), ({"money": 0.01}, 4, 40)])
def test_a_budget_stops_the_run_before_it_is_exceeded(tmp_path: Path, budget: dict[str, Any], least: int, most: int) -> None:
    said: list[str] = []
    price = {"price": {"input": 1.0, "output": 10.0}}
    with running(behaviour()) as provider:
        report = run(provider, tmp_path, 100, said, provider=price, budget=budget)
        assert report.stopped == "budget" and least <= report.rows <= most
        spent = report.spent
        used = {"requests": spent.requests, "tokens": spent.tokens, "money": spent.money}
        assert all(used[name] <= limit for name, limit in budget.items())
        assert "100 tasks to do: about 100 calls" in said[0] and "the budget is enough for about" in said[1]
        again = run(provider, tmp_path, 100, provider=price, budget=budget)     # runs before count
        assert again.rows <= report.rows + 1


def test_chunks_too_long_are_told_and_not_sent_and_open_again_for_a_longer_context(tmp_path: Path) -> None:
    said: list[str] = []
    chunks = [*made_chunks(2), *[dataclasses.replace(chunk, chunk_id=f"long:{at}")
                                 for at, chunk in enumerate(made_chunks(2, words=2000))]]
    with running(behaviour()) as provider:
        def go(context: int | None) -> GenerationReport:
            settings = made_settings(provider.base_url, ONE, provider={"context_tokens": context})
            return generate(chunks, settings, tmp_path, said.append)

        report = go(2000)
        assert report.complete and report.rejected == {"over_context": 2} and report.rows == 2
        assert provider.stats()["requests"] == 2
        assert "2 tasks of 2 chunks are longer than the model's context" in said[0] and "long:0, long:1" in said[0]
        assert go(2000).rejected == {"over_context": 2}
        report = go(None)
        assert report.complete and report.rows == 4 and report.rejected == {}
    with running(behaviour(context_chars=1000)) as provider:      # the server's own word
        report = generate(chunks, made_settings(provider.base_url, ONE), tmp_path / "server", said.append)
        assert report.complete and report.rejected == {"over_context": 2} and provider.stats()["requests"] == 4


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.slow
def test_an_endpoint_that_is_down_is_an_error_within_seconds(tmp_path: Path) -> None:
    settings, began = made_settings(f"http://127.0.0.1:{free_port()}/v1", ONE), time.monotonic()
    with pytest.raises(GenerationError) as caught:
        generate(made_chunks(5), settings, tmp_path, lambda line: None)
    assert time.monotonic() - began < 10
    assert "no connection" in str(caught.value) and "Start the server, or correct base_url" in str(caught.value)


def test_a_wrong_model_or_path_is_an_error_at_once(tmp_path: Path) -> None:
    with running(behaviour(model="another")) as provider:
        with pytest.raises(GenerationError, match="The model fake does not exist"):
            run(provider, tmp_path / "model")
        assert provider.stats()["requests"] <= 4
    with running(behaviour(garbage=1.0)) as provider, pytest.raises(GenerationError, match="not a chat completion"):
        run(provider, tmp_path / "page")


def test_an_endpoint_that_goes_down_is_given_up_and_gone_on_with(tmp_path: Path) -> None:
    with running(behaviour()) as provider:
        assert run(provider, tmp_path, 5).complete
    with running(behaviour(server_error=1.0)) as provider, pytest.raises(GenerationError, match="no model has answered"):
        run(provider, tmp_path, 10, give_up_after_s=0.5)
    with running(behaviour()) as provider:
        report = run(provider, tmp_path, 10)
    assert report.complete and report.resumed == 5 and report.rows == 10


@pytest.mark.slow
def test_nothing_but_429s_ends_the_run_and_loses_nothing(tmp_path: Path) -> None:
    with running(behaviour(rate_limit=1.0)) as provider:
        report = run(provider, tmp_path, 5, give_up_after_s=0.5)
    assert (report.stopped, report.left) == ("rate_limit", 5) and "no model has answered" in report.message


def test_a_task_that_only_fails_is_left_for_the_next_run(tmp_path: Path) -> None:
    said: list[str] = []
    with running(behaviour(hang=1.0)) as provider:
        report = run(provider, tmp_path, 2, said, provider={"timeout_s": 0.2}, max_failures=1)
        assert (report.left, report.complete, report.outcomes) == (2, False, {"timeout": 2})
    assert "left for the next run after 1 failures, the last one timeout" in said[1]
    with running(behaviour()) as provider:
        assert run(provider, tmp_path, 2).rows == 2


@pytest.mark.slow
def test_ctrl_c_finishes_calls_in_flight_and_says_how_to_go_on(tmp_path: Path) -> None:
    said: list[str] = []
    with running(behaviour(latency_s=(0.3, 0.4))) as provider:
        timer = threading.Timer(0.6, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        report = run(provider, tmp_path, 200, said)
        assert report.stopped == "interrupted" and 0 < report.rows < 200
        assert sum(provider.served.values()) == report.rows       # every answer given was kept
        assert any("finishing" in line and "calls in flight" in line for line in said)
        assert "Run the same command again to go on" in said[-1]
    with running(behaviour()) as provider:
        assert run(provider, tmp_path, 200).rows == 200
        assert provider.stats()["requests"] == 200 - report.rows


def test_a_stopped_and_resumed_run_writes_the_same_bytes(tmp_path: Path) -> None:
    how = behaviour(seed=5, broken=0.2, ungrounded=0.2, refused=0.1, fenced=0.2)
    with running(how) as provider:
        whole = run(provider, tmp_path / "whole", 60)
        for requests in (10, 25, 41, 60, 200):
            parts = run(provider, tmp_path / "parts", 60, budget={"requests": requests})
    assert whole.complete and parts.complete and whole.rejected == parts.rejected
    for name in ("rows.jsonl", "rejects.jsonl"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()


def test_shards_merge_to_the_whole_and_gaps_and_overlaps_are_named(tmp_path: Path) -> None:
    chunks = made_chunks(30)
    with running(behaviour()) as provider:
        settings = made_settings(provider.base_url, ONE)
        whole = read_rows(generate(chunks, settings, tmp_path / "whole", lambda line: None).rows_file)
        ledgers = []
        for number in (1, 2, 3):
            part = made_settings(provider.base_url, ONE, shard=f"{number}/3")
            report = generate(chunks, part, tmp_path / str(number), lambda line: None)
            assert 0 < report.tasks < 30
            ledgers.append(tmp_path / str(number) / "ledger.jsonl")
    assert merge(ledgers, chunks, settings) == whole
    with pytest.raises(DataError, match=r"\d+ of 30 tasks are done in no ledger: terms:\d{5} fact"):
        merge(ledgers[:2], chunks, settings)
    with pytest.raises(DataError, match=r"\d+ tasks are done twice: terms:\d{5} fact"):
        merge([*ledgers, ledgers[0]], chunks, settings)
    with pytest.raises(DataError, match="this ledger is not there"):
        merge([tmp_path / "none.jsonl"], chunks, settings)


def test_another_model_or_prompt_is_other_work(tmp_path: Path) -> None:
    with running(behaviour()) as provider:
        assert run(provider, tmp_path, 3).outcomes == {"ok": 3}
        assert run(provider, tmp_path, 3, kinds=("easy",)).outcomes == {"ok": 3}
        assert run(provider, tmp_path, 3, decoding={"temperature": 0.2, "max_new_tokens": 256}).outcomes == {"ok": 3}
        assert run(provider, tmp_path, 3).outcomes == {}
    with running(behaviour(model="other")) as provider:
        assert run(provider, tmp_path, 3, provider={"model": "other"}).outcomes == {"ok": 3}
    assert len(read_history(tmp_path / "ledger.jsonl", ["fake", "other"]).calls) == 12


def test_the_same_chunk_twice_and_a_folder_that_is_a_file_are_told(tmp_path: Path) -> None:
    settings: GenerateSettings = made_settings("http://127.0.0.1:9/v1", ONE)
    with pytest.raises(DataError, match="terms:00000: two chunks have this id"):
        generate([*made_chunks(1), *made_chunks(1)], settings, tmp_path, lambda line: None)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ResourceError, match="the folder cannot be made"):
        generate(made_chunks(1), settings, tmp_path / "file", lambda line: None)
    report = generate([], settings, tmp_path / "empty", lambda line: None)
    assert report.complete and report.tasks == 0 and report.rows_file.read_text(encoding="utf-8") == ""
