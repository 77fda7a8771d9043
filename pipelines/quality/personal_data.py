"""Masks personal data in every text column: resident registration, phone, account and card numbers, e-mail addresses.

    "연락처는 010-1234-5678입니다" -> "연락처는 [전화번호]입니다", and a log of row, column, kind and place: never the value

The same number is masked alike in passages, question and answer, so that an answer still follows from its passages.
Numbers of firms stay: 1588-0000, 080-…, 법인등록번호. A receipt number of 14 digits is none of these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from pipelines.quality.candidate import Candidate
from pipelines.quality.filter import Domain, Filter, Masked

# Columns that hold keys, not text: a masked key would no longer point anywhere.
_KEYS = frozenset(("id", "kind", "chunk_ids", "gold_chunk", "augmented_from", "how"))
MARKS = {"resident": "[주민등록번호]", "card": "[카드번호]", "phone": "[전화번호]", "landline": "[전화번호]",
         "account": "[계좌번호]", "email": "[이메일]"}
_BEFORE = 24   # characters before a number in which its label may stand

_RESIDENT = re.compile(r"(?<![\d\-])(\d{2})(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\s?([-–]?)\s?([1-8])\d{6}(?![\d\-])",
                       re.ASCII)
_CARD = re.compile(r"(?<![\d\-])(?:\d{4}([- ])\d{4}\1\d{4}\1\d{4}|3[47]\d{2}([- ])\d{6}\2\d{5}|\d{16})(?![\d\-])", re.ASCII)
_PHONE = re.compile(r"(?<![\d\-.,제])(?:\+82[-. ]?\(?0?\)?1[016789][-. )]?\d{3,4}[-. ]?\d{4}"
                    r"|01[016789]([-. ]?)\d{3,4}\1\d{4})(?![\d\-]|\s?[호조항])", re.ASCII)
_LANDLINE = re.compile(r"(?<![\d\-.,제])\(?0(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50\d)\)?[-. ]\s?\d{3,4}[-. ]\d{4}"
                       r"(?![\d\-]|\s?[호조항])", re.ASCII)
_ACCOUNT = re.compile(r"(?<![\d\-])(?:\d{2,6}(?:-\d{2,7}){2,3}|\d{10,14})(?![\d\-])", re.ASCII)
_EMAIL = re.compile(r"(?<![\w.+\-])[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63}@[A-Za-z0-9][A-Za-z0-9\-]{0,62}"
                    r"(?:\.[A-Za-z0-9\-]{1,63}){0,4}\.[A-Za-z]{2,12}(?![A-Za-z0-9])", re.ASCII)
_RESIDENT_LABEL = re.compile(r"주민|외국인\s?등록|거소\s?신고")
_FIRM_LABEL = re.compile(r"법인\s?등록|사업자|고유\s?번호|접수\s?번호|문서\s?번호|관리\s?번호")
_CARD_LABEL = re.compile(r"카드")
_ACCOUNT_LABEL = re.compile(r"계좌|은행|농협|수협|신협|새마을금고|우체국|입금|예금주|통장|카카오뱅크|토스뱅크|케이뱅크")
_MEASURED = re.compile(r"\s?(?:원|천원|백만원|억|만|주|명|건|개|%|USD|톤)")


def make(domain: Domain, *, kinds: Sequence[str]) -> Filter:
    """Return the mend; kinds are those of MARKS to be masked."""
    wanted = frozenset(kinds)

    def mend(row: Candidate) -> tuple[Candidate, list[Masked]]:
        log: list[Masked] = []
        changed: dict[str, str] = {}
        for column, value in row.record.items():
            if column in _KEYS or not isinstance(value, str):
                continue
            found = personal_spans(value, wanted)
            if found:
                changed[column] = mask(value, found)
                log += [Masked(row=row.id, column=column, what=what, start=start, end=end) for start, end, what in found]
        given = None if row.given is None else tuple(
            replace(passage, head=masked(passage.head, wanted)[0], lines=tuple(masked(line, wanted)[0] for line in passage.lines))
            for passage in row.given)
        if not changed and given == row.given:
            return row, log
        return Candidate(record={**row.record, **changed}, given=given), log

    return Filter(mend=mend)


def mask(text: str, spans: Sequence[tuple[int, int, str]]) -> str:
    """Return the text with each (start, end, kind) span replaced by its kind's mark."""
    pieces, at = [], 0
    for start, end, what in spans:
        pieces += [text[at:start], MARKS[what]]
        at = end
    return "".join(pieces) + text[at:]


def masked(text: str, kinds: Collection[str] = frozenset(MARKS)) -> tuple[str, int]:
    """Return the text with its personal data masked, and how many places that were."""
    found = personal_spans(text, kinds)
    return (mask(text, found) if found else text), len(found)


