"""The systems of a domain as HTML: what each is, what it costs and how well it does; and how a change of model stands.

Pure functions of facts (system_facts.py) and words. Every text is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mundap.generator import Decoding
from rag.evaluation.metrics import METRICS
from rag.evaluation.parity.certificate import Certificate
from rag.evaluation.report.metric_words import describe, main_metrics
from rag.evaluation.report.words import Words as ReportWords
from webui import labels
from webui.domain import OWN
from webui.highlight import escape
from webui.models.runs import Run
from webui.models.switching import Change
from webui.models.system_facts import Evaluated, Facts
from webui.words import Words


def cards(found: Sequence[Facts], words: Words) -> str:
    """Return every system as a card, in order."""
    return (f'<section class="systems" aria-labelledby="systems-title"><h2 id="systems-title">{_say(words, "systems.title")}</h2>'
            f'<p class="note">{_say(words, "systems.lede")}</p>{"".join(_card(one, words) for one in found)}</section>')


def named(system: str, words: Words) -> str:
    """Return what a system is called on the page; not escaped."""
    return words("models.systems.own") if system == OWN else system


def change(now: Change, in_use: str, words: Words) -> str:
    """Return how a change of model stands, as a line a screen reader speaks; nothing before the first."""
    if now.state == "none":
        return ""
    told = escape(words(f"models.switch.{now.state}", name=named(now.system, words), old=named(in_use, words),
                        seconds=f"{now.seconds:.{0 if now.seconds >= 10 or now.state == 'loading' else 1}f}"))
    kind = {"loading": "busy", "done": "ready", "failed": "failed"}[now.state]
    why = refusal(labels.error_title(now.error, words), now.error.what, now.error.fix) if now.error is not None else ""
    return f'<div role="status"><p class="state {kind}" data-change="{now.state}">{told}</p>{why}</div>'


def refusal(title: str, what: str, fix: str = "") -> str:
    """Return a quiet message box."""
    return (f'<article class="answer error" role="alert"><h2>{escape(title)}</h2><p>{escape(what)}</p>'
            f'{f"<p>{escape(fix)}</p>" if fix else ""}</article>')


def hashed(text: str) -> str:
    """Return a hash; CSS shows its beginning, and whoever copies it gets the whole."""
    return f'<code class="hash" title="{escape(text)}">{escape(text)}</code>' if text else "–"


def gigabytes(count: int) -> str:
    """Return bytes as GiB."""
    return f"{count / 2**30:.1f} GiB"


def table(rows: Sequence[tuple[str, str]]) -> str:
    """Return (name, HTML) pairs as a list of facts, those with an empty HTML left out; names are escaped here."""
    shown = "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in rows if value)
    return f'<dl class="about">{shown}</dl>'


def _card(one: Facts, words: Words) -> str:
    used = f'<span class="badge verified">{_say(words, "systems.in_use")}</span>' if one.in_use else ""
    missing = f'<p class="warning">{_say(words, "systems.missing")}: {escape(one.missing)}</p>' if one.missing else ""
    where = "missing" if one.missing else "loaded" if one.loaded and one.local else "elsewhere" if not one.local else "not_loaded"
    rows = [(words("models.systems.model"), escape(one.model)),
            (words("models.systems.decoding"), escape(decoded(one.decoding, words))),
            (words("models.systems.levers"), _say(words, f"systems.levers_{'on' if one.levers else 'off'}")),
            (words("models.systems.recipe"), f"<code>{escape(one.recipe)}</code>" if one.recipe else ""),
            (words("models.systems.memory"), _memory(one, words))]
    if one.local and not one.missing:
        rows += [(words("models.systems.trained"), _runs(one.runs, words)), (words("models.systems.data"), _data(one.runs)),
                 (words("models.systems.parity"), _parity(one.certificate, words))]
    return (f'<article class="system" data-system="{escape(one.name)}"{" data-in-use" if one.in_use else ""}>'
            f'<header><h3>{escape(named(one.name, words))}</h3>{used}'
            f'<span class="where">{_say(words, f"systems.{where}")}</span></header>'
            f"{missing}{table(rows)}{_evaluated(one.evaluated, words)}</article>")


def decoded(decoding: Decoding, words: Words) -> str:
    """Return a decoding in words; not escaped."""
    def say(key: str, value: object) -> str:
        return words(f"models.systems.{key}", value=value)

    parts = [words("models.systems.greedy") if decoding.temperature == 0 else say("temperature", f"{decoding.temperature:g}")]
    if decoding.temperature and decoding.top_p < 1:
        parts.append(say("top_p", f"{decoding.top_p:g}"))
    if decoding.temperature and decoding.top_k:
        parts.append(say("top_k", decoding.top_k))
    if decoding.repetition_penalty != 1:
        parts.append(say("penalty_prompt" if decoding.penalise_prompt else "penalty", f"{decoding.repetition_penalty:g}"))
    stops = [words(f"models.systems.stop_{name}") for name, on in (
        ("texts", decoding.stop), ("phrases", decoding.stop_phrases), ("repetition", decoding.stop_repetition),
        ("script", decoding.stop_script)) if on]
    told = words("models.systems.stops", names=", ".join(stops)) if stops else words("models.systems.no_stops")
    return ", ".join([*parts, say("tokens", decoding.max_new_tokens), told])


def _memory(one: Facts, words: Words) -> str:
    if not one.memory_bytes:
        return ""
    return escape(words("models.systems.memory_of", now=gigabytes(one.memory_bytes),
                        peak=gigabytes(max(one.peak_bytes, one.memory_bytes))))


def _runs(runs: Sequence[Run], words: Words) -> str:
    if not runs:
        return _say(words, "systems.base")
    return "<br>".join(escape(words("models.systems.trained_of", run=run.key, steps=f"{run.steps:,}",
                                    recipe=run.recipe or words("models.runs.no_record"))) for run in runs)


def _data(runs: Sequence[Run]) -> str:
    return "<br>".join(f"{escape(name)} {hashed(value)}" for run in runs for name, value in run.recorded("datasets").items())


def _parity(found: Certificate | None, words: Words) -> str:
    if found is None:
        return _say(words, "systems.parity_none")
    told = f'<span class="{"good" if found.state == "passed" else "warning"}">{_say(words, f"parity.{found.state}")}</span>'
    reasons = "".join(f"<br>{escape(reason)}" for reason in found.reasons) if found.state == "failed" else ""
    command = words("models.systems.parity_run", command=f"mundap eval --parity {found.recipe or '<export.yaml>'}")
    return told + reasons + ("" if found.state == "passed" else f"<br><code>{escape(command)}</code>")


def _evaluated(found: Evaluated | None, words: Words) -> str:
    if found is None:
        return table([(words("models.systems.evaluated"), _say(words, "systems.none"))])
    said = ReportWords(words.language)
    told = escape(words("models.systems.evaluated_of", place=found.place, day=found.day,
                        questions=f"{int(found.content.get('questions') or 0):,}"))
    called = escape(words("models.systems.evaluated_as", name=found.name))
    kind, key = ("good", "current") if found.current else ("warning", "stale")
    fresh = f'<span class="{kind}">{_say(words, f"systems.{key}")}</span>'
    errors = int(found.content.get("errors") or 0)
    bad = f'<br><span class="warning">{escape(words("models.systems.errors", n=f"{errors:,}"))}</span>' if errors else ""
    return (table([(words("models.systems.evaluated"), f"{told}<br>{called}<br>{fresh}{bad}")])
            + _figures(found, said, words))


def _figures(found: Evaluated, said: ReportWords, words: Words) -> str:
    """Return the main metrics, with intervals and numbers of questions, and the speed where it was measured."""
    metrics = found.content.get("metrics") or {}
    known = [metric for metric in METRICS if (metrics.get(metric.name) or {}).get("n")]
    rows = []
    for metric in main_metrics(known, found.asked):
        one = metrics[metric.name]
        shape: dict[str, Any] = {"rate": bool(one.get("rate")), "unit": str(one.get("unit") or "")}
        name, says = describe(metric, said)
        rows.append((f'<abbr title="{escape(says)}">{escape(name)}</abbr>', escape(said.number(one.get("value"), **shape)),
                     escape(said.interval(one.get("low"), one.get("high"), **shape)), f'{int(one["n"]):,}'))
    rows += _speed(found.content.get("speed") or {}, said)
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{_say(words, f"systems.{name}")}</th>' for name in ("metric", "value", "interval", "number"))
    body = "".join(f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>' for row in rows)
    title = _say(words, "systems.figures")
    return (f'<details class="figures"><summary>{title}</summary><div class="scroll" tabindex="0" role="region" '
            f'aria-label="{title}"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>')


def _speed(speed: Mapping[str, Any], said: ReportWords) -> list[tuple[str, str, str, str]]:
    asked, rows = f'{int(speed.get("asked") or 0):,}', []
    for name in ("first_token_s", "latency_s"):
        times = speed.get(name) or {}
        if times.get("p50") is not None:
            rows.append((f"{escape(said(name))} p50", escape(said.number(times["p50"], rate=False, unit="s")), "–", asked))
    if speed.get("tokens_per_s"):
        rows.append((escape(said("tokens_per_s")), f'{float(speed["tokens_per_s"]):,.1f}', "–", asked))
    if speed.get("peak_bytes"):
        rows.append((escape(said("peak_bytes")), gigabytes(int(speed["peak_bytes"])), "–", "–"))
    return rows


def _say(words: Words, key: str) -> str:
    return escape(words(f"models.{key}"))
