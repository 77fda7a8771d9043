"""The committed samples: rebuilt byte for byte, true to themselves, invented, and legally cited.

Set MUNDAP_SAMPLES to a folder with dart/api/corpCode.zip and law/statutes/*.md to compare with the real lists too.
"""

from __future__ import annotations

import csv
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from lxml import etree

from pipelines.samples import dart_filings
from pipelines.samples.figures import split

DEMO = Path(__file__).parents[2] / "datasets" / "raw" / "demo"
FILES = sorted((DEMO / "dart").glob("*.xml"))
SAMPLES = os.environ.get("MUNDAP_SAMPLES")
needs_samples = pytest.mark.skipif(SAMPLES is None, reason="MUNDAP_SAMPLES is not set")
ARTICLE = re.compile(r"제(\d+)조(?:의(\d+))?")
LAW_NAME = re.compile(r"주택임대차보호법 시행령|주택임대차보호법|민법")


def decoded(path: Path) -> str:
    """Return a filing's text: strict UTF-8, else CP949, as the bytes may differ from the declaration."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp949")


def tree(path: Path) -> etree._Element:
    """Return the parsed filing; only the quirks these samples have are cleaned away."""
    text = decoded(path).replace("&cr;", "\n")
    text = re.sub(r"&(?!amp;)", "&amp;", text)
    text = re.sub(r"<(?=[주표] ?\d)", "&lt;", text)
    return etree.fromstring(text.removeprefix('<?xml version="1.0" encoding="utf-8"?>').strip())


def amount(text: str) -> int | None:
    """Return a printed amount: △, parentheses and - are minus, a lone - is 0, anything else None."""
    text = text.strip()
    if text == "-":
        return 0
    match = re.fullmatch(r"(△|\(|-)?([\d,]+)\)?", text)
    return None if match is None else int(match[2].replace(",", "")) * (-1 if match[1] else 1)


def grid(root: etree._Element, statement: str) -> dict[str, list[int]]:
    """Return account -> printed amounts (this year first) of a statement's TABLE-GROUP."""
    accounts = {}
    for group in root.iter("TABLE-GROUP"):
        if not group.get("ACLASS", "").startswith(statement):
            continue
        for row in group.iter("TR"):
            cells = ["".join(cell.itertext()).strip() for cell in row]
            name = re.sub(r" ?\(.*", "", cells[0].strip("　 "))
            values = [amount(cell) for cell in cells[1:]]
            if name and values and None not in values:
                accounts[name] = [value for value in values if value is not None]
    return accounts


