"""How groups, slices and figures are said: "상병코드 K35의 남성 외래 환자 수", "4,251,032건", "약 425만 건"."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from mundap.korean import josa
from pipelines.reading import Fact
from pipelines.statistics.dataset import Slice, Value
from pipelines.statistics.figures import Figure
from pipelines.statistics.spec import Measure, Spec

_ASK = {"명": "몇 명", "건": "몇 건", "일": "며칠", "회": "몇 회", "개소": "몇 개소", "병상": "몇 병상", "%": "몇 %"}
_ROUND_FROM = 100_000   # smaller numbers are read as they are
_SCALES = ((10**12, "조"), (10**8, "억"), (10**4, "만"))


class Word(str):
    """Text that takes a particle by its format: f"{Word('환자 수'):은/는}" is "환자 수는"."""

    def __format__(self, pair: str) -> str:
        return josa(str(self), pair) if pair else str(self)


def subject(spec: Spec, group: str) -> str:
    """Return what a document is about."""
    return spec.group.words(group)


def slice_words(spec: Spec, cut: Slice) -> str:
    """Return a slice, or the part of it that is fixed, in words: "남성 외래"; "" where nothing is."""
    return " ".join(key.words(value) for key, value in zip(spec.slices, cut, strict=True) if value)


def item(spec: Spec, figure: Figure) -> str:
    """Return what a figure's line calls it, beside the subject and the year."""
    cut, measure = slice_words(spec, figure.slice), figure.measure.say
    names = {
        "cell": f"{cut} {measure}",
        "total": f"{cut} {measure} 합계",
        "share": f"{measure} 중 {cut} 비중",
        "rank": f"{measure} {figure.rank}위 {spec.dimension} {cut}",
    }
    return names[figure.kind].strip()


def unit(figure: Figure) -> str:
    """Return the unit of a figure."""
    return "%" if figure.kind == "share" else figure.measure.unit


def fact(spec: Spec, group: str, year: int, figure: Figure) -> Fact:
    """Return a figure as a fact, whose line stands in the documents and is quoted in prompts."""
    rows = ", ".join(map(str, figure.rows[:6])) + (" …" if len(figure.rows) > 6 else "")
    return Fact(company=subject(spec, group), fiscal_year=year, item=item(spec, figure), value=number(figure.value),
                unit=unit(figure), locator=f"row {rows}" if figure.kind == "cell" else f"computed from rows {rows}")


def number(value: Value) -> str:
    """Return a number with thousands separators."""
    return f"{value:,}"


def said(value: Value, of: str) -> str:
    """Return a figure with its unit: "4,251,032건"."""
    return f"{number(value)}{of}"


def about(value: Value, of: str) -> str:
    """Return a large figure as people round it: "약 425만 건"; "" for a small one or one of a scaled unit."""
    if abs(Decimal(value)) < _ROUND_FROM or of not in ("명", "건", "일", "원", "회"):
        return ""
    amount = Decimal(value)
    scale, name = next((size, word) for size, word in _SCALES if abs(amount) >= size)
    shown = amount / scale
    places = Decimal(1) if abs(shown) >= 10 else Decimal("0.1")   # "약 42만 명", "약 3.4억 원"
    rounded = shown.quantize(places, ROUND_HALF_UP)
    text = f"{rounded:,}".removesuffix(".0")
    return f"약 {text}{name} {of}"


def ask(measure: Measure) -> str:
    """Return what one asks with: "몇 명", "며칠", "얼마"."""
    return _ASK.get(measure.unit, "얼마")


def ask_by_name(name: str) -> str:
    """Return what one asks with for something whose unit is not told: "의사 수" is "몇 명"."""
    return next((word for ending, word in (("건수", "몇 건"), ("일수", "며칠"), (" 수", "몇 명")) if name.endswith(ending)),
                "얼마")
