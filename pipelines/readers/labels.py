"""The name of a row, column or heading, cleaned of numbering, bullets, note references and spread-out letters."""

from __future__ import annotations

import re
from functools import lru_cache

_NOTE = re.compile(
    r"[\[(][^\[\]()]{0,60}[÷×][^\[\]()]{0,60}[\])]|[(\[]\s*(?:주석?\s*[\d,\s.\-~주및]{1,30}|\*\s*\d{0,2}(?:\s*,\s*\*?\s*\d{1,2}){0,6})\s*[)\]]|(?<=\S)\s*주\s?\d{1,2}\)|\*\d?$|※$"
)
_ROMAN = "ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅪⅫ"
_NUMBERING = re.compile(
    rf"^(?:[{_ROMAN}]+\s*[.)]?|[IVX]{{1,5}}\s*[.)]|\(?\d{{1,2}}(?:-\d{{1,2}})?\s*[.)](?!\d)|\(\s*\d{{1,2}}\s*\)|[①-⑳]|\(?[가-하]\s*[.)](?=\s|\S)|[ㆍ·•∙・‧○●◎□■◆◇▶▷△*※-]+)\s*"
)
_WORDS = "및그외등중내각총당전후수의"  # single syllables that are words of their own
_SPREAD = re.compile(rf"(?<![^\s(])(?:(?![{_WORDS}])[가-힣] )+(?![{_WORDS}])[가-힣](?![^\s)])")
_ALL_SPREAD = re.compile(r"[가-힣](?: [가-힣])+")
_BRACKETED = re.compile(r"^[\[【<〈《]\s*(.+?)\s*[\]】>〉》]$")
_TOTALS = frozenset({"합계", "총계", "계", "소계", "총합계", "합", "부문계", "전체계", "전체", "누계"})
_GENERIC = frozenset(
    (
        "기타 제품 상품 용역 수출 내수 국내 해외 기초 기말 증가 감소 취득 처분 당기 금액 비율 "
        "비중 유동 비유동 남 여 상장 비상장 자산 부채 수익 비용 이자 차감 가산 조정 대체 상각"
    ).split()
)
_ROMAN_ASCII = dict(
    zip(_ROMAN, ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"), strict=True)
)
_MAX_LABEL_CHARS = 300
_BASIS = re.compile(r"^\(?\s*(연결|별도|개별)\s*(?:기준)?\s*\)")


def normal_title(title: str) -> str:
    """Return a section's title: Ⅱ as II, spread letters joined ("사 업 보 고 서"), one blank between words."""
    for sign, letters in _ROMAN_ASCII.items():
        title = title.replace(sign, letters)
    title = re.sub(r"^([IVX]+)\s*\.\s*", r"\1. ", " ".join(title.split()))
    title = re.sub(r"(?<![가-힣])((?:[가-힣] ){2,}[가-힣])(?![가-힣])", lambda match: match[1].replace(" ", ""), title)
    return re.sub(r"^(\d{1,2}(?:-\d{1,2})?)\s*\.\s*", r"\1. ", title).strip()


@lru_cache(maxsize=65_536)
def clean_label(text: str) -> str:
    """Return a label as an item's name: "Ⅰ. 매출액 (주21)" -> "매출액", "[유동자산]" -> "유동자산"."""
    label = " ".join(text[:_MAX_LABEL_CHARS].split())
    label = _NOTE.sub("", label).strip()
    for _ in range(3):
        shorter = _NUMBERING.sub("", label, count=1)
        if not shorter or shorter == label:
            break
        label = shorter
    if match := _BRACKETED.match(label):
        label = match[1]
    label = re.sub(r"\s*[:：]$", "", label)
    if _ALL_SPREAD.fullmatch(label):
        return label.replace(" ", "")
    return _SPREAD.sub(lambda found: found[0].replace(" ", ""), label).strip()


def is_total(label: str) -> bool:
    """Return whether a label only says "total"."""
    return label.replace(" ", "") in _TOTALS


def closes_group(label: str) -> bool:
    """Return whether a row sums up others ("부채총계") or opens their count ("기초금액"): it heads no rows below it."""
    flat = label.replace(" ", "")
    return flat in _TOTALS or flat.endswith(("총계", "합계", "소계", "총액")) or flat.startswith(("기초", "기말"))


def is_generic(label: str) -> bool:
    """Return whether a label means nothing without the name of its table or heading."""
    return label.replace(" ", "") in _GENERIC or is_total(label)


def split_basis(label: str) -> tuple[str, str]:
    """Return the label without its "(연결)" and the basis it gave: "(연결)당기순이익" -> "당기순이익", "연결"."""
    match = _BASIS.match(label)
    if not match:
        return label, ""
    return label[match.end() :].strip(), "연결" if match[1] == "연결" else "별도"


@lru_cache(maxsize=65_536)
def level(text: str) -> int:
    """Return how deep a label's numbering puts it: 0 for Ⅰ. and [ ], then 1., (1), ①, bullets; 9 without numbering."""
    flat = text.strip()
    for depth, pattern in enumerate(
        (
            rf"^(?:[{_ROMAN}]|[IVX]{{1,5}}\s*[.)]|\[)",
            r"^\d{1,2}\s*\.",
            r"^(?:\(\d|\d{1,2}\s*\)|[가-하]\s*\.)",
            r"^(?:[①-⑳]|[ㆍ·•∙・‧-])",
        )
    ):
        if re.match(pattern, flat):
            return depth
    return 9


@lru_cache(maxsize=4096)
def basis_in(text: str) -> str:
    """Return 연결 or 별도 when a title or heading says one of them and not the other."""
    flat = text.replace(" ", "")
    consolidated = "연결" in flat.replace("연결대상", "").replace("미연결", "") or "그종속" in flat
    separate = "별도" in flat or "개별재무" in flat
    return "" if consolidated == separate else "연결" if consolidated else "별도"
