"""Training runs as HTML: the list, one run with its curve, two beside each other; and how LLaMA Board stands.

Pure functions of what runs.py and board_link.py tell, and words. Every text is escaped.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from mundap.errors import MundapError
from webui import labels
from webui.highlight import escape
from webui.models.board_link import Opened
from webui.models.loss_curve import Curve, picture
from webui.models.runs import MOST, Run, differences
from webui.models.systems_view import gigabytes, hashed, refusal, table
from webui.render import safe_url
from webui.words import Words

LISTED = 100   # runs in the list; the newest


def listed(runs: Sequence[Run], place: str, words: Words) -> str:
    """Return the list of runs, the newest first; how to make one where there is none. place is the folder as typed."""
    head = f'<h2 id="runs-title">{_say(words, "runs.title")}</h2>'
    if not runs:
        return f'<section class="runs">{head}<p class="note">{_say(words, "runs.none")}</p></section>'
    columns = ("key", "recipe", "started", "seconds", "steps", "last_loss", "eval_loss", "state")
    titles = "".join(f'<th scope="col">{_say(words, f"runs.{name}")}</th>' for name in columns)
    body = "".join(_row(run, words) for run in runs[:LISTED])
    lede = escape(words("models.runs.lede", place=place))
    most = f'<p class="note">{escape(words("models.runs.most", n=MOST))}</p>' if len(runs) == MOST else ""
    return (f'<section class="runs" aria-labelledby="runs-title">{head}<p class="note">{lede}</p>{most}'
            f'<div class="scroll" tabindex="0" role="region" aria-labelledby="runs-title"><table>'
            f"<thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div></section>")


def detail(run: Run, against: Run | None, words: Words) -> str:
    """Return one run: its curve and what it was made from; with another, both curves and what they differ in."""
    if against is None:
        title = words("models.curve.title", name=run.key)
        return f'{_warnings(run, words)}{picture(_curves(run, words), title, words, "curve")}{_facts(run, words)}'
    title = words("models.curve.both", left=run.key, right=against.key)
    curves = [*_curves(run, words, named=True), *_curves(against, words, named=True, order=1)]
    return (f'{_warnings(run, words)}{_warnings(against, words)}{picture(curves, title, words, "curve")}'
            f"{compared(run, against, words)}")


def compared(left: Run, right: Run, words: Words) -> str:
    """Return what two runs differ in, as a table."""
    head = f'<h3>{_say(words, "compare.title")}</h3>'
    found = differences(left, right)
    if not found:
        return f'{head}<p class="note">{_say(words, "compare.none")}</p>'
    unset = f'<span class="unset">{_say(words, "compare.unset")}</span>'
    body = "".join(f'<tr><th scope="row">{escape(one.name)}</th>' + "".join(
        f"<td>{unset if value is None else escape(value)}</td>" for value in (one.left, one.right)) + "</tr>" for one in found)
    titles = "".join(f'<th scope="col">{escape(name)}</th>' for name in (words("models.compare.key"), left.key, right.key))
    return (f'<section class="compared">{head}<div class="scroll" tabindex="0" role="region" '
            f'aria-label="{_say(words, "compare.title")}"><table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>'
            "</div></section>")


def board(opened: Opened, words: Words) -> str:
    """Return how LLaMA Board stands, its address once it answers."""
    if opened.state == "failed" and opened.error is not None:
        return refusal(words("models.board.failed"), opened.error.what, opened.error.fix)
    if opened.state == "closed":
        return f'<p class="state closed" role="status">{_say(words, "board.closed")}</p>'
    told = words(f"models.board.{'opened' if opened.state == 'open' else 'opening'}", recipe=opened.recipe,
                 seconds=f"{opened.seconds:.0f}")
    kind, url = ("ready", safe_url(opened.address)) if opened.state == "open" else ("busy", "")
    link = f'<p><a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{escape(url)}</a></p>' if url else ""
    notes = "".join(f"<li>{escape(note)}</li>" for note in opened.notes)
    return (f'<div role="status"><p class="state {kind}" data-board="{opened.state}">{escape(told)}</p>{link}</div>'
            f'<p class="note">{_say(words, "board.ends")}</p>'
            f'<details class="notes"><summary>{_say(words, "board.notes")}</summary><ul lang="en">{notes}</ul></details>')


def duration(seconds: float | None, words: Words) -> str:
    """Return a time as a reader says it; a dash where it is not known."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return words("models.units.hours", h=f"{hours:,}", m=minutes)
    return words("models.units.minutes", m=minutes, s=rest) if minutes else words("models.units.seconds", s=rest)


