"""What a question asks for: the entities and years to filter by, and the words an answer's evidence must hold.

Deterministic, no model. A word of the question is a run of nouns, foreign words or numbers without a blank in it, its
particle stripped ("가온누리전자의" -> "가온누리전자"); words that only ask ("얼마", "알려") carry nothing and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

from mundap.korean import josa, kiwi, nfc
from mundap.names import plain

Synonyms = Mapping[str, Sequence[str]]

_WORD_TAGS = frozenset(("NNG", "NNP", "NNB", "NR", "NP", "SL", "SN", "SH", "XR", "XPN", "XSN", "SW", "W_SERIAL", "SO", "UN"))
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?=\s*(?:년|사업|회계|[.)]|$|\s))")
# "24년", "'24", "FY24" are years; "20년간", "10년 이상" are spans of time.
_SHORT_YEAR = re.compile(r"(?:\bFY\s?|['’])([0-3]\d)(?!\d)|(?<!\d)([0-3]\d)(?=년(?!\s*(?:간|동안|이상|이하|이내|째|만|이나|경과)))")
_OTHER_THING = ("비", "미", "불", "무", "기타")  # prefixes that make of a word the name of something else
# Words that ask for arithmetic on figures, or for their order: no line need hold them when it holds the figures.
COMPUTING = frozenset(
    "대비 차이 격차 증감 증감액 증감률 증감율 증가 감소 증가액 감소액 증가율 감소율 증가폭 감소폭 변동 변동액 변동률 변화 "
    "변화율 비교 비율 비중 구성비 순서 순 순위 차례 크기 나열 정렬 계산 차지 사이 가운데 곳 쪽 줄 선두 상승 하락 성장 성장률 "
    "추이 다음 그다음 전년 전년도 전기 작년 지난해 직전 직전연도".split()
)
_RATIO = re.compile(r"[가-힣]{2,}(?:비율|율|률)")   # "부채비율": a ratio's own name, asked for beside its two items
_YEAR_BEFORE = re.compile(r"전년|지난해|작년|직전\s?(?:연도|사업연도|해)")
_GAP = 4  # letters that may stand between the pieces of a compound: 1인평균급여액 in "1인당 평균 급여액"
# Nouns that ask or frame and never name what is asked for.
_FILLERS = frozenset(
    "얼마 몇 며칠 무엇 뭐 어디 언제 누구 어느 어떤 정도 수준 규모 금액 액수 수치 값 답 질문 확인 기준 년 년도 연도 사업연도 "
    "회계연도 회계 사업 연간 한해 해 말 현재 때 것 수 좀 내용 보고서 사업보고서 공시 자료 문서 회사 기업 경우 궁금 설명 말씀 "
    "기록 기재 표시 발표 실적 해당 부탁 안내 조회 나 저 제 거 데 중 등 위 및 원 명 개 퍼센트 건 당해 총액 집계".split()
)
_NO_NAMES = ("category", "difficulty", "law")   # fields whose values are words of the language: 전세 is no misspelt 전세사기
# What a question calls otherwise than the line that answers it: "몇 %를 차지하나요?" (… 비중: 14.4%), "순위에서 1위인" (… 1위 …).
_SAID_AS = {"차지": re.compile("비중"), "순위": re.compile(r"\d위")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question taken apart: metadata filters by field, the years it names, and the words evidence must hold.

    unknown are words that begin like a name the index holds but are not it ("가온바이오" where there is "가온바"): no
    evidence ever holds them, since another company's figure would pass for the one asked for. said holds the asker's own names
    of a term that its synonyms were read as: an airline's own 영업수익, where 매출액 is the usual word.
    """

    text: str
    filters: Mapping[str, tuple[str | int, ...]] = field(default_factory=dict)
    years: tuple[int, ...] = ()
    words: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    said: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def computing(self) -> frozenset[str]:
        """Return the words that ask for arithmetic or order, ratios' own names among them; empty: none is asked for."""
        asked = COMPUTING.intersection(self.words)
        return asked | {word for word in self.words if asked and _RATIO.fullmatch(word)}


