"""How many steps: the reference project's 360, and the trainer's and accelerate's own arithmetic."""

from __future__ import annotations

from typing import Any

import pytest

from mundap.forecast.steps import process_count, steps

DART = {"per_device_train_batch_size": 1, "gradient_accumulation_steps": 8, "num_train_epochs": 3.0}


def test_the_reference_run_takes_360_steps() -> None:
    """955 rows, 1 x 8: 119 whole steps and one of 3 batches, three times."""
    plan = steps(DART, 955)
    assert (plan.total, plan.total_batch, plan.batches) == (360, 8, 955)
    assert plan.sequences_seen == 2865


@pytest.mark.parametrize(("values", "rows", "processes", "total"), [
    ({}, 16, 1, 6),                                                     # upstream's 8 x 1, three epochs
    (DART | {"num_train_epochs": 0.5}, 955, 1, 60),
    (DART | {"num_train_epochs": 1.01}, 955, 1, 122),                   # 121.2 steps
    (DART | {"max_steps": 200}, 955, 1, 200),
    (DART | {"max_steps": -1}, 955, 1, 360),
    (DART | {"max_steps": 0}, 955, 1, 360),
    (DART, 955, 2, 180),                                                # 478 batches each
    (DART | {"per_device_train_batch_size": 4}, 955, 1, 90),            # 239 batches
    (DART | {"per_device_train_batch_size": 4, "dataloader_drop_last": True}, 955, 1, 90),
    (DART | {"per_device_train_batch_size": 4, "dataloader_drop_last": True}, 955, 2, 45),
    (DART, 3, 1, 3),                                                    # fewer rows than one step wants
    (DART, 0, 1, 0),
    ({"per_device_train_batch_size": 2, "gradient_accumulation_steps": 2, "num_train_epochs": 1.5}, 17, 1, 8),
    ({"per_device_train_batch_size": 2, "gradient_accumulation_steps": 2, "num_train_epochs": 1.5}, 18, 2, 5),
])
def test_steps(values: dict[str, Any], rows: int, processes: int, total: int) -> None:
    assert steps(values, rows, processes).total == total


def test_max_steps_tells_its_epochs() -> None:
    plan = steps(DART | {"max_steps": 240}, 955)
    assert plan.epochs == 2.0 and plan.sequences_seen == 1910


def test_max_steps_counts_without_rows() -> None:
    plan = steps(DART | {"max_steps": 10}, 0)
    assert plan.total == 10 and plan.sequences_seen == 80


@pytest.mark.parametrize(("values", "env", "expected"), [
    ({}, {"CUDA_VISIBLE_DEVICES": "0,1"}, 2), ({}, {"CUDA_VISIBLE_DEVICES": ""}, 1),
    ({"use_cpu": True}, {"CUDA_VISIBLE_DEVICES": "0,1"}, 1),
    ({}, {"CUDA_VISIBLE_DEVICES": "0,1", "NPROC_PER_NODE": "4"}, 4),
    ({}, {"CUDA_VISIBLE_DEVICES": "0,1", "NNODES": "3"}, 6)])
def test_processes(values: dict[str, Any], env: dict[str, str], expected: int) -> None:
    assert process_count(values, env) == expected


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_batches_are_those_of_accelerate() -> None:
    """The sampler that shares batches out among processes, asked for its length."""
    from accelerate.data_loader import BatchSamplerShard
    from torch.utils.data import BatchSampler, SequentialSampler

    for rows in (1, 7, 16, 17, 955):
        for batch in (1, 2, 4):
            for processes in (1, 2, 3):
                for drop in (False, True):
                    whole = BatchSampler(SequentialSampler(range(rows)), batch, drop)
                    shared = BatchSamplerShard(whole, processes, 0) if processes > 1 else whole
                    ours = steps({"per_device_train_batch_size": batch, "dataloader_drop_last": drop}, rows, processes)
                    assert ours.batches == len(shared), (rows, batch, processes, drop)
