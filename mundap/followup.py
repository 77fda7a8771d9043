"""A follow-up question made whole, by rule: what "그럼 2022년은?" leaves out is taken from the question before it.

Only what the earlier question named is carried over, never anything an answer said, and the page shows the whole
question, so that a wrong guess is seen. No model; a question that names everything itself stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mundap.korean import josa, kiwi, nfc
from mundap.question import COMPUTING, Synonyms, analyse, named_places, squeeze

Vocabulary = Mapping[str, Sequence[str | int]]

_OPENING = re.compile(r"^(?:그럼|그러면|그렇다면|그리고|그런데|근데|그래서|아니|혹시|또)[,\s]+")
_THAT_NAME = re.compile(r"(?:그|이|위|해당|같은)\s?(?:회사|기업|업체|법인|상품|보험|약관|지역|병원|질병|법)|거기|그곳|그쪽")
_THAT_YEAR = re.compile(r"(?:그|같은|해당|당)\s?(?:해|년도|연도|시기|기간)(?=[에의은는도,\s]|$)")
_YEARS_AWAY = {"재작년": -2, "작년": -1, "지난해": -1, "전년도": -1, "전년": -1, "다음 해": 1, "이듬해": 1}
_YEAR_AWAY = re.compile(rf"(?:그\s?)?({'|'.join(_YEARS_AWAY)})(?!\s?(?:대비|보다|동기|과|와|에\s?비))")
_ASKING = re.compile(r"\s*(?:얼마|몇\s|무엇|뭐|어떻게|어떤가|어떠|언제|어디|누구|알려|말해|궁금).*$")
_PARTICLE = re.compile(r"(?:은|는|이|가|을|를|도)$")
# "가장 큰 회사는?" asks about all of them, whichever company the talk was of.
_OF_ALL = re.compile(r"어느|어떤\s|가장|제일|모든|전체|각각?\s|중에서|들\s?중|순위|회사들|기업들")
_AGAIN = re.compile(r"^(?:조금|좀|더|다시|한\s?번|쉽게|자세히|자세하게|짧게|간단히|\s)*"
                    r"(?:설명|말|알려|풀어|정리|요약)\S*(?:\s\S{1,3})?[.?!]*$")
_LONE_NAME = re.compile(r"^(?P<name>[^\s?]+?)(?:은|는|이|가|도)?(?:요)?\s*[?.]*$")
_UNCARRIED = ("category", "difficulty")
_BASES = frozenset(("별도", "연결", "개별"))
_BASIS = re.compile(r"(?:별도|연결|개별)\s?(?:재무제표\s?)?기준(?:으로|의)?\s")
_POINTS_NOWHERE = re.compile(r"^(?:그건|그게|그것은|이건|이게|왜)(?=\s|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A question as it is answered, and what of it was taken over from the one before; nothing: it stands as asked.

    guessed: nothing in the question points back, it only names nothing itself; it may be about something else altogether.
    """

    text: str
    carried: tuple[str, ...] = ()
    guessed: bool = False


def complete(text: str, before: str, vocabulary: Vocabulary, synonyms: Synonyms | None = None) -> FollowUp:
    """Return a question made whole by the one before it (itself whole), "" where there is none.

    vocabulary maps each metadata field that questions may name to the index's values, as for `analyse`.
    """
    asked = " ".join(nfc(text).split())
    if not before:
        return FollowUp(text=asked)
    earlier = analyse(before, vocabulary, synonyms)
    known = {name: tuple(map(str, values)) for name, values in earlier.filters.items() if name not in _UNCARRIED}
    if _AGAIN.match(_OPENING.sub("", asked)):
        return FollowUp(text=before, carried=(before,))
    plain, carried = _pointed(_OPENING.sub("", asked), known, vocabulary)
    now = analyse(plain, vocabulary, synonyms)
    values = [squeeze(str(value)) for found in now.filters.values() for value in found]
    left = [word for word in now.words if not any(word in value or value in word for value in values)]
    given = {name: tuple(map(str, found)) for name, found in now.filters.items()}
    if not left and given:
        return _replaced(plain, before, given, known, vocabulary, carried)
    if (name := _stranger(plain, left, known, vocabulary)) is not None:
        return _replaced(plain, before, {next(iter(_names(known, vocabulary))): (name,)}, known, vocabulary, carried)
    if left and set(left) <= _BASES:   # "별도 기준으로는?": the same figure, on another basis
        return FollowUp(text=f"{left[0]} 기준으로 {_BASIS.sub('', before)}", carried=(before,))
    if left and set(left) <= COMPUTING and (stem := _stem(before)):
        lacking = tuple(value for field, found in known.items() if field not in given or field in _years(vocabulary)
                        for value in found)
        return FollowUp(text=f"{stem} {plain}", carried=(*carried, *lacking))
    made = _prefixed(plain, given, known, vocabulary, carried)
    return replace(made, guessed=bool(made.carried) and not carried and not given)


