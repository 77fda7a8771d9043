"""RULES.md lists every code once, and is what the table in the code says."""

from __future__ import annotations

import re

from mundap.checking.rules import RULES, document


def test_the_page_is_fresh() -> None:
    assert document.PATH.read_text(encoding="utf-8") == document.text(), "run: python -m mundap.checking.rules.document"


def test_every_code_stands_once_and_has_a_reason_and_a_remedy() -> None:
    codes = re.findall(r"^\| (MD\d{3}) \| ([^|]+) \| ([^|]+) \|$", document.text(), re.MULTILINE)
    assert len(codes) == len({code for code, _, _ in codes}) >= len(RULES) + len(document.READING)
    assert all(why.strip() and fix.strip() for _, why, fix in codes)
    assert [rule.code for rule in RULES] == sorted(rule.code for rule in RULES)
