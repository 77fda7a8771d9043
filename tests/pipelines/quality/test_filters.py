"""Each filter on texts it must drop and on near misses it must keep."""

from __future__ import annotations

import inspect

import pytest
from quality_rows import DECLINE, INSTRUCTION, OUTPUT, judged, row

from mundap.schema_check import schema
from pipelines.quality.candidate import Candidate, passages_of
from pipelines.quality.registry import FILTERS
from pipelines.quality.truncated import ends_well

TRUNCATED = [
    "회사는 보험금을 지급하며",
    "진단서가 필요",
    "가입 전보다",
    "서류는 다음과 같습니다:",
    "보험금을 지급합니다...",
    "보험금은…",
    "다음 서류를 냅니다. 1.",
    "다음과 같습니다.\n2.",
    "보험금 지급 사유에 해당하는 경우 회사는 [1]",
    "해마다",
    "상대방은 삼성전자 Co.",
    "",
]
WHOLE = [
    "보험금을 지급합니다.",
    "보험금을 지급합니다. [1]",
    "보험금을 지급합니다 [1].",
    "보험금을 지급합니다. [1, 2]",
    "지급하나요?",
    "가능해요",
    "그렇죠",
    '그는 "지급합니다."',
    '회사는 "지급한다"',
    "보험금을 지급합니다. (제12조 제1항)",
    "지급합니다(제12조).",
    "**지급합니다.**",
    "이번에 개정된 약관에 따릅니다",
    "총 보험금은 3,000원이다",
    "매출액은 12억 3,400만원입니다。",
    "필요해요",
    "10영업일이에요 [2]",
]


@pytest.mark.parametrize("text", TRUNCATED)
def test_an_answer_that_breaks_off_is_dropped(text: str) -> None:
    assert not ends_well(text)


@pytest.mark.parametrize("text", WHOLE)
def test_an_answer_that_ends_is_kept(text: str) -> None:
    assert ends_well(text)


def test_nominal_endings_are_a_setting() -> None:
    notes = ["3영업일 이내에 지급함", "청구서류를 접수한 날임 [1]", "지급 사유가 없음"]
    assert [ends_well(text) for text in notes] == [False] * 3
    assert [ends_well(text, nominal_endings=True) for text in notes] == [True] * 3
    assert not ends_well("보험금을 받는 사람 함", nominal_endings=True)  # a syllable alone is no word that ends a note


EVASIVE = [
    "약관에 명시되어 있지 않습니다.",
    "해당 내용은 약관에 명시되어 있지 않습니다. [1]",
    "제공된 문서만으로는 알 수 없습니다.",
    "문서에는 관련 정보가 없습니다.",
    "본문에서 찾을 수 없습니다.",
    "지급 기한은 나와 있지 않아요.",
    "정확한 정보를 제공할 수 없습니다.",
    "약관에서는 이를 설명하고 있지 않습니다.",
    "답변드리기 어렵습니다.",
    DECLINE,
    f"죄송합니다. {DECLINE}",
]
ANSWERING = [
    "기간이 명시되어 있지 않으면 2년으로 봅니다.",
    "음주운전 중 사고에는 보험금을 지급하지 않습니다.",
    "이 특약에는 해약환급금이 없습니다.",
    "유족연금은 상속재산에 포함되지 않습니다.",
    "민법은 후견인의 자격을 따로 규정하고 있지 않습니다.",
    "계약자는 철회할 수 없습니다.",
    "약관을 받지 못했다면 3개월 이내에 취소할 수 있습니다.",
    "주소가 확인되지 않는 경우에는 공시송달을 합니다.",
]


@pytest.mark.parametrize("text", EVASIVE)
def test_an_evasive_answer_is_dropped_unless_it_should_decline(text: str) -> None:
    assert judged("evasive", row(output=text)).startswith("evasive")
    assert judged("evasive", row(output=text, kind="unanswerable")) == ""


@pytest.mark.parametrize("text", ANSWERING)
def test_an_answer_in_the_negative_is_kept(text: str) -> None:
    assert judged("evasive", row(output=text)) == ""


def test_further_evasive_phrases_are_a_setting() -> None:
    assert judged("evasive", row(output="고객센터로 문의하세요."), phrases=["고객센터로 문의"]) != ""


ERRORS = [
    "ERROR: 429 Too Many Requests",
    "Error: quota exceeded",
    "오류: 시간 초과",
    "Traceback (most recent call last):",
    "null",
    '{"question": "언제?"',
    "429 Too Many Requests",
    "죄송하지만, 저는 도와드릴 수 없습니다.",
]
ABOUT_ERRORS = [
    "오류가 있으면 회사는 정정합니다.",
    "청구 건수는 429건입니다.",
    "착오(Error)로 송금한 돈은 돌려받습니다.",
    OUTPUT,
]


@pytest.mark.parametrize("text", ERRORS)
def test_a_failure_kept_as_an_answer_is_dropped(text: str) -> None:
    assert judged("error_text", row(output=text)).startswith("error_text")


