"""Encodings by strict decoding: every one a Korean office saves in, and a named error for anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from mundap.errors import DataError
from pipelines.tabular import encoding as module
from pipelines.tabular.encoding import Encoding, detect

TEXT = "연도,상병,환자수\n2023,급성 충수염,\"41,106\"\n" * 3


def write(folder: Path, data: bytes) -> Path:
    path = folder / "a.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("codec", "name"), [
    ("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("euc-kr", "euc-kr"), ("cp949", "euc-kr"), ("utf-16", "utf-16-le"),
    ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be")])
def test_what_it_was_saved_in(tmp_path: Path, codec: str, name: str) -> None:
    assert detect(write(tmp_path, TEXT.encode(codec)), "a.csv").name == name


def test_cp949_is_told_from_its_subset_by_a_syllable_beyond_it(tmp_path: Path) -> None:
    assert detect(write(tmp_path, (TEXT + "뷁,펲\n").encode("cp949")), "a.csv").name == "cp949"


def test_a_letter_cut_by_the_end_of_a_block_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, ("가나다라마바사아" * 40).encode())
    for size in (16, 17, 18, 19):
        monkeypatch.setattr(module, "BLOCK", size)
        assert detect(path, "a.csv").name == "utf-8"


def test_korean_after_pages_of_ascii_decides(tmp_path: Path) -> None:
    path = write(tmp_path, b"1,2,3\n" * 1_000_000 + "합계,2,3\n".encode("euc-kr"))
    assert detect(path, "a.csv").name == "euc-kr"


def test_decomposed_text_is_seen(tmp_path: Path) -> None:
    import unicodedata

    assert detect(write(tmp_path, unicodedata.normalize("NFD", TEXT).encode()), "a.csv").decomposed
    assert not detect(write(tmp_path, TEXT.encode()), "a.csv").decomposed


@pytest.mark.parametrize(("data", "said"), [
    (b"", "a.csv: the file is empty."),
    (b"a,b\n1,\x002\n", "a.csv: row 2: the file holds NUL bytes, so it is damaged or no text."),
    (TEXT.encode("utf-32"), "a.csv: the file is UTF-32."),
    (TEXT.encode() + b"\xff", "a.csv: row 7: the bytes ff are not utf-8 text, and no other encoding fits.\n"
                              "  The file is UTF-8 but for some bytes: save it again as CSV UTF-8."),
    (b"a,b\n\x81\x20\xff\xff,1\n", "a.csv: row 2: the bytes 81 are not cp949 text, and no other encoding fits."),
])
def test_errors_name_row_and_bytes(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(DataError) as caught:
        detect(write(tmp_path, data), "a.csv")
    assert str(caught.value).startswith(said) and caught.value.fix


def test_a_given_encoding_is_checked(tmp_path: Path) -> None:
    path = write(tmp_path, TEXT.encode("cp949"))
    assert detect(path, "a.csv", "cp949") == Encoding(name="cp949")
    with pytest.raises(DataError, match="row 1: the bytes .* are not utf-8 text"):
        detect(path, "a.csv", "utf-8")
    with pytest.raises(DataError, match="encoding: 'korean9' is not known.\n  Name one of: utf-8"):
        detect(path, "a.csv", "korean9")
