"""Write configs/schema/RULES.md, the list of everything `mundap check` tells.

Run: python -m mundap.checking.rules.document
"""

from __future__ import annotations

import sys

from mundap.checking.rules import RULES
from mundap.forecast.findings import FINDINGS, STOPS
from mundap.provenance import write_text
from mundap.schema_check import SCHEMA_DIR

PATH = SCHEMA_DIR / "RULES.md"
# Codes that files and schemas are told with, before any rule is asked: code, why it matters, remedy.
READING: tuple[tuple[str, str, str], ...] = (
    ("MD001", "A file that cannot be read, or is not YAML, JSON or UTF-8 text.", "Indentation, colons, quotes; UTF-8."),
    ("MD002", "The same key twice: YAML readers keep one of the two, without a word.", "Keep one of the two lines."),
    ("MD003", "A recipe written as JSON, which LLaMA-Factory 0.9.5 offers and fails to open.", "Write it as YAML."),
    ("MD010", "An unknown key; LLaMA-Factory refuses it without naming file, line or the right word.",
     "The nearest valid name is told."),
    ("MD011", "A value of another type, such as a number in quotes, which LLaMA-Factory takes and fails on late.",
     "What is wanted is told."),
    ("MD012", "A value that is no choice; a bare no or off is false to YAML.", "The choices are told."),
    ("MD013", "A key that is needed is missing.", "Add it."),
    ("MD014", "A value out of range or of another form.", "What is allowed is told."),
    ("MD015", "A key of another release of LLaMA-Factory or transformers.", "Today's key is told."),
    ("MD016", "A key of another kind of recipe: train keys in export, or the other way round.", "Take it out."),
)
_DEEP: tuple[tuple[str, str, str], ...] = (
    ("MD990", "LLaMA-Factory's own parser refuses the recipe (`--deep`).", "Its message is told."),
    ("MD991", "LLaMA-Factory's own parser refuses it on this machine: a missing GPU or package (`--deep`; a warning).",
     "Run it where it belongs, or install what is named."),
)
_HEAD = """# What `mundap check` tells

Written by `python -m mundap.checking.rules.document`; do not edit. A code never changes its meaning. A *warning* does not stop a
run; `mundap check --strict` counts it all the same. Problems come as `file:line: key: what, and how to fix it [code]`.

| code | why it matters | what to do |
|---|---|---|
"""


def text() -> str:
    """Return the page."""
    rules = tuple((rule.code, rule.why + (" *Warning.*" if rule.warning else ""), rule.fix) for rule in RULES)
    forecast = tuple((code, f"{why} (`--data`.)" + (" *Warning.*" if code not in STOPS else ""), fix)
                     for code, (why, fix) in FINDINGS.items())
    rows = sorted((*READING, *rules, *forecast, *_DEEP))
    return _HEAD + "".join(f"| {code} | {why} | {fix} |\n" for code, why, fix in rows)


if __name__ == "__main__":
    write_text(PATH, text())
    sys.stdout.write(f"{PATH}: {text().count('| MD')} codes\n")
