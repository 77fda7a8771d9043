"""A file's name from outside: shown safely, never a place on the disk."""

from __future__ import annotations

import pytest

from webui.uploads.names import clean_name, kind_of, title_of
from webui.uploads.refusal import Refused
from webui.words import LANGUAGES, words


@pytest.mark.parametrize(("sent", "shown"), [
    ("안내.txt", "안내.txt"),
    ("../../etc/passwd.txt", "passwd.txt"),
    ("..\\..\\windows\\a.csv", "a.csv"),
    ("/etc/shadow", "shadow"),
    ("..", ""), ("", ""), ("/", ""), (".txt", "txt"),
    ("a\x00b\n\r\tc.pdf", "a b c.pdf"),
    ("보고서\u202efdp.txt", "보고서fdp.txt"),
    ("a\u200b\ufeff.md", "a.md"),
    ("<img src=x onerror=alert(1)>.txt", "<img src=x onerror=alert(1)>.txt"),   # shown escaped, as any text
    ("가" * 500 + ".pdf", "가" * 100 + ".pdf"),
    ("a.pdf" + "x" * 5000, "a.pdf" + "x" * 8),
])
def test_a_name_is_one_line_of_seen_letters(sent: str, shown: str) -> None:
    assert clean_name(sent) == shown


def test_kinds_are_told_by_the_ending() -> None:
    assert kind_of("보고서.PDF") == ".pdf" and title_of("보고서.PDF") == "보고서"
    for name in ("a.docx", "a.zip", "a.exe", "a", "a.html", "a.pdf.js"):
        with pytest.raises(Refused) as raised:
            kind_of(name)
        assert raised.value.reason == "kind"
        for language in LANGUAGES:
            what, fix = raised.value.told(words(language))
            assert what and "PDF" in fix
