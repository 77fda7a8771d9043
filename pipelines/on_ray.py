"""The jobs on Ray Data instead of processes of this machine: the same function, the same results, any number of machines.

RAY_ADDRESS names a running cluster, whose machines must share the project's folders; without it a Ray of our own is
started here, bound to 127.0.0.1, with no dashboard. Ray itself tries a job again whose worker died.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from mundap.errors import MissingExtra

J = TypeVar("J")
R = TypeVar("R")
_BLOCKS_EACH = 8  # pieces of work for each worker: few enough to be cheap, enough to keep all busy to the end


def each_on_ray(function: Callable[[J], R], jobs: Sequence[J], *, workers: int) -> Iterator[tuple[int, R]]:
    """Yield (position, result) for every job, in the order they are done.

    Raises:
        MissingExtra: ray is not installed.
    """
    ray = _start(workers)

    def answer(row: dict[str, Any]) -> dict[str, Any]:
        return {"at": row["at"], "result": pickle.dumps(function(pickle.loads(row["job"])))}

    try:
        rows = [{"at": at, "job": pickle.dumps(job)} for at, job in enumerate(jobs)]
        blocks = min(len(rows), max(1, workers) * _BLOCKS_EACH)
        for row in ray.data.from_items(rows, override_num_blocks=blocks).map(answer).iter_rows():
            yield int(row["at"]), pickle.loads(row["result"])
    finally:
        ray.shutdown()


def _start(workers: int) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # read when ray is imported
    os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise MissingExtra("engine: ray", "ray", str(error.name)) from error
    if os.environ.get("RAY_ADDRESS"):
        ray.init(logging_level="ERROR")
    else:
        ray.init(num_cpus=max(1, workers), include_dashboard=False, _node_ip_address="127.0.0.1",
                 logging_level="ERROR", log_to_driver=False, object_store_memory=200 * 2**20)
    ray.data.DataContext.get_current().enable_progress_bars = False
    return ray
