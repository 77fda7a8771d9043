"""Two invented tables in the shape of HIRA's open statistics, for configs/hira/data.yaml; every figure is made up.

    python -m pipelines.samples.hira_tables datasets/raw/hira

Like the real files they have a title line, a blank after every figure, and no thousands separators; codes are real,
so that a question reads like one.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

from pipelines.manifest import write_text

YEARS = (2021, 2022, 2023)
DISEASES = ("A09", "B34", "C16", "C50", "E11", "E78", "F32", "G43", "H10", "H25", "I10", "I20", "I63", "J00", "J20", "J30",
            "J45", "K02", "K05", "K21", "K29", "K35", "L20", "M17", "M54", "N18", "N40", "S82", "Z51")
ONE_SEX = {"N40": "남"}
PROCEDURES = ("AA154", "AA254", "MM015", "MM301", "HA010", "HE135", "LA221", "U2233")
PROVINCES = {"서울": 94, "부산": 33, "대구": 24, "인천": 30, "광주": 14, "대전": 14, "울산": 11, "세종": 4, "경기": 136,
             "강원": 15, "충북": 16, "충남": 21, "전북": 17, "전남": 18, "경북": 26, "경남": 33, "제주": 7}
_TITLE = "예시 통계 (가상의 수치): {}"


def diseases(seed: int) -> Iterator[str]:
    """Yield the lines of the table of diseases by sex and by inpatients and outpatients."""
    yield _TITLE.format("3단상병별 성별 입원외래별 통계 (2021-2023년)")
    yield "진료년도,주상병코드,성별,입원외래구분,환자수,명세서청구건수,입내원일수,보험자부담금(선별포함),요양급여비용총액(선별포함)"
    rng = random.Random(f"{seed}:diseases")
    for code in DISEASES:
        size = round(10 ** rng.uniform(3.2, 6.4))
        for year in YEARS:
            size = round(size * rng.uniform(0.88, 1.15))
            for sex in ("남", "여"):
                if ONE_SEX.get(code, sex) != sex:
                    continue
                for kind, share, days, cost in (("외래", 0.93, 1.1, 24_000), ("입원", 0.07, 6.4, 310_000)):
                    patients = max(3, round(size * share * rng.uniform(0.4, 0.6)))
                    claims = round(patients * rng.uniform(1.3, 2.8))
                    visits = round(claims * days * rng.uniform(0.95, 1.1))
                    total = round(visits * cost * rng.uniform(0.7, 1.5)) // 10 * 10
                    paid = round(total * rng.uniform(0.62, 0.84)) // 10 * 10
                    yield f"{year},{code},{sex},{kind},{patients} ,{claims} ,{visits} ,{paid} ,{total} "


def procedures(seed: int) -> Iterator[str]:
    """Yield the lines of the table of procedures by province."""
    yield _TITLE.format("의료행위별 시도별 건강보험 진료 통계 (2022-2023년)")
    yield "진료년도,시도,행위코드,환자수,명세서건수,의료행위총사용량,의료행위청구금액"
    rng = random.Random(f"{seed}:procedures")
    for code in PROCEDURES:
        base, price = 10 ** rng.uniform(1.2, 3.6), rng.randrange(2_000, 90_000, 10)
        for year in YEARS[1:]:
            for province, people in PROVINCES.items():
                patients = max(1, round(base * people * rng.uniform(0.7, 1.3)))
                claims = round(patients * rng.uniform(1.0, 1.9))
                used = round(claims * rng.uniform(1.0, 1.4))
                yield f"{year},{province},{code},{patients},{claims},{used},{used * price}"


def write(folder: Path, seed: int = 42) -> list[Path]:
    """Write both tables and return their paths; the same seed gives the same bytes."""
    made = {"disease_by_sex.csv": diseases, "procedures_by_province.csv": procedures}
    return [write_text(folder / name, "\n".join(lines(seed)) + "\n") for name, lines in made.items()]


if __name__ == "__main__":
    write(Path(sys.argv[1]))