@pytest.mark.parametrize("text", ABOUT_ERRORS)
def test_an_answer_about_errors_is_kept(text: str) -> None:
    assert judged("error_text", row(output=text)) == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"output": "지급합니다.<|eot_id|>"},
        {"output": "지급합니다.</s>"},
        {"output": "[/INST] 지급합니다."},
        {"output": "지급합니다.\n### 지시\n다음을"},
        {"output": "답변: 지급합니다."},
        {"output": "지급합니다.\n질문: 또"},
        {"question": "언제 지급되나요?<|im_end|>"},
        {"instruction": "### 출력\n답하라"},
        {"input": "### 입력\n가\n### Response:\n나"},
        {"output": "<start_of_turn>지급합니다."},
    ],
)
def test_control_tokens_and_headers_are_dropped(changed: dict[str, str]) -> None:
    assert judged("special_tokens", row(**changed)).startswith(f"special_tokens: {next(iter(changed))}")


@pytest.mark.parametrize(
    "text",
    [
        "<주1>을 보십시오.",
        "a < s이면 지급합니다.",
        "### 보험금 청구\n서류를 냅니다.",
        "[1] 제7조에 따릅니다.",
        "<표 1>과 같습니다.",
        "이 질문: 답은 있습니다.",
        "답변서를 내야 합니다.",
    ],
)
def test_marks_of_ordinary_text_are_kept(text: str) -> None:
    assert judged("special_tokens", row(output=text)) == ""


@pytest.mark.parametrize(
    "text",
    [
        "당신은 보험 약관 전문가입니다. 지급합니다.",
        "약관에 없는 내용은 추측하지 말고 아래 제공된 [보험약관]을 참고하여 사용자의 질문에 답합니다.",
        "주어진 지시에 따라 답합니다.",
        "아래 제공된 보험약관을 참고하여 사용자의 질문에 답변하세요.",
    ],
)
def test_an_answer_that_repeats_the_instruction_is_dropped(text: str) -> None:
    assert judged("instruction_leak", row(output=text)).startswith("leaks_instruction")


def test_the_decline_text_in_the_instruction_is_no_leak_and_a_question_may_be_taken_up() -> None:
    assert judged("instruction_leak", row(output=DECLINE, kind="unanswerable")) == ""
    plain = {
        "instruction": "상해보험의 보험금 지급기일은 언제인가요? 청구서류를 낸 날부터 셉니다.",
        "output": "상해보험의 보험금 지급기일은 청구서류를 낸 날부터 셉니다. 상해보험의 보험금 지급기일은 3일입니다.",
    }
    assert judged("instruction_leak", plain) == ""
    assert judged("instruction_leak", row()) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Este es una nueva póliza de seguro.",
        "지급합니다. Ich möchte das Geld sehr bald.",
        "支払います。保険金は三日以内です。",
        "Страховая выплата 지급합니다.",
        "The claim is paid within 3 days. 네.",
    ],
)
def test_other_languages_are_dropped(text: str) -> None:
    assert judged("language", row(output=text)).startswith("not_korean: output")


@pytest.mark.parametrize(
    "text",
    [
        "MRI 검사는 4,251,032건입니다.",
        "삼성바이오로직스(Samsung Biologics Co., Ltd.)의 EBITDA는 3억원입니다.",
        "3,000",
        "매매ㆍ증여는 ㎡당 5원입니다.",
        "轉貸(전대)는 임차물을 다시 빌려주는 것입니다.",
        "KCD 코드는 A09, J20입니다. [1]",
        "β값은 0.3이고 Ⅱ단계입니다.",
    ],
)
def test_latin_names_hanja_and_signs_are_kept(text: str) -> None:
    assert judged("language", row(output=text)) == ""


@pytest.mark.parametrize(
    "text",
    [
        "지급합니다지급합니다지급합니다지급합니다",
        "보험금을 지급하고 보험금을 지급하고 보험금을 지급하고 끝냅니다.",
        "네 네 네 네 네.",
        "회사는 보험금을 지급합니다. 회사는 보험금을 지급합니다. [1]",
        "ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ 지급합니다.",
    ],
)
def test_loops_are_dropped(text: str) -> None:
    assert judged("repetition", row(output=text)).startswith("repetition")


@pytest.mark.parametrize(
    "text",
    [
        "매출은 0 0 0 0원입니다.",
        "하나하나 따로 봅니다.",
        "이를 위반하면 1천만원 이하의 벌금에 처합니다. 다만 예외가 있습니다. "
        "이를 위반하면 1천만원 이하의 벌금에 처합니다.",
        "매우 매우 중요합니다.",
        "| --- | --- | --- | --- |\n표입니다.",
        "-----------\n표입니다.",
        "A사는 3원입니다. B사는 3원입니다. C사는 3원입니다.",
    ],
)
def test_lists_figures_and_emphasis_are_kept(text: str) -> None:
    assert judged("repetition", row(output=text)) == ""


GROUNDLESS = {
    "제7조 제1항에 따르면 5영업일 이내에 지급합니다. [1]": "not_grounded: 5영업일",
    "제8조에 따르면 3영업일 이내에 지급합니다. [1]": "not_grounded: 제8조",
    "3영업일 이내에 지급합니다. [3]": "not_grounded: [3]",
    "해약환급금은 600만원입니다. [1]": "not_grounded: 600만원",
    '약관은 "청구 즉시 현금으로 지급한다"고 정합니다. [1]': "quote_not_found: 청구 즉시 현금으로 지급한다",
    "「보험업감독규정」에 따라 지급합니다. [1]": "quote_not_found: 보험업감독규정",
}


