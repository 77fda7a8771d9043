"""The check caught in numbers: true answers made from lines, then corrupted by code that knows nothing of the check.

Every answer cites a passage in which the same items of other years and another company stand as distractors. Rates are
printed with `pytest -s` and asserted: at least 97% of the corruptions caught, at most 3% of the true answers flagged.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from mundap.grounding import check
from mundap.prompt import Passage


@dataclass(frozen=True)
class Pair:
    """A true answer, citing [1], and its passages."""

    family: str
    answer: str
    passages: tuple[Passage, ...]


def grouped(number: int) -> str:
    return f"{number:,}"


def in_eok(million: int) -> str:
    """1234567 million as 1조 2,345억 6,700만원, exact."""
    trillion, rest = divmod(million, 1_000_000)
    hundred_million, rest = divmod(rest, 100)
    parts = [f"{trillion}조"] * bool(trillion) + [f"{grouped(hundred_million)}억"] * bool(hundred_million) + [
        f"{grouped(rest * 100)}만"] * bool(rest)
    return " ".join(parts) + "원"


def half_up(number: int, step: int) -> int:
    return (number + step // 2) // step * step


def finance(rng: random.Random) -> list[Pair]:
    company, other = rng.sample(["가온누리전자", "한빛생명", "다솜제약", "늘품건설", "새별통신"], 2)
    sales = {year: rng.randrange(200_000, 9_000_000) for year in (2021, 2022, 2023)}
    losses = {year: rng.randrange(10_000, 90_000) for year in (2021, 2022, 2023)}
    staff = {year: rng.randrange(1_000, 90_000) for year in (2021, 2022, 2023)}
    rate = {year: rng.randrange(10, 999) / 10 for year in (2021, 2022, 2023)}

    def lines(name: str, shift: int) -> tuple[str, ...]:
        return tuple(line for year in (2023, 2022, 2021) for line in (
            f"{name} {year}년 연결 매출액: {grouped(sales[year] + shift)}백만원",
            f"{name} {year}년 연결 영업이익(손실): -{grouped(losses[year] + shift)}백만원",
            f"{name} {year}년 직원 수: {grouped(staff[year] + shift)}명",
            f"{name} {year}년 부채비율: {round(rate[year] + shift / 10, 1)}%"))

    passages = (Passage(number=1, head=f"{company} 2023 사업보고서 III. 재무에 관한 사항", lines=lines(company, 0)),
                Passage(number=2, head=f"{other} 2023 사업보고서", lines=lines(other, rng.randrange(1_111, 9_999))))
    year = rng.choice((2021, 2022, 2023))
    change = (sales[2023] - sales[2022]) / sales[2022] * 100
    word = "증가" if change > 0 else "감소"
    answers = {
        "same unit": f"{company}의 {year}년 매출액은 {grouped(sales[year])}백만원입니다. [1]",
        "converted": f"{company}의 {year}년 연결 매출액은 {in_eok(sales[year])}입니다[1].",
        "rounded": f"{year}년 매출액은 약 {grouped(half_up(sales[year], 100) // 100)}억원으로 나타났습니다. [1]",
        "loss word": f"{year}년 영업손실은 {grouped(losses[year])}백만원입니다. [1]",
        "minus": f"{year}년 영업이익은 △{grouped(losses[year])}백만원입니다. [1]",
        "count": f"{year}년 직원 수는 총 {grouped(staff[year])}명입니다. [1]",
        "rate": f"{year}년 부채비율은 {rate[year]}%입니다. [1]",
        "change": f"2023년 매출액은 전년 대비 {abs(change):.1f}% {word}했습니다. [1]",
        "two figures": f"매출액은 2022년 {grouped(sales[2022])}백만원에서 "
                       f"2023년 {grouped(sales[2023])}백만원으로 {word}했습니다. [1]",
    }
    return [Pair(family, answer, passages) for family, answer in answers.items()]


def terms(rng: random.Random) -> list[Pair]:
    article, paragraph = rng.randrange(3, 60), rng.randrange(1, 5)
    days, years, won = rng.randrange(3, 60), rng.randrange(2, 10), rng.randrange(100, 5_000) * 10
    month, day, year = rng.randrange(1, 13), rng.randrange(1, 29), rng.randrange(2015, 2025)
    lines = (
        f"{'①②③④⑤'[paragraph - 1]} 회사는 청구서를 접수한 날부터 {days}영업일 이내에 {grouped(won)}만원을 지급합니다.",
             f"보험금 청구권은 {years}년간 행사하지 않으면 소멸시효가 완성됩니다.",
             f"이 약관은 {year}.{month:02d}.{day:02d}.부터 시행하며, 이율은 연 {years + 0.5}%로 합니다.")
    passages = (Passage(number=1, head=f"표준약관 제{article}조(보험금의 지급) 제{paragraph}항", lines=lines),
                Passage(number=2, head=f"표준약관 제{article + 1}조의2(환급)",
                    lines=("① 해지환급금은 15만원으로 합니다.",)))
    paid = f"{won // 10_000}억 {won % 10_000:,}만원" if won >= 10_000 else f"{grouped(won)}만원"
    answers = {
        "article": f"제{article}조 제{paragraph}항에 따르면 {days}영업일 이내에 {paid}을 지급합니다. [1]",
        "period": f"표준약관 제{article}조에 따라 {years}년간 행사하지 않으면 소멸합니다. [1]",
        "date": f"약관은 {year}년 {month}월 {day}일부터 시행되고 이율은 연 {years + 0.5}%입니다. [1]",
    }
    return [Pair(family, answer, passages) for family, answer in answers.items()]


def statistics(rng: random.Random) -> list[Pair]:
    counts = {year: rng.randrange(100_000, 9_000_000) for year in (2022, 2023)}
    cost = rng.randrange(10_000, 999_999)
    lines = tuple(f"{year}년 MRI 검사 건수: {grouped(count)}건" for year, count in counts.items())
    passages = (Passage(number=1, head="건강보험 진료 통계 (단위: 천원)",
        lines=(*lines, f"2023년 요양급여비용 {grouped(cost)}")),)
    answers = {"cases": f"2023년 건강보험 적용 MRI 검사는 총 {grouped(counts[2023])}건이 시행되었습니다. [1]",
               "table unit": f"2023년 요양급여비용은 {grouped(cost)}천원입니다. [1]"}
    return [Pair(family, answer, passages) for family, answer in answers.items()]


# --- the corrupter: plain text surgery, none of it shared with mundap.grounding -------------------------------------
_FIGURE = re.compile(r"(?<![\d제])(\d[\d,]*(?:\.\d+)?)(?=\s?(?:[조억천백만]*원|만|억|조|명|건|%|영업일|년간))")


def flip_sign(answer: str, rng: random.Random) -> str:
    for old, new in (("△", ""), ("손실은", "이익은"), ("증가", "감소"), ("감소", "증가")):
        if old in answer:
            return answer.replace(old, new)
    match = re.search(r"(?<=은 )\d[\d,.]*(?=백만원|%)", answer)
    return f"{answer[:match.start()]}-{answer[match.start():]}" if match else answer


def change_unit(answer: str, rng: random.Random) -> str:
    for old, new in (("백만원", "십억원"), ("천원", "백만원"), ("억원", "천억원"), ("만원", "천만원"),
        ("명입", "천명입"), ("건이", "천건이")):
        if old in answer:
            return answer.replace(old, new, 1)
    return answer


def change_digit(answer: str, rng: random.Random) -> str:
    matches = list(_FIGURE.finditer(answer))
    if not matches:
        return answer
    match = rng.choice(matches)
    places = [place for place in range(match.start(1), match.end(1)) if answer[place].isdigit()]
    place = rng.choice(places)
    digit = rng.choice([digit for digit in "123456789" if digit != answer[place]])
    return answer[:place] + digit + answer[place + 1:]


def shift_year(answer: str, rng: random.Random) -> str:
    years = list(re.finditer(r"20\d\d(?=년)", answer))
    if not years:
        return answer
    match = rng.choice(years)
    return answer[:match.start()] + str(int(match[0]) + rng.choice((-2, -1, 1, 2))) + answer[match.end():]


def change_article(answer: str, rng: random.Random) -> str:
    matches = list(re.finditer(r"(?<=제)\d+(?=[조항])", answer))
    if not matches:
        return answer
    match = rng.choice(matches)
    return answer[:match.start()] + str(int(match[0]) + rng.choice((1, 2, 10))) + answer[match.end():]


def change_date(answer: str, rng: random.Random) -> str:
    matches = list(re.finditer(r"\d+(?=[월일]\b|월 |일부)", answer))
    if not matches or "영업일" in answer:
        return answer
    match = rng.choice(matches)
    return answer[:match.start()] + str(int(match[0]) % 12 + 1) + answer[match.end():]


CORRUPTIONS: dict[str, Callable[[str, random.Random], str]] = {
    "sign": flip_sign, "unit x1000": change_unit, "digit": change_digit, "year": shift_year,
    "article": change_article, "date": change_date}


def pairs(seed: int, rounds: int) -> list[Pair]:
    rng = random.Random(seed)
    return [pair for _ in range(rounds) for make in (finance, terms, statistics) for pair in make(rng)]


def test_corrupted_answers_are_caught_and_true_ones_pass() -> None:
    made = pairs(seed=20240315, rounds=40)
    assert len(made) >= 500
    alarms = [pair for pair in made if not check(pair.answer, pair.passages).ok]
    rng, tried, caught, missed = random.Random(7), Counter[str](), Counter[str](), []
    for pair in made:
        for name, corrupt in CORRUPTIONS.items():
            wrong = corrupt(pair.answer, rng)
            if wrong == pair.answer:
                continue
            tried[name] += 1
            if check(wrong, pair.passages).ok:
                missed.append((name, pair.answer, wrong))
            else:
                caught[name] += 1
    rate, false_alarms = sum(caught.values()) / sum(tried.values()), len(alarms) / len(made)
    table = ", ".join(f"{name} {caught[name]}/{tried[name]}" for name in tried)
    report = f"caught {rate:.2%} of {sum(tried.values())} ({table}); "
    report += f"false alarms {len(alarms)}/{len(made)} = {false_alarms:.2%}"
    print(report)  # noqa: T201 - the rates are the point; shown with -s
    shown = "\n".join(map(str, [*missed[:15], *[(pair.family, pair.answer) for pair in alarms[:8]]]))
    assert rate >= 0.97 and false_alarms <= 0.03, f"{report}\n{shown}"
    assert all(caught[name] / tried[name] >= 0.95 for name in tried), f"{report}\n{shown}"