def personal_spans(text: str, kinds: Collection[str] = frozenset(MARKS)) -> list[tuple[int, int, str]]:
    """Return where personal data stands in a text, as (start, end, kind), in order and never overlapping."""
    found: list[tuple[int, int, str]] = []
    if ("-" in text or _DIGITS.search(text)) and _DIGIT_RUN.search(text):
        for kind, finder in _FINDERS.items():
            if kind in kinds:
                found += [(start, end, kind) for start, end in finder(text)
                          if not any(start < other[1] and other[0] < end for other in found)]
    if "@" in text and "email" in kinds:
        found += [(*match.span(), "email") for match in _EMAIL.finditer(text)]
    return sorted(found)


_DIGITS = re.compile(r"\d{10}|\d[ .]\d|\)\s?\d", re.ASCII)
_DIGIT_RUN = re.compile(r"(?:\d[- .)]{0,2}){9,}", re.ASCII)   # no kind has fewer digits than 02-123-4567


def _residents(text: str) -> Iterator[tuple[int, int]]:
    """Yield resident and foreigner registration numbers.

    The check digit must fit, save after a label and for births since 2020: numbers given since October 2020 have none.
    """
    for match in _RESIDENT.finditer(text):
        before = text[max(0, match.start() - _BEFORE):match.start()]
        if _FIRM_LABEL.search(before) or _MEASURED.match(text, match.end()):
            continue
        if corporate_check(match[0]) and not _RESIDENT_LABEL.search(before):
            continue   # "110111-4881648" in a list of firms: also a day of 2011, and the check digit fits one in eleven
        born_since_2020 = match[3] in "3478" and match[1] >= "20"
        if resident_check(match[0]) or (match[2] and (_RESIDENT_LABEL.search(before) or born_since_2020)):
            yield match.span()


def resident_check(number: str) -> bool:
    """Return whether the 13 digits of a resident (or, from 5 on, a foreigner) registration number agree.

    Source: 주민등록법 시행규칙 (before October 2020): weights 2..9, 2..5; check digit (11 - sum mod 11) mod 10, for
    foreigners (13 - sum mod 11) mod 10.
    """
    digits = [int(letter) for letter in number if letter.isdigit()]
    total = sum(digit * weight for digit, weight in zip(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=False))
    return len(digits) == 13 and ((13 if digits[6] >= 5 else 11) - total % 11) % 10 == digits[12]


def corporate_check(number: str) -> bool:
    """Return whether 13 digits may be a firm's registration number: an office's code of 10 to 28, and its check digit.

    Source: 법인 및 재외국민의 등기용등록번호 부여에 관한 규칙: weights 1, 2 in turn; check digit (10 - sum mod 10) mod 10.
    """
    digits = [int(letter) for letter in number if letter.isdigit()]
    total = sum(digit * (1 + at % 2) for at, digit in enumerate(digits[:12]))
    return len(digits) == 13 and 10 <= digits[0] * 10 + digits[1] <= 28 and (10 - total % 10) % 10 == digits[12]


def _cards(text: str) -> Iterator[tuple[int, int]]:
    """Yield card numbers; sixteen digits in one run only after the word 카드."""
    for match in _CARD.finditer(text):
        grouped = match[1] or match[2]
        if match[0][0] in "34569" and luhn(match[0]) and (
                grouped or _CARD_LABEL.search(text[max(0, match.start() - _BEFORE):match.start()])):
            yield match.span()


def luhn(number: str) -> bool:
    """Return whether a number's digits pass the Luhn check. Source: ISO/IEC 7812-1, annex B."""
    digits = [int(letter) for letter in reversed(number) if letter.isdigit()]
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2]]
    return bool(digits) and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _phones(text: str) -> Iterator[tuple[int, int]]:
    """Yield mobile numbers."""
    return _unlabelled(_PHONE, text)


def _landlines(text: str) -> Iterator[tuple[int, int]]:
    """Yield numbers with an area code: a person's, but an office's too; a domain about offices leaves this kind out."""
    return _unlabelled(_LANDLINE, text)


def _unlabelled(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    for match in pattern.finditer(text):
        if not _FIRM_LABEL.search(text[max(0, match.start() - 8):match.start()]):
            yield match.span()


def _accounts(text: str) -> Iterator[tuple[int, int]]:
    """Yield account numbers: ten to sixteen digits shortly after a bank or 계좌."""
    for match in _ACCOUNT.finditer(text):
        digits = sum(letter.isdigit() for letter in match[0])
        before = text[max(0, match.start() - _BEFORE):match.start()]
        if 10 <= digits <= 16 and _ACCOUNT_LABEL.search(before) and not _FIRM_LABEL.search(before) and \
                not _MEASURED.match(text, match.end()):
            yield match.span()


_FINDERS: Mapping[str, Callable[[str], Iterator[tuple[int, int]]]] = {
    "resident": _residents, "card": _cards, "phone": _phones, "landline": _landlines, "account": _accounts}
