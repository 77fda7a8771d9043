"""Facts against OpenDART's accounts: units, rounding, parts of a year, signs, ambiguous names, what is reported."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mundap.errors import DataError
from pipelines.crosscheck import Disagreement, account_key, crosscheck, read_accounts
from pipelines.reading import Fact


def fact(item: str, value: str, unit: str = "백만원", *, year: int = 2024, period: str = "", basis: str = "연결") -> Fact:
    return Fact(company="가온누리전자", fiscal_year=year, period=period, item=item, value=value, unit=unit, basis=basis,
                locator="table 3, row 2, column 2")  # fmt: skip


def account(name: str, amount: str, **more: str) -> dict[str, Any]:
    return {"bsns_year": "2024", "reprt_code": "11011", "fs_div": "CFS", "sj_div": "IS", "account_id": "",
            "account_nm": name, "thstrm_amount": amount} | more  # fmt: skip


def test_units_and_rounding_are_allowed_for_and_what_differs_is_listed() -> None:
    accounts = [
        account("매출액", "3,007,749,999,999", frmtrm_amount="2589400000000"),
        account("영업이익(손실)", "-326,700,000,000"),
        account("재고자산", "77", sj_div="BS", currency="USD"),
    ]
    facts = [
        fact("매출액", "3,007,749"),
        fact("매출액", "3,007,750"),
        fact("매출액", "30,077.5", "억원"),
        fact("매출액", "2,589,400", year=2023),
        fact("영업이익", "326,700"),
        fact("매출액", "3,007,749", basis="별도"),
        fact("직원수", "12", "명"),
        fact("재고자산", "77", "원"),
    ]
    found = crosscheck(facts, accounts)
    assert found.checks == ("agrees", "agrees", "agrees", "agrees", "differs", "", "", "")
    assert found.disagreements == (
        Disagreement(
            company="가온누리전자", fiscal_year=2024, period="", basis="연결", item="영업이익", ours="326,700백만원",
            theirs="-326,700,000,000", locator="table 3, row 2, column 2",
        ),
    )  # fmt: skip


def test_interim_columns_are_three_months_the_time_from_the_first_day_or_a_balance() -> None:
    half = {"reprt_code": "11012"}
    accounts = [
        account("매출액", "200", thstrm_add_amount="390", frmtrm_q_amount="150", frmtrm_add_amount="310", **half),
        account("자산총계", "1000", frmtrm_amount="900", sj_div="BS", **half),
        account("영업활동현금흐름", "55", sj_div="CF", **half),
    ]
    facts = [
        fact("매출액", "200", "원", period="2분기"),
        fact("매출액", "390", "원", period="상반기"),
        fact("매출액", "200", "원", period="상반기"),
        fact("매출액", "310", "원", period="상반기", year=2023),
        fact("매출액", "200", "원"),
        fact("자산총계", "1,000", "원", period="반기말"),
        fact("자산총계", "900", "원", year=2023),
        fact("영업활동현금흐름", "55", "원", period="상반기"),
    ]
    assert crosscheck(facts, accounts).checks == (
        "agrees", "agrees", "differs", "agrees", "", "agrees", "agrees", "agrees",
    )  # fmt: skip


def test_a_payment_may_bear_either_sign_and_a_shared_name_is_left_open() -> None:
    accounts = [
        account("유형자산의 취득", "500", sj_div="CF"),
        account("기타", "7", sj_div="BS"),
        account("기타", "8", sj_div="BS"),
        account("기초자본", "9", sj_div="SCE"),
    ]
    facts = [fact("유형자산의 취득", "-500", "원"), fact("기타", "8", "원"), fact("기타", "9", "원"), fact("기초자본", "1", "원")]
    assert crosscheck(facts, accounts).checks == ("agrees", "agrees", "", "")


def test_accounts_are_found_by_name_and_by_standard_id() -> None:
    assert account_key("Ⅰ. 영업이익 (손실) (주21)") == account_key("영업이익") == "영업이익"
    assert account_key("연결당기순이익") == "당기순이익"
    accounts = [account("I. 수익", "100", account_id="ifrs-full_Revenue")]
    assert crosscheck([fact("매출액", "100", "원"), fact("영업수익", "90", "원")], accounts).checks == ("agrees", "differs")


def test_the_folder_that_collecting_wrote_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "accounts" / "00999999"
    folder.mkdir(parents=True)
    row = {"sj_div": "BS", "account_nm": "자산총계", "thstrm_amount": "5"}
    (folder / "2024_11012_OFS.json").write_text(json.dumps({"status": "000", "list": [row]}), encoding="utf-8")
    (folder / "2024_11012_CFS.json").write_text(json.dumps({"status": "013", "message": "none"}), encoding="utf-8")
    rows = read_accounts(tmp_path, "00999999")
    assert rows == [{"bsns_year": "2024", "reprt_code": "11012", "fs_div": "OFS"} | row]
    assert read_accounts(tmp_path, "00000001") == []
    (folder / "2023_11011_OFS.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="accounts/00999999/2023_11011_OFS.json"):
        read_accounts(tmp_path, "00999999")


@pytest.mark.skipif("MUNDAP_SAMPLES" not in os.environ, reason="MUNDAP_SAMPLES is unset: no real answers here")
def test_a_real_answer() -> None:
    folder = Path(os.environ["MUNDAP_SAMPLES"]) / "dart" / "api"
    rows = json.loads((folder / "fnlttSinglAcntAll_samsung_2024.json").read_text(encoding="utf-8"))["list"]
    facts = [fact("매출액", "3,007,700"), fact("당기순이익", "154,000", year=2023), fact("자산총계", "5,145,001"),
             fact("자본총계", "3,330,000", year=2022)]  # fmt: skip
    assert crosscheck(facts, rows).checks == ("agrees", "agrees", "differs", "agrees")
