from __future__ import annotations

import pytest

from pipelines.readers.accounting import Account
from pipelines.readers.status import status_of


@pytest.mark.parametrize(
    ("repairs", "unaccounted", "status"),
    [
        ({}, 0, "OK"),
        ({"&cr; as line break": 37, "blank entities": 2, "comments dropped": 1}, 0, "OK"),
        ({"&cr; as line break": 37, "bare & escaped": 1}, 0, "REPAIRED"),
        ({"unclosed elements closed": 1}, 0, "REPAIRED"),
        ({"undecodable bytes replaced": 1}, 0, "RECOVERED"),
        ({"document cut short": 1}, 0, "RECOVERED"),
        ({}, 1, "RECOVERED"),
    ],
)
def test_what_each_repair_makes_of_a_document(repairs: dict[str, int], unaccounted: int, status: str) -> None:
    account = Account(source=10, output=10 - unaccounted, left_out={}, unaccounted=unaccounted)
    assert status_of(repairs, account) == status
