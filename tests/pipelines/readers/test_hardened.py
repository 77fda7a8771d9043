from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.readers.hardened import XmlProblem, parse, parse_recovering


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>',
        "<a>" * 300 + "</a>" * 300,
        "<a><b></a>",
        "<a>&unknown;</a>",
        "",
    ],
)
def test_what_is_hostile_or_broken_is_refused(text: str) -> None:
    with pytest.raises(XmlProblem):
        parse(text)


def test_an_external_entity_is_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    text = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]><a>&x;</a>'
    with pytest.raises(XmlProblem):
        parse(text)
    assert parse_recovering(text) is None


def test_the_line_of_the_first_problem_is_named() -> None:
    with pytest.raises(XmlProblem) as caught:
        parse("<a>\n\n<b></a>")
    assert caught.value.line == 3
