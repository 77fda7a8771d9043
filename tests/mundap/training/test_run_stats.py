"""The numbers of a session: rates of what was really done, losses, memory, parameters as the trainer printed them."""

from __future__ import annotations

import json
from pathlib import Path

from mundap.training import history, run_stats
from mundap.training.progress import Step


def step(current: int, elapsed_s: int, *, loss: float | None = None, tokens: int | None = None, vram: int | None = None
         ) -> Step:
    return Step(current=current, total=40, loss=loss, eval_loss=None, elapsed_s=elapsed_s, remaining_s=0, tokens=tokens,
                vram_bytes=vram)


def measure(folder: Path, *session: Step, **more: int | bool) -> run_stats.Stats:
    log = folder / "training_20260101_000000.log"
    log.write_text("x >> trainable params: 12,156,928 || all params: 3,224,906,752 || trainable%: 0.3770\n")
    return run_stats.measure(folder, history.read(folder), history.trainer_state(folder), session, log=log, seconds=99.0,
                             peak_rss_bytes=7, **more)  # type: ignore[arg-type]


def results(folder: Path, **content: float) -> None:
    (folder / "train_results.json").write_text(json.dumps(content), encoding="utf-8")


def test_a_whole_run(tmp_path: Path) -> None:
    results(tmp_path, train_loss=0.8458, train_runtime=80.0, train_samples_per_second=4.0)
    (tmp_path / "eval_results.json").write_text('{"eval_loss": 0.5694}', encoding="utf-8")
    (tmp_path / "trainer_state.json").write_text('{"global_step": 40, "max_steps": 40}', encoding="utf-8")
    stats = measure(tmp_path, step(20, 40, loss=1.0, tokens=500, vram=3), step(40, 80, tokens=1000, vram=2))
    assert (stats.steps, stats.session_steps, stats.train_loss, stats.eval_loss) == (40, 40, 0.8458, 0.5694)
    assert (stats.trainable_parameters, stats.all_parameters) == (12_156_928, 3_224_906_752)
    assert (stats.seconds, stats.train_seconds, stats.seconds_per_step) == (99.0, 80.0, 2.0)
    assert (stats.samples_per_second, stats.tokens_per_second, stats.peak_gpu_bytes) == (4.0, 12.5, 3)


def test_rates_of_a_resumed_and_stopped_run_count_only_its_own_steps(tmp_path: Path) -> None:
    # the trainer says 40 steps' samples in 10 s; 5 steps were made
    results(tmp_path, train_loss=0.1, train_runtime=10.0, train_samples_per_second=16.0)
    (tmp_path / "trainer_state.json").write_text('{"global_step": 25, "max_steps": 40}', encoding="utf-8")
    (tmp_path / "trainer_log.jsonl").write_text('{"current_steps": 20, "loss": 3.0}\n{"current_steps": 25, "loss": 1.0}\n')
    stats = measure(tmp_path, step(25, 10, loss=1.0, tokens=900), resumed_at=20, tokens_before=800)
    assert (stats.session_steps, stats.seconds_per_step, stats.samples_per_second) == (5, 2.0, 2.0)
    assert stats.tokens_per_second == 10.0
    assert stats.train_loss == (20 * 3.0 + 5 * 1.0) / 25      # not the trainer's, which forgets the first session


def test_a_run_that_broke_off_tells_what_its_log_tells(tmp_path: Path) -> None:
    results(tmp_path, train_loss=9.0, train_runtime=1.0)      # an older run's
    (tmp_path / "trainer_log.jsonl").write_text('{"current_steps": 3, "loss": 2.0}\n')
    stats = measure(tmp_path, step(3, 6, loss=2.0), ended=False)
    assert (stats.steps, stats.total_steps, stats.train_loss, stats.seconds_per_step) == (3, 40, 2.0, 2.0)
    assert stats.samples_per_second is None and stats.peak_gpu_bytes is None


def test_a_run_that_failed_while_loading_has_no_numbers(tmp_path: Path) -> None:
    stats = run_stats.measure(tmp_path, history.read(tmp_path), {}, [], log=tmp_path / "none", seconds=1.0,
                              peak_rss_bytes=1, ended=False)
    assert (stats.steps, stats.train_loss, stats.train_seconds, stats.trainable_parameters) == (0, None, None, None)