def analyse(text: str, vocabulary: Mapping[str, Sequence[str | int]] | None = None, synonyms: Synonyms | None = None,
            *, year: int | None = None) -> Question:
    """Return the question's filters against an index's own values, its years and its words.

    year is the one meant where the question names none.

    vocabulary maps a metadata field to the values the index holds. A text value counts when it stands in the question,
    blanks aside, and no longer value covers the same place; a field of integers is compared with the years named, and
    a year the index does not hold still filters, since an answer about another year would be wrong.
    """
    clean = _SHORT_YEAR.sub(lambda match: f"20{match[1] or match[2]}", nfc(text))
    years = tuple(dict.fromkeys(int(match[0]) for match in _YEAR.finditer(clean)))
    if year is not None and not years:
        years = (year,)
    if len(years) == 1 and _YEAR_BEFORE.search(clean):
        years = (years[0], years[0] - 1)   # "2023년 매출액은 전년보다": both years' figures are needed
    filters: dict[str, tuple[str | int, ...]] = {}
    for name, values in (vocabulary or {}).items():
        if values and all(isinstance(value, int) for value in values):
            found: tuple[str | int, ...] = years
        else:
            found = _named(clean, [str(value) for value in values])
        if found:
            filters[name] = found
    found_words = words(canonical(clean, synonyms or {}))
    names = [name for column, values in (vocabulary or {}).items() if column not in _NO_NAMES for name in _squeezed(tuple(values))]
    unknown = _outside(clean, _unknown(found_words, names), filters)
    said = {term: own for term, names in (synonyms or {}).items()
            if term in found_words and (own := tuple(name for name in names if name in clean and name not in term))}
    return Question(text=clean, filters=filters, years=years, words=found_words, unknown=unknown, said=said)


@lru_cache(maxsize=8192)
def words(text: str) -> tuple[str, ...]:
    """Return the words of a text that name something: noun runs without particles, fillers and endings left out."""
    found: list[str] = []
    run, end = "", -1
    for token in kiwi().tokenize(text):
        keeps = token.tag in _WORD_TAGS and token.form not in _FILLERS
        if keeps and run and token.start == end:
            run += token.form
        else:
            if run:
                found.append(run)
            run = token.form if keeps else ""
        end = token.start + token.len
    if run:
        found.append(run)
    found = [word.rstrip(".") for word in found]  # Kiwi keeps the dot of "2023."
    return tuple(dict.fromkeys(word for word in found if word not in _FILLERS and re.search(r"\w", word)))


@lru_cache(maxsize=4096)
def _pieces(word: str) -> tuple[str, ...]:
    """Return the nouns a compound is made of; those of one letter count, since 비유동자산 is not 유동자산."""
    return tuple(token.form for token in kiwi().tokenize(word) if token.tag in _WORD_TAGS)


@lru_cache(maxsize=4096)
def _loosely(word: str) -> re.Pattern[str] | None:
    """Return a pattern of a compound's pieces with a few letters between them, or None when it has only one piece."""
    pieces = _pieces(word)
    if len(pieces) < 2 or "".join(pieces) != word:
        return None
    unlike = "".join(f"(?<!{prefix})" for prefix in _OTHER_THING)
    return re.compile(unlike + f".{{0,{_GAP}}}".join(map(re.escape, pieces)))


def canonical(text: str, synonyms: Synonyms) -> str:
    """Return text with each synonym replaced by the documents' own term; longer ones first, whole terms left alone."""
    for term, names in synonyms.items():
        for name in sorted(names, key=len, reverse=True):
            # not inside a longer Hangul word to its left or the term itself to its right: 매출액 keeps its 액
            pattern = rf"(?<![가-힣]){re.escape(name)}(은|는|이|가|을|를|의|도|과|와|만|이란|란)?(?=\s|$|[?.,])"
            if name not in term or term not in text:
                text = re.sub(pattern, partial(_with_particle, term), text)
    return text


def _with_particle(term: str, match: re.Match[str]) -> str:
    """Return the term with the synonym's particle made to fit: Kiwi reads "매출액가" as one noun, which nothing holds."""
    particle = match[1] or ""
    pair = next((pair for pair in ("은/는", "이/가", "을/를", "과/와") if particle in pair.split("/")), None)
    return josa(term, pair) if pair else term + particle


def holds(word: str, evidence: str, written: str = "") -> bool:
    """Return whether evidence (blanks removed) names the word, whole or all of its pieces in order and close together.

    비유동자산 and 기타유동자산 do not name 유동자산: another thing's figure would pass for the one asked for. written is
    the evidence with its blanks: 판매비와관리비 지급수수료 names 지급수수료, since its 비 ends a word of its own.
    """
    if word in _SAID_AS and _SAID_AS[word].search(evidence):
        return True
    at = evidence.find(word)
    while at >= 0:
        if not evidence[:at].endswith(_OTHER_THING) or _begins_word(evidence, at, written):
            return True
        at = evidence.find(word, at + 1)
    pattern = _loosely(word)
    return pattern is not None and pattern.search(evidence) is not None


def _begins_word(evidence: str, at: int, written: str) -> bool:
    """Return whether a blank stands before this place of the evidence as written, and before it a longer word than 비 or 기타."""
    if not written:
        return False
    before = re.match(rf"\s*(?:\S\s*){{{at}}}", nfc(written))
    last = before[0].split()[-1] if before and before[0][-1:].isspace() and before[0].strip() else ""
    return len(last) > 1 and not last.endswith("기타")


