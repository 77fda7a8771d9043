"""A data set as documents, one a group: what is counted, its rows as sentences and as a table, and what follows from them.

    건강보험심사평가원, 3단상병별 성별 입원외래별 통계 > 2023, 행 K35
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mundap.document import Document
from pipelines.reading import Block, Reading, Section
from pipelines.statistics.dataset import Dataset, Record
from pipelines.statistics.figures import cells, computed
from pipelines.statistics.wording import Word, fact, number, said, slice_words, subject

DOC_TYPE = "통계"


def readings(data: Dataset, where: str) -> Iterator[Reading]:
    """Yield one Reading for each group, in the order of the table."""
    for group, years in data.records.items():
        sections = tuple(_section(data, group, year, years[year]) for year in sorted(years))
        name = subject(data.spec, group)
        body = "\n\n".join(f"# {section.path[0]}\n\n" + "\n\n".join(block.text for block in section.blocks)
                           for section in sections)
        document = Document(
            doc_id=doc_id(data, group), title=data.full_title, source=where, publisher=data.publisher,
            date=data.date or max(years) * 10_000 + 1231, doc_type=DOC_TYPE, body=body,
            fields={"company": name, "category": data.spec.category, "years": ", ".join(map(str, sorted(years)))})
        yield Reading(document=document, sections=sections)


def doc_id(data: Dataset, group: str) -> str:
    """Return the id of a group's document."""
    return re.sub(r"[^\w\-.]+", "_", f"{data.name}-{group}")


def section_name(year: int, group: str) -> str:
    """Return the place in the table that a citation names after the title."""
    return f"{year}, 행 {group}"


def _section(data: Dataset, group: str, year: int, records: Sequence[Record]) -> Section:
    spec = data.spec
    facts = tuple(fact(spec, group, year, figure) for figure in (*cells(spec, records), *computed(spec, records)))
    units = ", ".join(f"{measure.say} {measure.unit}" for measure in spec.measures)
    intro = f"{data.title}, {year}년, {subject(spec, group)}."
    counted = f" {spec.counted.rstrip('.')}." if spec.counted else ""
    apart = [measure.say for measure in spec.measures if not measure.additive]
    note = f" {Word(', '.join(apart)):은/는} 한 사람이 여러 행에 셀 수 있어 더하지 않습니다." if apart else ""
    sentences = "\n".join(_sentence(data, group, year, record) for record in records)
    return Section(path=(section_name(year, group),), blocks=(
        Block(text=f"{intro}{counted} 단위는 {units}입니다.{note}\n{sentences}"),
        Block(text=_markdown(data, records), title=data.title, facts=facts)))


def _sentence(data: Dataset, group: str, year: int, record: Record) -> str:
    """Return one row as a sentence."""
    spec = data.spec
    told = [f"{Word(measure.say):은/는} {said(value, measure.unit)}" for measure in spec.measures
            if (value := record.values[measure.name]) is not None]
    what = spec.phrase.format(subject=subject(spec, group), slice=slice_words(spec, record.slice))
    return f"{year}년 {what} {', '.join(told)}입니다." if told else ""


def _markdown(data: Dataset, records: Sequence[Record]) -> str:
    spec = data.spec
    head = [*(key.name for key in spec.slices), *(f"{measure.say}({measure.unit})" for measure in spec.measures)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for record in records:
        values = [record.values[measure.name] for measure in spec.measures]
        row = [*record.slice, *("-" if value is None else number(value) for value in values)]
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)
