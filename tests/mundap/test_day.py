"""Days as people type them."""

from __future__ import annotations

import pytest

from mundap.day import iso, read_day
from mundap.errors import DataError


@pytest.mark.parametrize("text", ["2023-06-30", "20230630", "2023.6.30", "2023. 6. 30.", "2023/06/30", "2023년 6월 30일",
                                  " 2023-6-30 "])
def test_a_day_is_read_however_it_is_typed(text: str) -> None:
    assert read_day(text, where="as_of") == 20230630


@pytest.mark.parametrize(("text", "said"), [
    ("2023-02-30", "there is no day '2023-02-30'"), ("20231301", "there is no day '20231301'"),
    ("2023-06", "'2023-06' is not a day"),
    ("어제", "'어제' is not a day"), ("", "'' is not a day"), ("0203-06-30", "the year 203 is not between 1900 and 2100"),
    ("２０２３-06-30", "is not a day"), ("2023-06-30T00", "is not a day")])
def test_what_is_no_day_is_an_error_that_shows_one(text: str, said: str) -> None:
    with pytest.raises(DataError) as raised:
        read_day(text, where="--as-of")
    assert str(raised.value).startswith("--as-of: ") and said in str(raised.value) and "2023-06-30" in raised.value.fix


def test_a_day_is_shown_as_it_may_be_typed() -> None:
    assert iso(20230630) == "2023-06-30" and iso(None) is iso(0) is None
    assert read_day(str(iso(20230105)), where="") == 20230105