@pytest.fixture(scope="module")
def truth() -> list[dict[str, str]]:
    with (DEMO / "dart_truth.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def law_rows() -> list[dict[str, str]]:
    with (DEMO / "civil_law.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_script_rebuilds_the_committed_files_byte_for_byte(tmp_path: Path) -> None:
    dart_filings.write_all(tmp_path)
    rebuilt = sorted((tmp_path / "dart").glob("*.xml"))
    assert [path.name for path in rebuilt] == [path.name for path in FILES]
    assert [path.name for path, old in zip(rebuilt, FILES, strict=True) if path.read_bytes() != old.read_bytes()] == []
    assert (tmp_path / "dart_truth.csv").read_bytes() == (DEMO / "dart_truth.csv").read_bytes()


def test_there_are_18_companies_with_two_years_and_one_amended_report() -> None:
    headers = [(re.search(r'AREGCIK="(\d{8})"', text), "<CORRECTION>" in text) for text in map(decoded, FILES)]
    filed = Counter(match[1] for match, _ in headers if match)
    assert len(FILES) == 37
    assert len(filed) == 18
    assert sorted(filed.values()) == [2] * 17 + [3]
    assert sum(amended for _, amended in headers) == 1
    assert sum(path.stat().st_size for path in FILES) < 1_500_000
    assert all(12_000 < path.stat().st_size < 48_000 for path in FILES)


def test_every_filing_is_well_formed_once_its_quirks_are_cleaned() -> None:
    for path in FILES:
        assert tree(path).tag == "DOCUMENT", path.name


def test_quirks_are_present() -> None:
    texts = {path.name: decoded(path) for path in FILES}
    not_utf8 = [path for path in FILES if path.read_bytes() != texts[path.name].encode("utf-8")]
    assert 10 <= len(not_utf8) <= 15
    assert all('encoding="utf-8"' in text for text in texts.values())
    assert all(path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n") for path in FILES)
    quirks = {
        "bare &": r"&(?!amp;|cr;)",
        "escaped &": r"&amp;",
        "decorative <주1>": r"<주\d>",
        "decorative <표 1>": r"<표 \d>",
        "unit in a table of its own": r"<TR>\r\n<TD ALIGN=\"RIGHT\">\( ?단위",
        "unit in a P": r"<P> +\(단위",
        "백만원": r"단위 ?[:：] ?백만원",
        "천원": r"단위 ?[:：] ?천원",
        "억원": r"단위 ?[:：] ?억원",
        "원": r"단위 ?[:：] ?원",
        "△": r">△[\d,]+<",
        "parentheses": r">\([\d,]+\)<",
        "nil": r">-<",
        "note reference": r"매출원가 \(주\d+\)",
        "group cell": r"ROWSPAN",
        "dart3": r"dart3\.xsd",
        "XBRL cell": r'ACODE="ifrs-full_Revenue" ACONTEXT="CFY2024dFY_',
    }
    for name, pattern in quirks.items():
        found = sum(1 for text in texts.values() if re.search(pattern, text))
        assert found >= 2, name


def test_printed_statements_add_up() -> None:
    for path in FILES:
        root = tree(path)
        balance, income = grid(root, "{XBRL}BS"), grid(root, "{XBRL}IS")
        for column in range(len(balance["자산총계"])):
            at = {name: values[column] for name, values in balance.items()}
            over = {name: values[column] for name, values in income.items()}
            assert at["자산총계"] == at["부채총계"] + at["자본총계"] == at["부채와자본총계"], path.name
            assert at["자산총계"] == at["유동자산"] + at["비유동자산"]
            assert at["부채총계"] == at["유동부채"] + at["비유동부채"]
            assert at["유동자산"] == sum(
                at[n] for n in ("현금및현금성자산", "매출채권 및 기타채권", "재고자산", "기타유동자산")
            )
            equity = ("자본금", "자본잉여금", "기타자본구성요소", "이익잉여금", "비지배지분")
            assert at["자본총계"] == sum(at.get(name, 0) for name in equity), path.name
            if "매출액" in over:
                assert over["매출총이익"] == over["매출액"] - over["매출원가"]
                assert over["영업이익"] == over["매출총이익"] - over["판매비와관리비"], path.name
            else:
                assert over["영업이익"] == over["영업수익"] - over["영업비용"]
            before_tax = over["영업이익"] + over["금융수익"] - over["금융비용"] + over["기타수익"] - over["기타비용"]
            assert over["법인세비용차감전순이익"] == before_tax, path.name
            assert over["당기순이익"] == before_tax - over["법인세비용"]
            if "지배기업 소유주지분" in over:
                assert over["당기순이익"] == over["지배기업 소유주지분"] + over["비지배지분"]


def test_product_sales_add_up_to_their_printed_total(truth: list[dict[str, str]]) -> None:
    for rcept_no in {row["rcept_no"] for row in truth}:
        rows = [row for row in truth if row["rcept_no"] == rcept_no and "2. 주요 제품" in row["section"]]
        total = next(int(row["value"]) for row in rows if row["item"] == "품목 매출 합계")
        assert sum(int(row["value"]) for row in rows if row["item"].endswith(" 매출액")) == total
        assert round(sum(float(row["value"]) for row in rows if row["item"].endswith(" 비중")), 1) == 100.0


def test_every_true_amount_is_printed_in_its_filing(truth: list[dict[str, str]]) -> None:
    texts = {path.stem: decoded(path) for path in FILES}
    missing = []
    for row in truth:
        value = row["value"].lstrip("-")
        printed = f"{int(value):,}" if value.isdigit() else value
        if row["item"] != "설립일" and value and printed.replace("&", "") not in texts[row["rcept_no"]]:
            missing.append(row)
    assert missing == []


def test_last_years_column_is_last_years_report(truth: list[dict[str, str]]) -> None:
    """In the order of filing, so that the amended FY2023 report is what the FY2024 report must repeat."""
    latest: dict[tuple[str, str], str] = {}
    for row in sorted(truth, key=lambda row: row["rcept_no"]):
        if "요약재무정보" not in row["section"] or row["item"].startswith("별도"):
            continue
        key = (row["corp_code"] + row["item"], row["fiscal_year"])
        amended = row["rcept_no"].startswith("202405")
        assert amended or latest.get(key, row["value"]) == row["value"], row
        latest[key] = row["value"]


def test_the_amended_report_says_what_it_changed(truth: list[dict[str, str]]) -> None:
    [path] = [path for path in FILES if "<CORRECTION>" in decoded(path)]
    said = {row["item"]: int(row["value"]) for row in truth if row["rcept_no"] == path.stem and "정정" in row["item"]}
    statement = grid(tree(path), "{XBRL}IS")
    assert said["정정 후 영업이익"] == statement["영업이익"][0]
    assert said["정정 전 영업이익"] - said["정정 후 영업이익"] == 1873
    assert said["정정 후 판매비와관리비"] - said["정정 전 판매비와관리비"] == 1873


def test_some_filings_lack_items_others_have(truth: list[dict[str, str]]) -> None:
    def having(item: str) -> set[str]:
        return {row["company"] for row in truth if row["item"] == item}

    def nil(item: str) -> set[str]:
        return {row["company"] for row in truth if row["item"] == item and row["value"] == "-"}

    everyone = {row["company"] for row in truth}
    for item in ("연구개발비용 총계", "수출", "매출원가", "수주잔고", "별도 매출액"):
        assert everyone > having(item) > set(), item
    assert len(nil("주당 현금배당금")) >= 5


def test_split_keeps_the_total() -> None:
    assert split(10, [1, 1, 1]) == [4, 3, 3]
    assert sum(split(1000, [0.31, 0.22, 0.47])) == 1000


@needs_samples
def test_companies_are_invented() -> None:
    with zipfile.ZipFile(Path(SAMPLES or "") / "dart" / "api" / "corpCode.zip") as archive:
        listed = archive.read(archive.namelist()[0]).decode("utf-8")
    names = "\n".join(_bare(name) for name in re.findall(r"<corp_name>(.*?)</corp_name>", listed))
    codes = set(re.findall(r"<corp_code>(\d{8})</corp_code>", listed))
    ours = dart_filings.companies()
    assert [company["name"] for company in ours if _bare(company["name"]) in names] == []
    assert [company["name"] for company in ours if company["corp_code"] in codes] == []


def test_civil_law_rows_are_complete_and_cite_articles(law_rows: list[dict[str, str]]) -> None:
    assert Counter(row["category"] for row in law_rows) == {"전세사기": 32, "부동산물권": 28}
    assert list(law_rows[0]) == ["question", "answer", "category", "difficulty"]
    levels = Counter((row["category"], row["difficulty"]) for row in law_rows)
    assert set(level for _, level in levels) == {"초급", "중급", "고급"}
    assert min(levels.values()) >= 8
    assert len({row["question"] for row in law_rows}) == 60
    assert [row["question"] for row in law_rows if not list(_cited(row["answer"]))] == []
    assert [row["question"] for row in law_rows if not 1 <= row["answer"].count("다. ") + 1 <= 4] == []


@needs_samples
def test_every_cited_article_is_in_the_statute(law_rows: list[dict[str, str]]) -> None:
    folder = Path(SAMPLES or "") / "law" / "statutes"
    files = {
        "민법": "민법__법률.md",
        "주택임대차보호법": "주택임대차보호법__법률.md",
        "주택임대차보호법 시행령": "주택임대차보호법__시행령.md",
    }
    articles = {law: _headings((folder / name).read_text("utf-8")) for law, name in files.items()}
    unknown = [
        (law, article) for row in law_rows for law, article in _cited(row["answer"]) if article not in articles[law]
    ]
    assert unknown == []


def _bare(name: str) -> str:
    return re.sub(r"주식회사|\(주\)|㈜|\s", "", name)


def _cited(answer: str) -> Iterable[tuple[str, str]]:
    """Yield (law, article) for every article named, each under the law named last before it."""
    for match in ARTICLE.finditer(answer):
        laws = LAW_NAME.findall(answer[: match.start()])
        if laws:
            yield laws[-1], match[0]


def _headings(text: str) -> set[str]:
    return {match[0] for match in re.finditer(r"(?<=^##### )제\d+조(?:의\d+)?", text, re.MULTILINE)}