def _row(run: Run, words: Words) -> str:
    cells = (escape(run.recipe) or "–", escape(_when(run)), escape(duration(run.seconds, words)), _steps(run),
             _loss(run.last_loss), _loss(run.eval_loss), _state(run, words))
    rest = "".join(f"<td>{one}</td>" for one in cells)
    return f'<tr data-run="{escape(run.key)}"><th scope="row">{escape(run.key)}</th>{rest}</tr>'


def _state(run: Run, words: Words) -> str:
    kind = "warning" if run.state in ("failed", "lost") else "good" if run.state == "running" else ""
    told = f'<span class="{kind}">{_say(words, f"states.{run.state}")}</span>'
    left = bar = ""
    if run.left_s is not None:
        left = f'<br><small>{escape(words("models.runs.left", time=duration(run.left_s, words)))}</small>'
    if run.state == "running" and run.total_steps:
        bar = (f'<progress value="{min(run.steps, run.total_steps)}" max="{run.total_steps}" '
               f'aria-label="{_say(words, "runs.steps")}"></progress>')
    return told + bar + left


def _facts(run: Run, words: Words) -> str:
    summed = "summary" in run.record
    data = "<br>".join(f"{escape(name)} {hashed(value)}" for name, value in run.recorded("datasets").items())
    base = "<br>".join(hashed(value) for value in run.recorded("models").values())
    git = str(run.record.get("git") or "")
    commit, _, changed = git.partition("+")
    rows = [("state", _state(run, words)), ("recipe", escape(run.recipe) or _say(words, "runs.no_record")),
            ("started" if run.started else "written", escape(_when(run))),
            ("seconds" if summed else "session", escape(duration(run.seconds, words))), ("steps", _steps(run)),
            ("loss", _loss(run.loss)), ("last_loss", _loss(run.last_loss)),
            ("eval_loss", _loss(run.eval_loss) if run.eval_loss is not None else ""), ("best", _best(run, words)),
            ("resumed", escape(str(run.record.get("resumed_from") or ""))),
            ("memory", gigabytes(run.peak_bytes) if run.peak_bytes else ""),
            ("trainable", f"{run.trainable:,}" if run.trainable else ""),
            ("data", data), ("base", base),
            ("git", hashed(commit) + (f' {_say(words, "runs.changed")}' if changed else "") if commit else ""),
            ("packages", escape(", ".join(f"{name} {value}" for name, value in run.recorded("versions").items())))]
    return f'<h3>{_say(words, "runs.facts")}</h3>' + table([(words(f"models.runs.{name}"), value) for name, value in rows])


def _warnings(run: Run, words: Words) -> str:
    told = [words("models.runs.diverged", n=f"{run.diverged:,}")] if run.diverged else []
    told += [words("models.runs.damaged", names=", ".join(run.damaged))] if run.damaged else []
    told += [words("models.runs.lost")] if run.state == "lost" else []
    return "".join(f'<p class="warning">{escape(run.key)}: {escape(line)}</p>' for line in told)


def _curves(run: Run, words: Words, *, named: bool = False, order: int = 0) -> list[Curve]:
    def name(kind: str) -> str:
        return words("models.curve.of", run=run.key, kind=kind) if named else kind

    points = run.story.points
    return [Curve(name=name(words("models.curve.train")), order=order,
                  points=[(one.step, one.loss) for one in points if one.loss is not None]),
            Curve(name=name(words("models.curve.eval")), order=order, evaluation=True,
                  points=[(one.step, one.eval_loss) for one in points if one.eval_loss is not None])]


def _best(run: Run, words: Words) -> str:
    found = [(one.eval_loss, one.step) for one in run.story.points if one.eval_loss is not None]
    if not found:
        return ""
    loss, step = min(found)
    return escape(words("models.runs.best_of", step=f"{step:,}", loss=f"{loss:.4f}"))


def _steps(run: Run) -> str:
    return f"{run.steps:,} / {run.total_steps:,}" if run.total_steps else f"{run.steps:,}"


def _loss(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _when(run: Run) -> str:
    if run.started:
        return run.started[:16]
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(run.written)) if run.written else "–"


def _title(run: Run) -> str:
    return f"{run.key} · {_when(run)}"


def choices(runs: Sequence[Run]) -> list[tuple[str, str]]:
    """Return the runs to choose from, as (what is shown, key)."""
    return [(_title(run), run.key) for run in runs]


def error(raised: MundapError, words: Words) -> str:
    """Return the message box of what the page refused to do."""
    return refusal(labels.error_title(raised, words), raised.what, raised.fix)


def _say(words: Words, key: str) -> str:
    return escape(words(f"models.{key}"))
