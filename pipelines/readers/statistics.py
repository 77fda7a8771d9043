"""Tables of public statistics as Readings, one for each group of rows; `facts:` says which columns are what.

    진료년도,주상병코드,성별,입원외래구분,환자수,명세서청구건수
    2023,K35,남,입원,31 ,36

options: facts, title, publisher, date, and the table reader's encoding, sheet and header_row. A file name such as
"건강보험심사평가원_3단상병별 성별 입원외래별 통계_20231231.csv" gives publisher, title and date that are not named.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mundap import paths
from pipelines.reading import Reading

_log = logging.getLogger(__name__)


def read(path: Path, project: Path, options: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield one Reading for each group of the table, or of all tables below a folder together.

    Raises:
        ConfigError: facts is missing or wrong.
        DataError: a file cannot be read, lacks a column, repeats a row, or differs in a unit from another.
    """
    from pipelines.statistics.dataset import read_dataset  # they use this package's numerals
    from pipelines.statistics.documents import readings

    data = read_dataset(path, project, options)
    for told in data.warnings:
        _log.warning("%s", told)
    yield from readings(data, paths.show(path, project))