def squeeze(text: str) -> str:
    """Return text without blanks, in NFC: what words are looked for in, since Korean spacing is free."""
    return re.sub(r"\s+", "", nfc(text))


def missing(question: Question, evidence: str, *, as_written: bool = False) -> tuple[str, ...]:
    """Return the question's words that the evidence does not name.

    Of several years, or several values of one filter, a line need hold only one: "2023년과 2024년 매출액" is answered by
    two lines. as_written also heeds the evidence's blanks and takes the asker's own word beside the documents' term; lines are
    chosen for a prompt without it, as they were for the training rows.
    """
    squeezed, written = squeeze(evidence), evidence if as_written else ""
    lacking = tuple(word for word in question.words if word in question.unknown or not any(
        holds(one, squeezed, written) for one in (word, *(question.said.get(word, ()) if as_written else ()))))
    for group in (question.years, *question.filters.values()):
        names = [squeeze(str(value)) for value in group]
        if len(names) > 1 and any(name in squeezed for name in names):
            lacking = tuple(word for word in lacking if not any(name in word or word in name for name in names))
    return lacking


def surplus(question: Question, label: str) -> int:
    """Return how many letters of a label the question did not ask for: 0 for the very item, 2 for "유동" + 자산총계."""
    left = squeeze(label)
    for word in sorted(question.words, key=len, reverse=True):
        if word in _SAID_AS and word not in left:
            left = _SAID_AS[word].sub("", left, count=1)
        elif word in left:
            left = left.replace(word, "", 1)
        else:
            for piece in _pieces(word):
                left = left.replace(piece, "", 1)
    # a figure is consolidated (연결) unless the question asks for the separate one, as Korean disclosures are read
    left = re.sub(r"연결|년도?|사업연도|[^\w]", "", left)
    return len(left)


def _unknown(found: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Return the words that share a beginning with a name of the index, at least half of it, without being one."""
    return tuple(word for word in found if word not in names and any(
        name.startswith(word) or (len(name) > 3 and word.startswith(name[: (len(name) + 1) // 2]) and name not in word)
        for name in names))


def _outside(text: str, unknown: Sequence[str], filters: Mapping[str, Sequence[str | int]]) -> tuple[str, ...]:
    """Return the unknown words without the pieces Kiwi makes of a value that was found ("가" of "가온누리에서")."""
    taken = [squeeze(value) for values in filters.values() for value in values if isinstance(value, str)]
    rest = squeeze(text)
    for value in taken:
        rest = rest.replace(value, "\0")
    return tuple(word for word in unknown
                 if not any(word in value for value in taken) or (len(word) > 1 and word in rest))


def _named(text: str, values: Sequence[str]) -> tuple[str, ...]:
    """Return the values that stand in a text, longest first, each place counted once; in the order of the text."""
    return tuple(value for _, _, value in named_places(text, values))


def named_places(text: str, values: Sequence[str]) -> list[tuple[int, int, str]]:
    """Return (start, end, value) of each value's first place in a text, blanks aside; in the order of the text.

    A value is found by its plain name too ("가온" for "㈜가온"), in capitals or not; editions of one name are all meant.
    Longer names first, and no place is two names': "한빛전자우" is not also 한빛전자.
    """
    letters = [(at, letter) for at, letter in enumerate(text) if not letter.isspace()]
    squeezed = "".join(letter.casefold() if len(letter.casefold()) == 1 else letter for _, letter in letters)
    places: list[tuple[int, int, str]] = []
    for name, meant in _spelt(tuple(values)):
        at = squeezed.find(name)
        if at >= 0:
            places += [(letters[at][0], letters[at + len(name) - 1][0] + 1, value) for value in meant]
            squeezed = squeezed[:at] + "\0" * len(name) + squeezed[at + len(name):]
    return sorted(places)


@lru_cache(maxsize=64)
def _spelt(values: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return how the values may stand in a text without blanks, longest first, and which values each may mean."""
    spelt: dict[str, set[str]] = {}
    for value in filter(None, values):
        for name in (value, plain(value)):
            spelt.setdefault(squeeze(name).casefold(), set()).add(value)
    return tuple((name, tuple(sorted(meant))) for name, meant in sorted(spelt.items(), key=lambda pair: -len(pair[0])))


@lru_cache(maxsize=64)
def _squeezed(values: tuple[str | int, ...]) -> tuple[str, ...]:
    """Return the names among an index's values, without blanks."""
    return tuple(squeeze(value) for value in values if isinstance(value, str))
