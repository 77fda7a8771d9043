"""Chunks in, checked question and answer pairs out: the one function the data stage calls.

    settings = load_settings(recipe, project, shard=None)
    report = generate(chunks, settings, folder, say)
    rows = read_rows(report.rows_file)          # whole when report.complete

The folder holds ledger.jsonl (the truth), rows.jsonl and rejects.jsonl (written from it at the end of every run, in the
order of the chunks). Running again goes on where the ledger ends; a finished folder is only read.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from mundap.chunk import Chunk
from mundap.errors import ConfigError, GenerationError, ResourceError
from mundap.paths import show
from pipelines.generate import ledger as ledgers
from pipelines.generate.budget import Purse, Spending, cost
from pipelines.generate.candidate import Check
from pipelines.generate.engine import GUESSED_ANSWER_TOKENS, Engine, Say, ask_again, record, spent_before
from pipelines.generate.grounded import DEFAULT_CHECKS
from pipelines.generate.judge import OVER_CONTEXT, Judgement, named
from pipelines.generate.ledger import History, Ledger, TaskState
from pipelines.generate.lock import held
from pipelines.generate.outcome import ANSWERED
from pipelines.generate.pool import Pool, fits
from pipelines.generate.provider import open_provider
from pipelines.generate.queue import Work
from pipelines.generate.report import FAILURES, GenerationReport, Tally
from pipelines.generate.row import REJECTS, ROWS, GeneratedRow, rejects_of, rows_of, write_lines, write_rows
from pipelines.generate.secrets import Secrets, secrets_of
from pipelines.generate.settings import GenerateSettings
from pipelines.generate.task import Task, estimate_tokens, message, tasks_of

_SHOWN = 5


def generate(chunks: Iterable[Chunk], settings: GenerateSettings, folder: Path, say: Say, *,
             checks: Sequence[Check] = DEFAULT_CHECKS) -> GenerationReport:
    """Ask every kind at every level of every chunk (of the settings' shard), keep what passes the checks.

    checks are run in order and the first reason counts; give grounded among them when giving others. A report that is
    not complete says why it stopped: "interrupted", "budget", "quota" or "rate_limit"; the same call again
    goes on from there.

    Raises:
        ConfigError: a key is not in the environment, a recipe of a local model is wrong, or every key was refused.
        DataError: two chunks have one id, or the ledger is another version's.
        GenerationError: an endpoint cannot be reached, or does not understand what it is asked.
        ResourceError: another process writes this folder, or the disk is full. What was answered is kept.
    """
    began = time.monotonic()
    tasks = tasks_of(chunks, settings)
    _make(folder)
    with held(folder):
        history = ledgers.read_history(folder / ledgers.NAME, settings.models)
        before = spent_before(history.calls, settings)
        if history.broken:
            say(f"  {history.broken} broken lines in {show(folder / ledgers.NAME)} are ignored; "
                "their calls are made again.")
        tally = Tally(tasks=len(tasks))
        ledger = Ledger(folder / ledgers.NAME, history.whole_bytes)
        with contextlib.closing(ledger):
            works = _works(tasks, history, settings, ledger, tally, say)
            # Keys are asked for when there is something to ask with them: merged ledgers need none.
            engine, permitted = asyncio.run(_run(works, settings, history, before, ledger, secrets_of(settings), checks, tally,
                                                 say)) if works else (None, None)
        history = ledgers.read_history(folder / ledgers.NAME, settings.models)
        report = _finish(tasks, history, folder, tally, before, permitted, engine, time.monotonic() - began)
    if report.stopped in FAILURES:
        _fail(report)
    if report.left:
        say(f"  {report.left:,} tasks are left ({report.message or 'their calls failed'}). "
            "Run the same command again to go on.")
    return report


async def _run(works: Sequence[Work], settings: GenerateSettings, history: History, before: Spending, ledger: Ledger,
               secrets: Secrets, checks: Sequence[Check], tally: Tally, say: Say) -> tuple[Engine, float | None]:
    purse = Purse(settings.budget, Spending(**{name: getattr(before, name) for name in Spending.__slots__}))
    providers = [open_provider(provider, settings) for provider in settings.providers]
    pool = Pool(settings, history.calls, now=asyncio.get_running_loop().time())     # its clock starts the pacing
    permitted = pool.permitted(GUESSED_ANSWER_TOKENS)
    _estimate(works, settings, history, before, permitted, say)
    engine = Engine(works, settings, providers, pool, purse, ledger, secrets, checks, tally, say)
    try:
        await engine.run()
    finally:
        for provider in providers:
            await provider.close()
    return engine, permitted


def _works(tasks: Sequence[Task], history: History, settings: GenerateSettings, ledger: Ledger, tally: Tally, say: Say
           ) -> list[Work]:
    """Return what is still to do; count what is done, and reject what no model's context can hold."""
    works, too_long = [], list[Work]()
    for task in tasks:
        state = history.states.get(task.key, TaskState())
        if state.final is not None and state.final["outcome"] != ledgers.NOT_SENT:
            _count_done(state, tally)
            continue
        prompt = message(task, settings)
        work = Work(task=task, prompt=prompt, prompt_tokens=estimate_tokens(prompt), tried=state.tried)
        if state.failed:
            ask_again(work, state.failed, settings)
        if any(fits(settings, at, work.prompt_tokens) for at in range(len(settings.providers))):
            works.append(work)
            continue
        too_long.append(work)
        tally.rejected[OVER_CONTEXT] += 1
        if state.final is None:
            ledger.append(record(work, model=settings.providers[0].model, key="", outcome=ledgers.NOT_SENT,
                                 verdict="rejected", judged=Judgement(reason=OVER_CONTEXT),
                                 message=f"about {work.prompt_tokens:,} tokens to read"))
    tally.resumed = tally.done - len(too_long)
    if too_long:
        _tell_too_long(too_long, settings, say)
    return works


def _count_done(state: TaskState, tally: Tally) -> None:
    assert state.final is not None
    if state.final["verdict"] == "kept":
        tally.kept += 1
        tally.rows += len(state.final["pairs"])
        tally.dropped_pairs.update(named(str(pair["reason"])) for pair in state.final.get("dropped", ()))
    else:
        tally.rejected[named(str(state.final["reason"]))] += 1


def _tell_too_long(works: Sequence[Work], settings: GenerateSettings, say: Say) -> None:
    names = list(dict.fromkeys(work.task.chunk.chunk_id for work in works))
    context = max(provider.context_tokens or 0 for provider in settings.providers)
    say(f"  {len(works)} tasks of {len(names)} chunks are longer than the model's context and are not sent: about "
        f"{max(work.prompt_tokens for work in works):,} tokens to read and {settings.decoding.max_new_tokens:,} to write, "
        f"where context_tokens is {context:,}: {', '.join(names[:_SHOWN])}{' …' if len(names) > _SHOWN else ''}. "
        "Cut chunks shorter (chunks.max_tokens), or name a model with a longer context.")


def _estimate(works: Sequence[Work], settings: GenerateSettings, history: History, before: Spending,
              permitted: float | None, say: Say) -> None:
    """Say what the work will come to: by the answers there are, else by a guess."""
    answered = [call for call in history.calls if call["outcome"] in ANSWERED]
    written = sum(int(call["completion_tokens"] or 0) for call in answered) / len(answered) if answered \
        else GUESSED_ANSWER_TOKENS * sum(kind.pairs for kind in settings.kinds) / len(settings.kinds)
    read = sum(work.prompt_tokens for work in works)
    money = cost(read, int(written * len(works)), settings.providers[0].price)
    time_s = f", {len(works) / permitted / 60:,.1f} minutes at the permitted rate" if permitted else ""
    say(f"  {len(works):,} tasks to do: about {len(works):,} calls, {read:,} tokens to read, "
        f"{int(written * len(works)):,} to write, cost {money:.4f}{time_s}; each failed check adds a call.")
    budget = settings.budget
    shares = [(limit - used) / need for limit, used, need in (
        (budget.requests, before.requests, len(works)),
        (budget.tokens, before.tokens, read + written * len(works)), (budget.money, before.money, money))
        if limit is not None and need]
    if shares and min(shares) < 1:
        say(f"  the budget is enough for about {max(0, int(min(shares) * len(works))):,} of them; the run stops then.")


def _finish(tasks: Sequence[Task], history: History, folder: Path, tally: Tally, before: Spending,
            permitted: float | None, engine: Engine | None, seconds: float) -> GenerationReport:
    """Write rows and rejects from the ledger, and return the report."""
    finals = [(task, state.final) for task in tasks
              if (state := history.states.get(task.key)) is not None and state.final is not None]
    rows: list[GeneratedRow] = [row for task, final in finals for row in rows_of(task, final)]
    left = len(tasks) - len(finals)
    assert len(rows) == tally.rows and left == tally.tasks - tally.done, (len(rows), left, tally)
    return GenerationReport(
        tasks=len(tasks), tasks_kept=tally.kept, rows=len(rows), rejected=dict(tally.rejected),
        dropped_pairs=dict(tally.dropped_pairs), left=left, resumed=tally.resumed, outcomes=dict(tally.outcomes),
        rate=tally.rate, permitted=permitted, spent=tally.spent, spent_before=before, seconds=seconds, folder=folder,
        rows_file=write_rows(folder / ROWS, rows),
        rejects_file=write_lines(folder / REJECTS, (line for task, final in finals for line in rejects_of(task, final))),
        stopped=engine.stopped if engine and left else "", message=engine.message if engine and left else "")


def _fail(report: GenerationReport) -> NoReturn:
    kept = f"{report.rows:,} rows are kept and {report.left:,} tasks are left; run the same command again to go on."
    if report.stopped == "bad_key":
        raise ConfigError(report.message, where="generate.providers", fix=f"Put a valid key into the variable. {kept}")
    fix = "Start the server, or correct base_url" if report.stopped == "unreachable" else \
        "Correct model and base_url, which must end where /chat/completions is added, often in /v1"
    raise GenerationError(report.message, where="generate.providers", fix=f"{fix}. {kept}")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResourceError(f"the folder cannot be made: {error}", where=str(folder),
                            fix="Give another folder, or the right to write there.") from error
