"""What judgements come to, as HTML: counts, why some were left out, rows to look at, and what was written.

Pure functions from pipelines.flywheel's results to text. Questions, answers and passages are escaped like anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipelines.flywheel.rows import Kind, Row
from pipelines.flywheel.stage import Feedback
from pipelines.rejects import REASONS
from webui.domain import OWN
from webui.flywheel.collecting import Outcome
from webui.highlight import escape
from webui.words import Words

SAMPLES = 5
_FIELDS = ("question", "input", "output", "chosen", "rejected")


def preview(found: Feedback, words: Words, command: str) -> str:
    """Return what there is and what it would become; command is the line that does the same in a terminal."""
    if not any(found.given.values()) and not found.unreadable:
        return f'<div class="flywheel"><p class="notice" role="status">{escape(words("flywheel.nothing"))}</p></div>'
    parts = [_given(found, words), f'<h2>{escape(words("flywheel.became"))}</h2>', _kinds(found, words),
             _notes(found, words), _reasons(found, words),
             *(_samples(kind, made.rows[:SAMPLES], words) for kind, made in found.made.items() if made.rows),
             _command(words("flywheel.command"), [command])]
    return f'<div class="flywheel">{"".join(parts)}</div>'


def written(outcome: Outcome, words: Words) -> str:
    """Return the message of a run: files, recipes, and what to type next."""
    rows = [(words("flywheel.files"), outcome.files), (words("flywheel.rejects_file"), [outcome.rejects]),
            (words("flywheel.card"), [outcome.card]), (words("flywheel.new_recipes"), outcome.recipes)]
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{_lines(values)}</dd>" for name, values in rows if values)
    missing = f'<p class="note">{escape(words("flywheel.no_recipes", what=outcome.missing))}</p>' if outcome.missing else ""
    following = _command(words("flywheel.next"), outcome.following) if outcome.following else ""
    return (f'<section class="made" role="status"><h2>{escape(words("flywheel.written"))}</h2>'
            f"<dl>{listed}</dl>{missing}{following}</section>")


def notice(text: str) -> str:
    """Return a line that says what is going on."""
    return f'<div class="flywheel"><p class="notice" role="status">{escape(text)}</p></div>'


def _given(found: Feedback, words: Words) -> str:
    names = {"corrections": words("flywheel.corrections"), "ratings": words("flywheel.ratings"), "votes": words("flywheel.votes")}
    told = "".join(f"<div><dt>{escape(names[name])}</dt><dd>{number:,}</dd></div>" for name, number in found.given.items())
    return f'<h2>{escape(words("flywheel.given"))}</h2><dl class="tally">{told}</dl>'


def _kinds(found: Feedback, words: Words) -> str:
    head = "".join(f'<th scope="col">{escape(words(f"flywheel.{name}"))}</th>'
                   for name in ("kind", "judgements", "rows", "dropped"))
    body = ""
    for kind, made in found.made.items():
        good, bad = made.labels
        labels = f' <small>{escape(words("flywheel.labels", good=good, bad=bad))}</small>' if kind == "kto" and made.rows else ""
        body += (f'<tr><th scope="row">{escape(words(f"flywheel.kinds.{kind}"))}{labels}</th><td>{made.rejects.tried:,}</td>'
                 f"<td>{len(made.rows):,}</td><td>{len(made.rejects):,}</td></tr>")
    return f'<div class="scroll"><table class="kinds"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _notes(found: Feedback, words: Words) -> str:
    notes = [words("flywheel.empty")] if found.empty else []
    notes += [words("flywheel.one_label")] if found.one_label else []
    notes += [words("flywheel.unreadable", count=found.unreadable)] if found.unreadable else []
    files = ", ".join(file.name for file in found.held_out)
    notes += [words("flywheel.held_out", files=files) if files else words("flywheel.no_held_out"),
              words("flywheel.privacy", masked=found.masked)]
    return "".join(f'<p class="note">{escape(note)}</p>' for note in notes)


def _reasons(found: Feedback, words: Words) -> str:
    rows = ""
    for kind, made in found.made.items():
        for reason, number in made.rejects.by_reason().items():
            said = words.known(f"flywheel.reasons.{reason}", REASONS[reason])
            rows += (f"<tr><td>{escape(words(f'flywheel.kinds.{kind}'))}</td><td>{escape(said)}</td><td>{number:,}</td></tr>")
    if not rows:
        return ""
    return (f'<details class="whole"><summary>{escape(words("flywheel.why"))}</summary>'
            f'<div class="scroll"><table class="reasons"><tbody>{rows}</tbody></table></div></details>')


def _samples(kind: Kind, rows: Sequence[Row], words: Words) -> str:
    shown = "".join(f"<li><dl>{_fields(row, words)}</dl></li>" for row in rows)
    name = escape(words("flywheel.sample", kind=words(f"flywheel.kinds.{kind}")))
    return f'<details class="whole samples"><summary>{name}</summary><ol>{shown}</ol></details>'


def _fields(row: Row, words: Words) -> str:
    told = [(words(f"flywheel.fields.{name}"), str(row[name])) for name in _FIELDS if name in row]
    if "kto_tag" in row:
        told.append((words("flywheel.fields.label"), words(f"flywheel.label_{'good' if row['kto_tag'] else 'bad'}")))
    system = words("page.own_system") if row["answered_by"] == OWN else row["answered_by"]
    told.append((words("flywheel.fields.from"), f"{row['rater']}, {str(row['judged_at'])[:10]}, {system}"))
    return "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in told)


def _command(title: str, lines: Iterable[str]) -> str:
    return f'<h3>{escape(title)}</h3><pre class="command" tabindex="0"><code>{escape(chr(10).join(lines))}</code></pre>'


def _lines(values: Iterable[str]) -> str:
    return "".join(f"<p><code>{escape(value)}</code></p>" for value in values)
