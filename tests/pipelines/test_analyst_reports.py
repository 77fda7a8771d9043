"""The invented analyst reports: rebuilt byte for byte, true to their companies' filings, and right in their arithmetic."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from pipelines.samples import analyst_reports
from pipelines.samples.analyst_reports import reports, table_rows
from pipelines.samples.figures import UNIT_WON

RAW = Path(__file__).parents[2] / "datasets" / "raw"
REPORTS = pytest.mark.parametrize("report", reports(), ids=lambda report: report["key"])


def forecast_of(report: dict[str, Any], item: str, at: int) -> float:
    return float(report["forecast"][item][at])


def test_the_script_rebuilds_the_committed_files_byte_for_byte(tmp_path: Path) -> None:
    pytest.importorskip("reportlab", reason="reportlab is a development dependency")
    written = analyst_reports.write_all(tmp_path)
    assert len(written) == 2
    for path in written:
        committed = RAW / "dart" / "analyst" / path.name
        assert path.read_bytes() == committed.read_bytes(), path.name
        assert b"/FontFile" not in committed.read_bytes()       # no font is embedded


@REPORTS
def test_actual_years_are_those_of_the_filings(report: dict[str, Any]) -> None:
    with (RAW / "demo" / "dart_truth.csv").open(encoding="utf-8", newline="") as file:
        truth = {(row["item"], row["fiscal_year"]): int(row["value"]) * UNIT_WON.get(row["unit"], 1)
                 for row in csv.DictReader(file)
                 if row["company"] == report["company"]["name"] and row["rcept_no"].startswith("2025")
                 and "요약재무정보" in row["section"]}
    head, *rows = table_rows(report)
    table = {(row[0], year): cell for row in rows for year, cell in zip(head[1:], row[1:], strict=True)}
    for item in ("매출액", "영업이익", "당기순이익"):
        for year in ("2022", "2023", "2024"):
            assert abs(int(table[item, f"{year}A"].replace(",", "")) - truth[item, year] / 1e8) <= 0.5, (item, year)
    assert table["EPS(원)", "2024A"] == f"{truth['주당순이익', '2024']:,}"


@REPORTS
def test_target_and_multiples_follow_from_the_forecasts(report: dict[str, Any]) -> None:
    box, price, shares = dict(report["box"]), report["price"], report["shares"]
    assert box["상승여력"] == f"{(report['target'] / price - 1) * 100:.1f}%"
    assert box["시가총액"] == f"{price * shares / 1e8:,.0f}억원"
    assert report["shares"] == report["company"]["shares"]
    for at in (0, 1):
        eps = forecast_of(report, "EPS(원)", at)
        assert abs(eps - forecast_of(report, "당기순이익", at) * 1e8 / shares) < 1
        assert forecast_of(report, "PER(배)", at) == round(price / eps, 1)
        assert forecast_of(report, "PBR(배)", at) == round(price / forecast_of(report, "BPS(원)", at), 1)
        assert forecast_of(report, "매출액", at) > forecast_of(report, "영업이익", at) > forecast_of(report, "당기순이익", at)
    words = "".join(text for page in report["pages"] for section in page["sections"] for text in section["text"])
    assert f"{report['target']:,}원" in words
    if "PER 16.0배" in words:
        assert round(16.0 * forecast_of(report, "EPS(원)", 0), -3) == report["target"]
    else:
        assert round((650e8 * 9.0 + 460e8) / shares, -3) == report["target"]


@REPORTS
def test_figures_of_the_past_in_the_words_are_the_companys(report: dict[str, Any]) -> None:
    rows = {row[0]: row[1:] for row in table_rows(report)}
    words = " ".join(text for page in report["pages"] for section in page["sections"] for text in section["text"])
    assert f"2024년 매출액은 {rows['매출액'][2]}억원" in words
    assert f"{rows['매출 증감률(%)'][2]}% 늘었고" in words
    assert f"{rows['영업이익'][2]}억원" in words
    for at, year in enumerate(report["forecast"]["year"]):
        assert f"{year[:4]}년 매출액" in words and f"{forecast_of(report, '매출액', at):,.0f}억원" in words
