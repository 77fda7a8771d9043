"""Particles that fit, morphemes, sentences."""

from __future__ import annotations

import unicodedata

import pytest

from mundap.korean import has_final_consonant, josa, morphemes, morphemes_of, nfc, sentences


@pytest.mark.parametrize(("word", "pair", "fitted"), [
    ("매출액", "은/는", "매출액은"), ("회사", "은/는", "회사는"),
    ("매출액", "이/가", "매출액이"), ("자산총계", "이/가", "자산총계가"),
    ("매출액", "을/를", "매출액을"), ("부채", "을/를", "부채를"),
    ("매출액", "과/와", "매출액과"), ("자본", "과/와", "자본과"), ("부채", "과/와", "부채와"),
    ("매출액", "으로/로", "매출액으로"), ("회사", "으로/로", "회사로"),
    ("서울", "으로/로", "서울로"), ("1", "으로/로", "1로"), ("3", "으로/로", "3으로"),   # ㄹ takes 로
    ("8", "은/는", "8은"), ("2", "은/는", "2는"), ("50%", "은/는", "50%는"),
    ("EBITDA", "은/는", "EBITDA는"), ("MRL", "은/는", "MRL은"),
    ("영업이익(손실)", "은/는", "영업이익(손실)은"), ("가온(주)", "이/가", "가온(주)이"),   # brackets are passed over
    ("얼마", "이에요/예요", "얼마예요"), ("몇 명", "이에요/예요", "몇 명이에요"),
])
def test_a_particle_fits_the_last_sound(word: str, pair: str, fitted: str) -> None:
    assert josa(word, pair) == fitted


def test_a_word_without_letters_has_no_final_consonant() -> None:
    assert not has_final_consonant("") and not has_final_consonant("()")
    assert has_final_consonant("매출액 (연결)")


def test_morphemes_are_content_words_lower_cased_in_nfc() -> None:
    assert morphemes("매출액이 늘었다 ABC") == ("매출액", "늘", "abc")
    assert morphemes(unicodedata.normalize("NFD", "매출액이")) == ("매출액",)
    assert list(morphemes_of(["매출액이 늘었다", "ABC"])) == [("매출액", "늘"), ("abc",)]


def test_sentences_do_not_end_inside_a_number() -> None:
    assert sentences("매출액은 1,234.5백만원입니다. 이익은 늘었다.") == ["매출액은 1,234.5백만원입니다.", "이익은 늘었다."]
    assert sentences("  ") == []


def test_nfc_joins_letters() -> None:
    assert nfc("가") == "가" and len(nfc("가")) == 1
