from __future__ import annotations

import time

import pytest

from pipelines.readers import clean as clean_module
from pipelines.readers.clean import LINE_BREAK, TAGS, clean, mend_attributes
from pipelines.readers.hardened import parse


def text_of(markup: str) -> str:
    return "".join(str(part) for part in parse(clean(markup)[0]).itertext())


def test_the_white_list_has_the_42_tags() -> None:
    assert len(TAGS) == len(set(TAGS)) == 42


@pytest.mark.parametrize(
    ("inside", "expected", "repair"),
    [
        ("R&D와 M&A", "R&D와 M&A", "bare & escaped"),
        ("가&cr;나", f"가{LINE_BREAK}나", "&cr; as line break"),
        ("<주1> 설명", "<주1> 설명", "unknown < escaped"),
        ("<IM> 부문 </IM>", "<IM> 부문 </IM>", "unknown < escaped"),
        ("<A사> < 요약 >", "<A사> < 요약 >", "unknown < escaped"),
        ("가\x0b나\x1f", "가나", "control characters dropped"),
    ],
)
def test_repairs_keep_the_text_and_are_counted(inside: str, expected: str, repair: str) -> None:
    assert text_of(f"<DOCUMENT><P>{inside}</P></DOCUMENT>") == expected
    assert clean(f"<DOCUMENT><P>{inside}</P></DOCUMENT>")[1][repair] >= 1


def test_good_entities_stay_and_illegal_references_go() -> None:
    assert text_of("<P>&lt;&amp;&gt;&#44032;&#x1f;&#0;]]></P>") == "<&>가]]>"


def test_clean_text_needs_no_repair() -> None:
    assert clean("<DOCUMENT><P>가</P></DOCUMENT>") == ("<DOCUMENT><P>가</P></DOCUMENT>", {})


def test_declaration_and_comments_go_but_lines_stay() -> None:
    text = clean('<?xml version="1.0"?>\n<DOCUMENT>\n<!-- a\n-- b -->\n<P/></DOCUMENT>')[0]
    assert text == "\n<DOCUMENT>\n\n\n<P/></DOCUMENT>"


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ('<TITLE ENG=""Maximum exposure">가</TITLE>', "Maximum exposure"),
        ('<TITLE ENG="shares"">가</TITLE>', "shares"),
        ('<TITLE ENG="JV "UZAUTO" LLC" ATOC="Y">가</TITLE>', 'JV "UZAUTO" LLC'),
    ],
)
def test_broken_attribute_quotes_are_mended(tag: str, value: str) -> None:
    mended, count = mend_attributes(tag)
    assert count == 1
    assert parse(mended).get("ENG") == value


@pytest.mark.parametrize("unit", ["<", "&", "<!--", "<P ", '<P A="', "<주1>", "&#", "\x0b", "</", "<P " + "A" * 50])
def test_time_grows_with_length_only(unit: str) -> None:
    text = unit * (2_000_000 // len(unit))
    start = time.process_time()
    mend_attributes(clean(text)[0])
    assert time.process_time() - start < 10


def test_a_difference_that_no_repair_explains_is_itself_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "<P>가&cr;나 R&D <주1> \x0b &nbsp;&#0; ]]> 다</P>"
    assert clean_module.UNEXPLAINED not in clean(text)[1]
    monkeypatch.setattr(clean_module, "_without_control", lambda body: (body.replace("다", ""), 0))
    assert clean(text)[1][clean_module.UNEXPLAINED] == 1


def test_notation_is_counted_apart_from_damage() -> None:
    repairs = clean("<P>가&cr;나&nbsp;다<!-- 라 --></P>")[1]
    assert set(repairs) == clean_module.NOTATION and all(count == 1 for count in repairs.values())
