"""Jobs in processes that die: every other job is done, and nothing hangs."""

from __future__ import annotations

import os
import time
from pathlib import Path

import lethal
import pytest
from lethal import Task

from mundap.errors import DataError, LaunchError
from pipelines import workers
from pipelines.workers import Died, each

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))


def tasks(folder: Path, *does: str) -> list[Task]:
    return [Task(do, at, folder) for at, do in enumerate(does)]


def test_a_job_that_kills_its_worker_costs_itself_alone(tmp_path: Path) -> None:
    jobs = tasks(tmp_path, *["square"] * 5, "kill", *["square"] * 5)
    found = dict(each(lethal.run, jobs, workers=2, weights=[1] * len(jobs)))
    assert found.pop(5) == Died(reason="the process that read it died twice, killed by signal 9")
    assert found == {at: at**2 for at in range(11) if at != 5}


def test_a_job_whose_worker_died_by_chance_is_done_the_second_time(tmp_path: Path) -> None:
    jobs = tasks(tmp_path, "square", "once", "square")
    assert dict(each(lethal.run, jobs, workers=2, weights=[1, 2, 3])) == {0: 0, 1: 1, 2: 4}


def test_an_error_of_ours_arrives_whole(tmp_path: Path) -> None:
    jobs = tasks(tmp_path, "square", "fail", "wait")
    began = time.monotonic()
    with pytest.raises(DataError) as found:
        list(each(lethal.run, jobs, workers=2, weights=[1, 1, 1]))
    assert (found.value.what, found.value.where, found.value.fix) == ("no good.", "row 7", "Mend it.")
    assert time.monotonic() - began < 30  # the worker that waits was stopped


def test_workers_that_all_die_at_birth_are_an_error_not_a_loop(tmp_path: Path) -> None:
    jobs = tasks(tmp_path, *["kill"] * 12)
    with pytest.raises(LaunchError, match="(?s)die before they do any work.*workers=1"):
        list(each(lethal.run, jobs, workers=2, weights=[1] * 12))


@pytest.mark.slow
def test_a_job_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_LIMIT_S", 2.0)
    monkeypatch.setattr(workers, "_LIMIT_S_PER_MB", 0.0)
    found = dict(each(lethal.run, tasks(tmp_path, "square", "wait"), workers=2, weights=[1, 1]))
    assert found == {0: 0, 1: Died(reason="the process that read it died twice, it took too long")}


def test_large_jobs_wait_for_one_another(tmp_path: Path) -> None:
    pool = workers._Pool(function=lethal.run, jobs=tasks(tmp_path, *["square"] * 4), weights=[1, 2**24, 2**25, 2],
                         number=2, waiting=[0, 3, 1, 2])
    assert workers._next(pool) == 2
    pool.busy.append(workers._Worker(process=None, pipe=None, at=2, until=0.0))  # type: ignore[arg-type]
    assert [workers._next(pool) for _ in range(3)] == [3, 0, None]


def test_one_worker_is_this_process_in_order(tmp_path: Path) -> None:
    assert list(each(lethal.run, tasks(tmp_path, "square", "square"), workers=1, weights=[1, 9])) == [(0, 0), (1, 1)]