def _pointed(text: str, known: Mapping[str, Sequence[str]], vocabulary: Vocabulary) -> tuple[str, tuple[str, ...]]:
    """Return the text with "그 회사", "같은 해" and "작년" as the names and years they point to, and those."""
    carried: list[str] = []
    names = next((values for field, values in known.items() if field in _names(known, vocabulary)), ())
    years = next((values for field, values in known.items() if field in _years(vocabulary)), ())
    if names and _THAT_NAME.search(text):
        text = _THAT_NAME.sub(_joined(names), text, count=1)
        carried += names
    if years and _THAT_YEAR.search(text):
        text = _THAT_YEAR.sub(_joined([f"{year}년" for year in years]), text, count=1)
        carried += years
    away = _YEAR_AWAY.search(text)
    if away and len(years) == 1 and not re.search(r"(?:19|20)\d\d", text):
        text = text.replace(away[0], f"{int(years[0]) + _YEARS_AWAY[away[1]]}년", 1)
        carried += years
    return text, tuple(dict.fromkeys(carried))


def _replaced(asked: str, before: str, given: Mapping[str, Sequence[str]], known: Mapping[str, Sequence[str]],
              vocabulary: Vocabulary, carried: Sequence[str]) -> FollowUp:
    """Return the question before with the names and years of the new one in the places of its own."""
    whole, missing = before, []
    for field, values in given.items():
        old = known.get(field, ())
        suffix = "년" if field in _years(vocabulary) else ""
        new = _joined([value + suffix for value in values])
        places = named_places(whole, [value + suffix for value in old]) if old else []
        if not places:
            missing.append(new)
            continue
        start, end = places[0][0], places[-1][1]
        particle = re.match(r"(은|는|이|가|을|를|과|와)(?=[\s,])", whole[end:])
        if particle:
            pair = next(pair for pair in ("은/는", "이/가", "을/를", "과/와") if particle[1] in pair.split("/"))
            new, end = josa(new, pair), end + 1
        whole = whole[:start] + new + whole[end:]
    if missing:
        whole = f"{'의 '.join(missing)} {whole}"
    stays = tuple(value for field, values in known.items() if field not in given for value in values)
    return FollowUp(text=whole, carried=tuple(dict.fromkeys((*carried, *stays))) or (before,))


def _prefixed(asked: str, given: Mapping[str, Sequence[str]], known: Mapping[str, Sequence[str]], vocabulary: Vocabulary,
              carried: Sequence[str]) -> FollowUp:
    """Return the new question with the names and years it leaves out put in front."""
    years = _years(vocabulary)
    lacking = {field: values for field, values in known.items() if field not in given}
    if _POINTS_NOWHERE.match(asked):
        lacking = {}   # "그건 왜 그런가요?" asks about the answer, and no document is about that
    if _OF_ALL.search(asked):
        lacking = {field: values for field, values in lacking.items() if field in years}
    if not lacking:
        return FollowUp(text=asked, carried=tuple(carried))
    parts = [_joined(values) + ("의" if field == "company" else "에서") for field, values in lacking.items() if field not in years]
    parts += [_joined([f"{value}년" for value in values]) for field, values in lacking.items() if field in years]
    if given and lacking.keys() <= years:   # "한빛바이오의 부채비율은?": the year comes after the name
        places = named_places(asked, [value for field, values in given.items() if field not in years for value in values])
        if places:
            end = places[-1][1] + (asked[places[-1][1]:places[-1][1] + 1] == "의")
            head = asked[:end] if asked[:end].endswith("의") else asked[:end] + "의"
            rest = asked[end:].lstrip()
            whole = f"{head} {' '.join(parts)} {rest}"
            return FollowUp(text=whole, carried=(*carried, *(value for values in lacking.values() for value in values)))
    whole = f"{' '.join(parts)} {asked}"
    return FollowUp(text=whole, carried=(*carried, *(value for values in lacking.values() for value in values)))


def _stem(before: str) -> str:
    """Return what the question before is about, as a topic: "가온누리전자의 2023년 매출액은"; "" when it cannot be told."""
    cut = _ASKING.sub("", before).strip(" ?.")
    return josa(_PARTICLE.sub("", cut), "은/는") if cut and cut != before.strip(" ?.") else ""


def _stranger(asked: str, left: Sequence[str], known: Mapping[str, Sequence[str]], vocabulary: Vocabulary) -> str | None:
    """Return a name that is all a question holds and the index does not know ("다른회사는?"), else None."""
    alone = _LONE_NAME.match(asked)
    if len(left) != 1 or alone is None or not _names(known, vocabulary) or left[0] not in alone["name"]:
        return None
    return left[0] if any(token.tag == "NNP" for token in kiwi().tokenize(left[0])) else None


def _names(known: Mapping[str, Sequence[str]], vocabulary: Vocabulary) -> list[str]:
    """Return the fields of names that the question before filled."""
    return [field for field in known if field not in _years(vocabulary)]


def _years(vocabulary: Vocabulary) -> frozenset[str]:
    """Return the fields whose values are years."""
    return frozenset(field for field, values in vocabulary.items() if values and all(isinstance(one, int) for one in values))


def _joined(values: Sequence[str]) -> str:
    """Return names as one phrase: "가온과 한빛", "가온, 한빛과 나래"."""
    if len(values) < 2:
        return "".join(values)
    return f"{', '.join([*values[:-2], josa(values[-2], '과/와')])} {values[-1]}"
