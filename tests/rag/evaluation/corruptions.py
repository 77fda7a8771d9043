"""References made wrong in one way each: what the metrics must catch. Every function returns "" where it does not apply."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from mundap.grounding import figures, normalise_value

Corruption = Callable[[Mapping[str, str]], str]
_TURNED = {"증가": "감소", "감소": "증가", "늘었": "줄었", "줄었": "늘었"}
_OTHER_UNIT = {"원": "달러", "백만원": "원", "%": "%p", "명": "건", "건": "명", "일": "개월", "년": "일", "회": "년", "주": "원"}


def _printed(row: Mapping[str, str]) -> str:
    """Return the gold figure as the output prints it; "" where it does not stand there once as printed."""
    printed = row["gold_value"] + row["gold_unit"]
    return printed if row["gold_value"] and len(re.findall(rf"(?<![\d,.\-]){re.escape(printed)}", row["output"])) == 1 else ""


def digit(row: Mapping[str, str]) -> str:
    """Change the first digit of the figure asked for, and drop what only rounds it."""
    printed = _printed(row)
    at = next((place for place, letter in enumerate(printed) if letter.isdigit()), None)
    if at is None:
        return ""
    other = printed[:at] + str(int(printed[at]) % 9 + 1) + printed[at + 1:]
    return re.sub(r"\(약 [^)]*\)", "", row["output"]).replace(printed, other)


def other_figure(row: Mapping[str, str]) -> str:
    """Put another figure of the quoted passages in its unit in the place of the one asked for."""
    printed, wanted = _printed(row), normalise_value(row["gold_value"], row["gold_unit"])
    quoted = row["input"].rpartition("\n질문:")[0]
    known = {one.value for one in figures(row["output"] + row["question"])}
    unit = figures(printed)[0].unit if printed and figures(printed) else ""
    other = next((one.text for one in figures(quoted) if one.value != wanted and one.unit == unit and one.value not in known), "")
    return re.sub(r"\(약 [^)]*\)", "", row["output"]).replace(printed, other) if printed and other else ""


def unit(row: Mapping[str, str]) -> str:
    """Write the figure asked for in another unit."""
    printed, other = _printed(row), _OTHER_UNIT.get(row["gold_unit"], "")
    text = re.sub(r"\(약 [^)]*\)", "", row["output"])
    return text.replace(printed, row["gold_value"] + other) if printed and other and row["kind"] == "fact" else ""


def sign(row: Mapping[str, str]) -> str:
    """Put a minus before the figure asked for, or take it away."""
    printed = _printed(row)
    other = printed[1:] if printed.startswith("-") else f"-{printed}"
    text = re.sub(r"\(약 [^)]*\)", "", row["output"])
    return text.replace(printed, other) if printed and row["kind"] == "fact" and "손" not in row["question"] else ""


def direction(row: Mapping[str, str]) -> str:
    """Say 감소 for 증가."""
    found = [word for word in _TURNED if word in row["output"]]
    return re.sub("|".join(_TURNED), lambda match: _TURNED[match[0]], row["output"]) if found and row["kind"] == "change" else ""


def year(row: Mapping[str, str]) -> str:
    """Give the figure asked for to another year that the passages know."""
    own = row["fiscal_year"]
    other = next((one for one in re.findall(r"20\d\d(?=년)", row["input"]) if one != own), "")
    return row["output"].replace(f"{own}년", f"{other}년") if own and other and row["kind"] == "fact" else ""


def article(row: Mapping[str, str]) -> str:
    """Name an article that there is not."""
    return re.sub(r"제(\d+)조", lambda match: f"제{int(match[1]) + 400}조", row["output"]) if "조" in row["output"] else ""


def company(row: Mapping[str, str]) -> str:
    """Give the answer to a company that does not exist."""
    name = row["company"]
    return row["output"].replace(name, name[:2] + "솔루텍") if name and name in row["output"] and " " not in name else ""


def other_company(row: Mapping[str, str]) -> str:
    """Give the answer to another company of the quoted passages."""
    name = row["company"]
    other = next((one for one in re.findall(r"^(\w+) 20\d\d년", row["input"], re.MULTILINE) if one != name), "")
    return row["output"].replace(name, other) if other and name in row["output"] and row["kind"] == "fact" else ""


def spanish(row: Mapping[str, str]) -> str:
    """Run on in Spanish."""
    return f"{row['output']} Este es el resultado."


def german(row: Mapping[str, str]) -> str:
    """Run on in German."""
    return f"{row['output']} Ich möchte wissen"


def russian(row: Mapping[str, str]) -> str:
    """Run on in Russian."""
    return f"{row['output']} продажи"


def again(row: Mapping[str, str]) -> str:
    """Say everything three times."""
    return " ".join([row["output"]] * 3)


def beside(row: Mapping[str, str]) -> str:
    """Add a figure that nothing holds."""
    return f"{row['output']} 다만 98,765,432원은 제외합니다."


# the corruption, and the kinds that catch it
CORRUPTIONS: dict[str, tuple[Corruption, tuple[str, ...]]] = {
    "digit": (digit, ("figure", "wrong_figure")), "other_figure": (other_figure, ("wrong_figure",)),
    "unit": (unit, ("figure", "wrong_figure")), "sign": (sign, ("figure", "wrong_figure")),
    "direction": (direction, ("figure", "wrong_figure")), "year": (year, ("figure", "wrong_figure")),
    "beside": (beside, ("figure",)), "article": (article, ("article",)), "company": (company, ("name",)),
    "other_company": (other_company, ("wrong_figure",)), "spanish": (spanish, ("language",)), "german": (german, ("language",)),
    "russian": (russian, ("language",)), "again": (again, ("repetition",))}
