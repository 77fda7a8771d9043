"""Sections VI, VIII and IX of a filing: the board, the employees and the affiliates."""

from __future__ import annotations

import random

from pipelines.samples.figures import split
from pipelines.samples.filing import Filing
from pipelines.samples.markup import Cell, head, number, p, section, table, table_group

BOARD = "VI. 이사회 등 회사의 기관에 관한 사항 > 1. 이사회에 관한 사항"
STAFF = "VIII. 임원 및 직원 등에 관한 사항 > 1. 임원 및 직원 등의 현황"
AFFILIATES = "IX. 계열회사 등에 관한 사항"


def board_section(filing: Filing) -> str:
    """Return VI. 이사회 등 회사의 기관에 관한 사항."""
    total, outside = filing.company["board"][filing.year]
    rng = random.Random(f"board-{filing.company['key']}-{filing.year}")
    meetings = rng.randrange(6, 19)
    key = "board" if outside else "board_inside"
    rows = [
        [head("이사의 수", rowspan=2), head("사외이사 수", rowspan=2), head("사외이사 변동현황", colspan=3)],
        [head("선임"), head("해임"), head("중도퇴임")],
        [number(str(total)), number(filing.amount(outside)), number("-"), number("-"), number("-")],
    ]
    parts = [
        filing.title("1. 이사회에 관한 사항", note="D-0-6-1-0"),
        p(),
        p(filing.say(key, 이사=total, 사외=outside, 사내=total - outside)),
        table_group("OUT_DIR", [*filing.lead("사외이사 및 그 변동현황", "명"), table(rows, [120] * 5, header_rows=2)]),
        p(filing.say("board_after", 1, 회의=meetings)),
        p(),
    ]
    filing.state("이사의 수", total, "명", BOARD)
    filing.state("사외이사 수", outside, "명", BOARD)
    filing.state("이사회 개최 횟수", meetings, "회", BOARD)
    return section(1, [filing.title("VI. 이사회 등 회사의 기관에 관한 사항"), section(2, parts)])


def staff_section(filing: Filing) -> str:
    """Return VIII. 임원 및 직원 등에 관한 사항, with the head count by segment and sex."""
    company, year = filing.company, filing.year
    staff, segments = company["staff"], company["segments"]
    rng = random.Random(f"staff-{company['key']}-{year}")
    total = staff["count"][year]
    women = round(total * staff["female"])
    weights = [rng.uniform(2, 5) for _ in segments]
    counts = {"남": split(total - women, weights), "여": split(women, weights)}
    header = ["사업부문", "성별", "직원수", "평균근속연수", "연간급여총액", "1인평균급여액"]
    rows = [[head(text) for text in header]]
    paid_total, years_total = 0, 0.0
    for index, segment in enumerate(segments):
        for order, sex in enumerate(("남", "여")):
            count = counts[sex][index]
            tenure = round(staff["tenure"][year][order] * rng.uniform(0.93, 1.07), 1)
            average = round(staff["pay"][year][order] * rng.uniform(0.94, 1.06))
            paid = count * average + rng.randrange(-count // 3, count // 3 + 1)
            paid_total += paid
            years_total += count * tenure
            first = [Cell(text=filing.fill(segment), align="CENTER", rowspan=2)] if order == 0 else []
            code = Cell(text=sex, tag="TU", align="CENTER", extra=f'AUNIT="EMP_SEX" AUNITVALUE="{order + 1}"')
            rows.append(
                [
                    *first,
                    code,
                    number(f"{count:,}", acode="EMP_CN"),
                    number(f"{tenure}", acode="EMP_AVY"),
                    number(f"{paid:,}", acode="EMP_AIC"),
                    number(f"{round(paid / count)}" if count else "-", acode="EMP_VIC"),
                ]
            )
    tenure, average = f"{years_total / total:.1f}", round(paid_total / total)
    rows.append(
        [
            Cell(text="합 계", align="CENTER", colspan=2),
            number(f"{total:,}", acode="EMP_CNT"),
            number(tenure, acode="EMP_AVYT"),
            number(f"{paid_total:,}", acode="EMP_AICT"),
            number(f"{average}", acode="EMP_VICT"),
        ]
    )
    base = Cell(text=f"{year}년 12월 31일", tag="TU", extra=f'AUNIT="BASE_DT" AUNITVALUE="{year}1231"')
    money = Cell(text="(단위 : 백만원)", tag="TU", align="RIGHT", extra='AUNIT="WON" AUNITVALUE="3"')
    basis = table([[Cell(text="(기준일 : "), base, Cell(text=")"), money]], [71, 143, 117, 300], border=0)
    grid = table(rows, [120, 60, 90, 110, 120, 110], header_rows=1, aclass="EXTRACTION")
    for item, value, unit in (
        ("직원 수", total, "명"),
        ("평균 근속연수", tenure, "년"),
        ("연간급여총액", paid_total, "백만원"),
        ("1인평균 급여액", average, "백만원"),
    ):
        filing.state(item, value, unit, STAFF)
    parts = [
        filing.title("1. 임원 및 직원 등의 현황", note="D-0-8-1-0"),
        p(),
        p(filing.say("staff")),
        table_group("EMPLOYEE", [basis, grid]),
        p(filing.say("staff_after", 2)),
        p(),
    ]
    return section(1, [filing.title("VIII. 임원 및 직원 등에 관한 사항"), section(2, parts)])


def affiliates_section(filing: Filing) -> str:
    """Return IX. 계열회사 등에 관한 사항."""
    listed, unlisted = filing.company["affiliates"][filing.year]
    total = listed + unlisted
    rows = [
        [head("기업집단의 명칭", rowspan=2), head("계열회사의 수", colspan=3)],
        [head("상장"), head("비상장"), head("계")],
        [
            Cell(text="-" if filing.style["voice"] % 2 else filing.company["legal"], align="CENTER"),
            number(filing.amount(listed)),
            number(f"{unlisted}"),
            number(f"{total}"),
        ],
    ]
    filing.state("계열회사 수", total, "개", AFFILIATES)
    filing.state("상장 계열회사 수", listed, "개", AFFILIATES)
    filing.state("비상장 계열회사 수", unlisted, "개", AFFILIATES)
    parts = [
        filing.title("IX. 계열회사 등에 관한 사항", note="D-0-9-0-0"),
        p(),
        p(filing.say("affiliates", 계열=total, 상장사=listed, 비상장사=unlisted)),
        *filing.lead("가. 계열회사 현황(요약)", "사"),
        table(rows, [240, 120, 120, 120], header_rows=2),
        p(),
    ]
    return section(1, parts)
