"""The page's Korean words for what the code names in English: verdicts, filters, retrievers, timings, errors."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mundap.errors import (
    ConfigError,
    DataError,
    GenerationError,
    IndexMismatch,
    LaunchError,
    MissingExtra,
    ModelError,
    MundapError,
    ResourceError,
)

STATUS: Mapping[str, str] = {
    "verified": "근거 확인됨",
    "repaired": "인용 바로잡음",
    "struck": "일부 문장 제외",
    "declined": "문서에 없음",
    "flagged": "확인 필요",
}
FILTERS: Mapping[str, str] = {
    "company": "회사",
    "fiscal_year": "연도",
    "doc_type": "문서 종류",
    "category": "분류",
    "section": "항목",
    "product": "상품",
    "law": "법령",
    "region": "지역",
    "quarter": "분기",
}
RETRIEVERS: Mapping[str, str] = {"dense": "의미 검색", "bm25": "단어 검색"}
TIMINGS: Mapping[str, str] = {
    "retrieve": "검색",
    "first_token": "첫 글자",
    "generate": "생성",
    "verify": "대조",
    "total": "전체",
}
ERRORS: Mapping[type[MundapError], str] = {
    ConfigError: "설정에 잘못된 곳이 있습니다",
    DataError: "자료를 읽을 수 없습니다",
    ModelError: "모델을 불러올 수 없습니다",
    IndexMismatch: "색인이 없거나 설정과 맞지 않습니다",
    LaunchError: "모델 프로세스를 시작할 수 없습니다",
    GenerationError: "모델이 답을 내지 못했습니다",
    ResourceError: "필요한 자원을 쓸 수 없습니다",
    MissingExtra: "필요한 패키지가 없습니다",
}
# rag.checks.verify gives a sentence's failure in English; a reason it words otherwise is shown as it is.
_REASONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^(?P<quoted>['\"].*['\"]) stands in no passage$"), "{quoted}: 찾은 문서 어디에도 없습니다"),
    (re.compile(r"^the figure stands in the passage, but for something else"),
     "문서에 있으나 질문과 다른 항목의 수치입니다"),
    (re.compile(r"^it does not give the figure asked for$"), "물어본 수치가 답에 없습니다"),
    (re.compile(r"^it gives the figure of one of the years"), "물어본 해나 이름 가운데 하나의 수치만 있습니다"),
    (re.compile(r"^no passage supports the sentence$"), "이 문장을 뒷받침하는 문서가 없습니다"),
)


def filter_name(name: str) -> str:
    """Return a metadata field's name in Korean; the field itself where there is none."""
    return FILTERS.get(name, name)


def retriever(name: str) -> str:
    """Return who found a hit: "dense+bm25" is "의미 검색, 단어 검색"."""
    return ", ".join(RETRIEVERS.get(part, part) for part in name.split("+"))


def error_title(error: MundapError) -> str:
    """Return the heading of an error's message box."""
    return next((title for kind, title in ERRORS.items() if isinstance(error, kind)), "작업을 마치지 못했습니다")


def reason(text: str) -> str:
    """Return why a sentence was taken out."""
    for pattern, words in _REASONS:
        found = pattern.match(text)
        if found:
            return words.format(**found.groupdict())
    return text
