from __future__ import annotations

import random
import re

import pytest

from pipelines.readers.balance import CUT_SHORT, balance
from pipelines.readers.hardened import parse


@pytest.mark.parametrize(
    ("text", "balanced", "made"),
    [
        ("<DOCUMENT><P>가</DOCUMENT>", "<DOCUMENT><P>가</P></DOCUMENT>", {"unclosed elements closed": 1}),
        ("<DOCUMENT></SPAN>가</DOCUMENT>", "<DOCUMENT>가</DOCUMENT>", {"end tags dropped": 1}),
        ("<DOCUMENT><P>가<TD WID", "<DOCUMENT><P>가&lt;TD WID</P></DOCUMENT>",
         {"unclosed elements closed": 2, "unfinished tags escaped": 1, CUT_SHORT: 1}),
        ("<DOCUMENT><PGBRK><P>가</P></DOCUMENT>", "<DOCUMENT><PGBRK></PGBRK><P>가</P></DOCUMENT>",
         {"unclosed elements closed": 1}),
        ("<DOCUMENT><TABLE><TR><TD>1<TD>2<TR><TD>3</TABLE></DOCUMENT>",
         "<DOCUMENT><TABLE><TR><TD>1</TD><TD>2</TD></TR><TR><TD>3</TD></TR></TABLE></DOCUMENT>",
         {"unclosed elements closed": 5}),
    ],
)  # fmt: skip
def test_tags_are_put_in_order(text: str, balanced: str, made: dict[str, int]) -> None:
    assert balance(text) == (balanced, made)


def test_a_well_formed_text_stays_as_it_is() -> None:
    text = '<DOCUMENT><P A="1">가<IMG/></P><TABLE><TR><TD><TABLE><TR><TD>1</TD></TR></TABLE></TD></TR></TABLE></DOCUMENT>'
    assert balance(text) == (text, {})


def test_any_mixture_of_tags_becomes_well_formed_and_keeps_its_text() -> None:
    rng = random.Random(11)
    names = ("P", "SPAN", "TD", "TR", "TABLE", "TBODY", "TITLE", "SECTION-1", "COL", "PGBRK")
    for _ in range(300):
        parts = [rng.choice((f"<{rng.choice(names)}>", f"</{rng.choice(names)}>", "가", "나")) for _ in range(40)]
        text = "<DOCUMENT>" + "".join(parts)
        root = parse(balance(text)[0])
        assert "".join(str(part) for part in root.itertext()) == re.sub("<[^<>]*>", "", text)
