"""mundap.day: days read from what people type, and written for them."""

from __future__ import annotations

import pytest

from mundap.day import read, written
from mundap.errors import ConfigError


@pytest.mark.parametrize(("text", "day"), [
    ("2023-06-30", 20230630), ("20230630", 20230630), ("2023.6.30.", 20230630), ("2023년 6월 30일", 20230630),
    (" 2024/2/29 ", 20240229),
])
def test_a_day_as_people_type_it(text: str, day: int) -> None:
    assert read(text) == day and read(written(day)) == day


@pytest.mark.parametrize("text", ["2023-02-29", "2023", "2023-06", "20230", "2023063", "yesterday", "", "2023-13-01", "202306300"])
def test_what_is_no_day_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError, match="2024-03-09"):
        read(text)


@pytest.mark.parametrize("day", [0, -1, 2023])
def test_no_day_is_written_as_nothing(day: int) -> None:
    assert written(day) == ""
