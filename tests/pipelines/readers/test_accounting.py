from __future__ import annotations

from lxml import etree

from pipelines.readers.accounting import Tally, account


def test_what_is_printed_twice_and_left_out_is_reckoned_with() -> None:
    tally = Tally()
    tally.repeat("구분", 2)
    tally.leave_out("TOC", "목차 1")
    told = account("구분 1\n목차 1", "구분|구분|구분 1".replace("|", " "), tally)
    assert (told.source, told.output, dict(told.left_out), told.unaccounted, told.surplus) == (6, 3, {"TOC": 3}, 0, 0)
    assert told.as_fields() == {"source": 6, "output": 3, "left_out": {"TOC": 3}, "unaccounted": 0}


def test_a_missing_piece_is_named_with_its_line() -> None:
    root = etree.fromstring("<D>\n<P>있는 글</P>\n<P>없는 글</P><P>있는 글</P></D>")
    told = account("있는 글 없는 글 있는 글", "있는 글\n있는 글", Tally(), root)
    assert told.unaccounted == 3 and dict(told.missing) == {"글": 1, "는": 1, "없": 1}
    assert told.pieces == ("line 3: 없는 글",)
    assert told.as_fields()["missing"] == ["line 3: 없는 글"]


def test_one_lost_sign_is_noticed_though_the_sign_stands_elsewhere() -> None:
    told = account("- - -", "- -", Tally())
    assert told.unaccounted == 1 and dict(told.missing) == {"-": 1}


def test_letters_that_only_change_their_form_are_not_missing() -> None:
    assert account("Ⅱ. 사업 e\u0301", "II. 사업 é", Tally()).unaccounted == 0
    assert account("𠀀", "", Tally()).unaccounted == 2  # its two UTF-16 halves