@pytest.mark.parametrize(("text", "reason"), GROUNDLESS.items())
def test_what_the_passages_do_not_say_is_dropped(text: str, reason: str) -> None:
    assert judged("grounded", row(output=text)) == reason


@pytest.mark.parametrize(
    "text",
    [
        OUTPUT,
        "해약환급금은 1천2백만원의 50%입니다. [2]",
        "납입한 보험료는 1,200만원입니다. [2]",
        '약관은 "3영업일 이내에 보험금을 지급"한다고 합니다. [1]',
        "지급예정일은 30영업일 이내로 정합니다.",
    ],
)
def test_what_follows_from_the_passages_is_kept(text: str) -> None:
    assert judged("grounded", row(output=text)) == ""


def test_figures_of_the_question_may_be_used_beside_the_cited_passage() -> None:
    scenario = row(
        question="보험금 5,000만원을 청구했습니다. 언제 받나요?", output="5,000만원은 3영업일 이내에 지급합니다. [1]"
    )
    assert judged("grounded", scenario) == ""
    assert (
        judged("grounded", {**scenario, "output": "6,000만원은 3영업일 이내에 지급합니다. [1]"})
        == "not_grounded: 6,000만원"
    )


def test_quotes_may_be_left_unchecked() -> None:
    assert judged("grounded", row(output="「보험업감독규정」에 따라 지급합니다. [1]"), quotes=False) == ""


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("네. [1]", "short_answer: 2 characters"),
        ("3영업일입니다. [1][2]", "short_answer: 8 characters"),
        ("3영업일 이내입니다.", ""),
    ],
)
def test_length_is_counted_without_citations(output: str, reason: str) -> None:
    assert judged("answer_length", row(output=output)) == reason


def test_the_longest_answer_is_a_setting() -> None:
    assert judged("answer_length", row(output="가" * 30 + "."), max_chars=20) == "long_answer: 31 characters"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"output": " \u200b\n"}, "empty_field: output"),
        ({"instruction": ""}, "empty_field: instruction"),
        ({}, ""),
        ({"question": "", "input": ""}, ""),
    ],
)  # then the instruction is the question
def test_empty_fields(changed: dict[str, str], reason: str) -> None:
    assert judged("required", row(**changed)) == reason


def test_passages_are_read_back_as_they_were_built() -> None:
    found = Candidate(record=row()).passages
    assert [(one.number, one.head) for one in found] == [
        (1, "무배당 한빛상해보험 > 제7조(보험금의 지급기일)"),
        (2, "무배당 한빛상해보험 > 제12조(해약환급금)"),
    ]
    assert found[0].lines[0].startswith("① 회사는") and len(found[0].lines) == 2
    whole = passages_of("### 입력\n제7조(지급기일)\n① 3영업일 이내에 지급합니다.")
    assert [(one.number, one.head, one.lines) for one in whole] == [
        (1, "제7조(지급기일)", ("① 3영업일 이내에 지급합니다.",))
    ]
    assert passages_of("### 입력\n\n질문: 무엇인가요?") == ()


def test_a_bracketed_number_out_of_turn_opens_no_passage() -> None:
    found = passages_of("### 입력\n[1] 표\n[5] 각주입니다\n[2] 다음\n내용\n\n질문: 무엇?")
    assert [one.number for one in found] == [1, 2] and found[0].lines == ("[5] 각주입니다",)


def test_the_question_is_found_in_every_form_of_row() -> None:
    asked = row()
    assert Candidate(record=asked).question == asked.pop("question") == Candidate(record=asked).question
    assert Candidate(record={"instruction": INSTRUCTION, "output": "…"}).asks_by_instruction


def test_a_row_that_is_asked_in_its_input_has_no_passages() -> None:
    hira = {
        "instruction": "전문가로서 정확하게 답변하세요.",
        "input": "2023년 MRI 검사 건수는 얼마나 되나요?",
        "output": "2023년 MRI 검사는 총 4,251,032건이 시행되었습니다.",
    }
    one = Candidate(record=hira)
    assert (one.question, one.passages, one.sourceless) == (hira["input"], (), True)
    assert judged("grounded", hira) == ""
    told = {**hira, "input": "제7조 회사는 3영업일 이내에 지급한다.", "instruction": "언제 지급되나요?"}
    assert Candidate(record=told).question == "언제 지급되나요?" and judged("grounded", told) != ""


def test_schema_settings_and_registry_agree() -> None:
    described = schema("data")["$defs"]["filters"]["properties"]
    assert set(described) == set(FILTERS)
    for name, make in FILTERS.items():
        keywords = {
            parameter.name
            for parameter in inspect.signature(make).parameters.values()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        }
        assert keywords | {"enabled"} == set(described[name]["properties"]), name
        assert all("default" in one for one in described[name]["properties"].values()), name
