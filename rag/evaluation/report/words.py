"""The report's own words, Korean and English, and how its numbers are written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

_NONE = "–"
_WORDS: Mapping[str, tuple[str, str]] = {
    "report": ("평가 보고서", "Evaluation report"),
    "verdict": ("결론", "Verdict"),
    "summary": ("요약", "Summary"),
    "summary_note": ("막대는 값, 가는 선은 95% 신뢰구간입니다. 비율은 Wilson 구간, 평균은 붓스트랩 구간입니다.",
                     "The bar is the value, the thin line its 95% interval: Wilson for rates, bootstrap for means."),
    "differences": ("기준 시스템과의 차이", "Differences against the baseline"),
    "differences_note": (
        "같은 질문끼리 짝지어 비교했습니다. 점은 차이, 선은 95% 신뢰구간이고, p값은 주요 지표 전체에 걸쳐 "
        "Holm 방법으로 보정했습니다. 속이 찬 점만 실제 차이로 봅니다.",
        "Paired by question. The dot is the difference, the line its 95% interval; p is Holm-corrected over all main "
        "metrics below. Only a filled dot is a real difference."),
    "other_differences": ("그 밖의 지표(따로 보정, 참고용)", "Other metrics (corrected apart, for orientation)"),
    "better_right": ("오른쪽이 나음", "right is better"),
    "better_left": ("왼쪽이 나음", "left is better"),
    "better_none": ("방향 없음", "neither is better"),
    "higher": ("높을수록 좋음", "higher is better"),
    "lower": ("낮을수록 좋음", "lower is better"),
    "neither": ("좋고 나쁨 없음", "neither is better"),
    "correct": ("정확성", "Correctness"),
    "hallucination": ("지어낸 내용", "What was invented"),
    "hallucination_note": ("답에 있으나 근거가 없거나, 근거에 있어도 물은 것이 아닌데 답으로 보인 것을 종류별로 세었습니다. "
                           "한 답에 여럿이 있을 수 있습니다.",
                           "What an answer says and nothing supports, or what the sources say of something else than was asked, "
                           "counted by kind; one answer may hold several."),
    "declining": ("거절", "Declining"),
    "citations": ("인용", "Citations"),
    "retrieval": ("검색", "Retrieval"),
    "wording": ("문장", "Wording"),
    "other": ("그 밖의 지표", "Other metrics"),
    "groups": ("나누어 보기", "By group"),
    "groups_note": ("묶음마다 질문이 적어 구간이 넓습니다. 묶음끼리의 차이는 검정하지 않았습니다.",
                    "Groups hold few questions, so intervals are wide; differences between groups were not tested."),
    "kind": ("질문 종류", "kind"),
    "category": ("분류", "category"),
    "level": ("사용자 수준", "level"),
    "difficulty": ("난이도", "difficulty"),
    "topic": ("주제", "topic"),
    "trained": ("학습한 주제와 학습하지 않은 주제", "Topics trained on and not"),
    "trained=yes": ("학습한 주제", "trained on"),
    "trained=no": ("학습하지 않은 주제", "not trained on"),
    "untrained": ("학습 안 함", "untrained"),
    "speed": ("속도와 메모리", "Speed and memory"),
    "speed_note": ("첫 토큰, 응답 시간과 초당 토큰(첫 토큰 뒤부터)은 한 번에 한 질문씩 물어 쟀습니다. "
                   "분당 답변은 여러 질문을 함께 물은 실행의 값이고, "
                   "최대 메모리는 모델을 올린 프로세스의 값입니다(같은 모델의 시스템은 한 프로세스를 씁니다).",
                   "First token, latency and tokens per second (after the first token) were measured one question at a time; "
                   "answers per minute are of the batched run, peak memory of the process that holds the model, which systems "
                   "of one model share."),
    "asked": ("시간을 잰 질문", "questions timed"),
    "first_token_s": ("첫 토큰까지", "time to first token"),
    "latency_s": ("응답 시간", "latency"),
    "tokens_per_s": ("초당 토큰", "tokens per second"),
    "answers_per_minute": ("분당 답변", "answers per minute"),
    "peak_bytes": ("최대 메모리", "peak memory"),
    "verifier": ("검증기 자체의 정확도", "The verifier's own accuracy"),
    "verifier_note": ("검증기의 판정을 보지 않고 읽어 표시한 답으로 잰 값입니다. "
                      "누가 표시했는지는 datasets/labelled/README.md에 있습니다. "
                      "이 저장소의 표시는 사람이 아니라 언어 모델 하나가 한 것입니다.",
                      "Measured on answers labelled by a reader who did not see the verifier's verdicts; "
                      "datasets/labelled/README.md says who. The labels of this repository are one language model's, no person's."),
    "human": ("사람 평가", "Human evaluation"),
    "judge": ("모델 평가", "Judge"),
    "worst": ("나쁜 답변", "Worst answers"),
    "worst_note": ("시스템마다 많아야 20개. 지어낸 답, 틀린 숫자, 거절했어야 할 답, 답했어야 할 거절, 오류, 낮은 F1의 차례입니다.",
                   "At most 20 of each system: invented first, then wrong figures, wrongly answered, wrongly declined, errors, "
                   "low F1."),
    "nothing_worst": ("나쁜 답변이 없습니다.", "No bad answer."),
    "answers": ("같은 질문, 다른 답", "One question, several answers"),
    "answers_note": ("왼쪽은 기준 시스템의 답입니다. 그은 말은 기준에만, 밑줄 친 말은 비교하는 시스템에만 있습니다.",
                     "Left is the baseline's answer. Struck words are only in it, underlined ones only in the other's."),
    "question": ("질문", "Question"),
    "gold": ("정답", "Truth"),
    "gold_line": ("정답이 있는 줄", "Line that holds it"),
    "gold_figure": ("정답 숫자", "Figure"),
    "no_answer": ("문서에 답이 없는 질문", "The documents hold no answer"),
    "shown": ("보여 준 답", "Shown"),
    "model_text": ("모델이 쓴 그대로", "What the model wrote"),
    "same_text": ("보여 준 답과 같습니다.", "The same as what was shown."),
    "struck": ("지운 문장", "Struck"),
    "passages": ("근거로 준 문단", "Passages quoted"),
    "no_passages": ("근거 문단 없이 물었습니다.", "Asked without passages."),
    "invented": ("지어냄", "invented"),
    "wrong_figure": ("틀린 숫자", "wrong figure"),
    "wrongly_declined": ("답했어야 함", "should have answered"),
    "wrongly_answered": ("거절했어야 함", "should have declined"),
    "low_f1": ("정답과 다름", "unlike the truth"),
    "error": ("오류", "error"),
    "declined": ("거절", "declined"),
    "cut": ("(… {n:,}자 생략)", "(… {n:,} characters left out)"),
    "baseline": ("기준", "baseline"),
    "best": ("가장 좋음", "best"),
    "system": ("시스템", "system"),
    "systems": ("시스템", "Systems"),
    "setting": ("설정", "setting"),
    "settings": ("시스템 설정", "System settings"),
    "metric": ("지표", "metric"),
    "difference": ("차이", "difference"),
    "interval": ("95% 구간", "95% interval"),
    "p_holm": ("보정 p", "p (Holm)"),
    "in_words": ("판단", "in words"),
    "gained_lost": ("늘어난 / 줄어든 질문", "up / down"),
    "total": ("합계", "total"),
    "data": ("데이터와 버전", "Data and versions"),
    "notes": ("덧붙임", "Notes"),
    "definitions": ("지표의 뜻", "How each metric is defined"),
    "pictures": ("그림", "Pictures"),
    "picture_metrics": ("주요 지표와 95% 신뢰구간", "Main metrics with 95% intervals"),
    "picture_tradeoff": ("지어낸 답의 비율과 맞힌 비율", "Invented against right"),
    "sweep": ("디코딩 설정 비교", "Decoding sweep"),
    "sweep_note": ("왼쪽 위로 갈수록 나쁘고 오른쪽 아래로 갈수록 좋습니다. 번호는 아래 표의 차례입니다.",
                   "Up and left is worse, down and right is better; numbers are the rows of the table."),
    "hallucinated": ("지어낸 답", "invented"),
    "right": ("맞힌 답", "right"),
    "seconds_per_answer": ("답 하나에 걸린 초", "seconds per answer"),
    "preset": ("고른 설정", "chosen"),
    "groups_others": ("다른 지표", "Other metrics"),
    "contents": ("차례", "Contents"),
    "seconds": ("초", " s"),
    "characters": ("자", " characters"),
    "words": ("어절", " words"),
    "points": ("%p", " pp"),
    "sample": ("질문 {n:,}개(답이 있는 질문 {yes:,}개, 없는 질문 {no:,}개)를 시스템 {systems:,}개에 물었습니다.",
               "{n:,} questions ({yes:,} answerable, {no:,} not) were asked of {systems:,} systems."),
    "about_sample": ("표본", "Sample"),
    "about_best": ("가장 좋은 값", "Best values"),
    "about_lead": ("1위와 2위", "First and second"),
    "about_system": ("{system}, 기준 {baseline} 대비", "{system} against {baseline}"),
    "about_untrained": ("학습하지 않은 주제", "Topics not trained on"),
    "lead_real": ("{pair}, 실제 차이가 있다고 볼 수 있음: {list}.", "{pair}: really apart on {list}."),
    "lead_not": ("{pair}, 차이가 있다고 말할 수 없음: {list}.", "{pair}: no real difference could be shown on {list}."),
    "lead_how": ("질문별로 짝지은 검정이며 p는 보정하지 않았습니다.", "Paired by question; these p are not corrected."),
    "short_better": ("실제로 나음", "really better"),
    "short_worse": ("실제로 나쁨", "really worse"),
    "short_other": ("실제로 다름", "really different"),
    "short_none": ("차이를 말할 수 없음", "not shown"),
    "real_better": ("실제로 나음: {list}.", "Really better: {list}."),
    "real_worse": ("실제로 나쁨: {list}.", "Really worse: {list}."),
    "not_real": ("차이가 있다고 말할 수 없음: {list}.", "No real difference could be shown: {list}."),
    "empty_system": ("답변이 하나도 없어 비교에서 빠졌습니다.", "No answer at all, so it is not compared."),
    "about_few": ("주요 지표에서 뺀 것", "Not among the main metrics"),
    "few": ("{list}: 해당하는 질문이 {least}개보다 적어 요약과 결론에서 뺐습니다. 값은 아래 절과 그 밖의 지표에 있습니다.",
            "{list}: they apply to fewer than {least} questions, so summary and verdict leave them out; their values stand "
            "in the sections below and under other metrics."),
    "errors": ("질문 {n:,}개가 오류로 끝나 답이 없습니다.", "{n:,} questions ended in an error."),
    "untrained_note": ("질문 {n:,}개는 학습하지 않은 주제({topics})의 것입니다. 전체 값에 들어 있고, 아래에서 따로도 보입니다.",
                       "{n:,} questions are of topics not trained on ({topics}): counted in all values, and told apart below."),
}
_KINDS: Mapping[str, tuple[str, str]] = {
    "figure": ("근거 없는 숫자", "figure"), "wrong_figure": ("다른 것의 숫자", "figure of something else"),
    "article": ("근거 없는 조문", "article"),
    "name": ("근거 없는 이름", "name"), "date": ("근거 없는 날짜", "date"), "language": ("다른 언어", "language switch"),
    "repetition": ("반복", "repetition"), "claim": ("근거 없는 주장", "claim"), "tail": ("꼬리말", "tail"),
}

# Keys of what people, a judge and the labelled answers say (rag.evaluation.opinions.human, judge, calibration, verifier).
_FACTS: Mapping[str, str] = {
    "verifier": "답을 거르는 검증기", "metric": "지어낸 답 지표", "file": "파일", "n": "개수",
    "hallucinated": "지어낸 답", "flagged": "걸러낸 답", "precision": "정밀도", "recall": "재현율",
    "false_alarms": "헛경보", "kinds": "종류", "caught": "잡음", "of": "전체", "missed": "놓친 답",
    "wrongly_flagged": "잘못 걸러낸 답", "hidden": "화면에서 가려진 몫", "answers": "답변", "ratings": "점수",
    "votes": "블라인드 투표", "raters": "평가자", "systems": "시스템", "scores": "점수별 개수",
    "reasons": "이유", "corrected": "고쳐 쓴 답", "agreement": "평가자 일치도", "alpha": "크리펜도르프 알파",
    "kappa": "가중 카파", "shared": "함께 본 답", "note": "설명", "replaced": "다시 매긴 것",
    "elsewhere": "다른 평가의 것", "pairs": "짝", "first": "앞 시스템", "second": "뒤 시스템",
    "questions": "질문", "won": "뒤가 이김", "lost": "앞이 이김", "tied": "비김", "win_rate": "뒤의 승률",
    "left": "왼쪽을 고른 몫", "judge": "평가 모델", "rubrics": "기준", "verdicts": "판정",
    "unparsable": "읽을 수 없던 판정", "asked_again": "다시 물음", "failed": "실패", "failure": "첫 실패",
    "calibration": "사람과의 비교", "spearman": "스피어만 상관", "exact": "같은 점수의 몫",
    "bias": "치우침(모델 − 사람)", "win_rates": "승률", "model": "모델", "asked": "물은 질문",
    "answerable": "답이 있는 질문", "unanswerable": "답이 없는 질문", "untrained": "학습하지 않은 것",
    "seed": "시드", "day": "날짜", "commit": "커밋", "versions": "버전", "guard": "지키는 지표",
    "index": "색인",
}


class Words:
    """The words of one language; what is not in the table is written as it is."""

    def __init__(self, language: str) -> None:
        self.language: Literal["ko", "en"] = "en" if language == "en" else "ko"
        self._at = 1 if self.language == "en" else 0

    def __call__(self, key: str, **values: Any) -> str:
        """Return a word or a sentence, its places filled."""
        said = _WORDS.get(key, (key, key))[self._at]
        return said.format(**values) if values else said

    def pick(self, pair: tuple[str, str]) -> str:
        """Return the text of this language out of (Korean, English)."""
        return pair[self._at]

    def kind(self, name: str) -> str:
        """Return what a kind of invention is called."""
        return self.pick(_KINDS.get(name, (name, name)))

    def fact(self, key: str) -> str:
        """Return what a key of the human, judge, verifier or data records is called."""
        return _FACTS.get(str(key), str(key)) if self.language == "ko" else str(key).replace("_", " ")

    def number(self, value: float | None, *, rate: bool, unit: str) -> str:
        """Return a metric's value as it is printed: a percentage for a rate, three decimals for a share, else its unit."""
        if value is None or not math.isfinite(value):
            return _NONE
        if rate:
            return _signless_zero(f"{value * 100:.1f}") + "%"
        if unit == "s":
            return _signless_zero(f"{value:.2f}") + self("seconds")
        if unit == "":
            return _signless_zero(f"{value:.3f}")
        return _signless_zero(f"{value:,.1f}") + (self(unit) if unit in _WORDS else f" {unit}")

    def change(self, value: float | None, *, rate: bool, unit: str) -> str:
        """Return a difference as it is printed, with its sign; rates differ by percentage points."""
        if value is None or not math.isfinite(value):
            return _NONE
        text = _signless_zero(f"{value * 100:.1f}") + self("points") if rate else self.number(value, rate=False, unit=unit)
        return text if text.startswith("−") or not any(letter in "123456789" for letter in text) else "+" + text

    def interval(self, low: float | None, high: float | None, *, rate: bool, unit: str) -> str:
        """Return an interval's ends as they are printed."""
        if low is None or high is None:
            return _NONE
        return f"{self.number(low, rate=rate, unit=unit)} ~ {self.number(high, rate=rate, unit=unit)}"

    def p(self, value: float | None) -> str:
        """Return a p value: three decimals, or less than the smallest of them."""
        if value is None or not math.isfinite(value):
            return _NONE
        return "<0.001" if value < 0.001 else f"{value:.3f}"

    def plain(self, value: Any) -> str:
        """Return a number without a metric, a byte count aside, as it is printed in a table of facts."""
        if value is None:
            return _NONE
        if isinstance(value, bool):
            return "✓" if value else _NONE
        if isinstance(value, float):
            return _signless_zero(f"{value:,.3f}".rstrip("0").rstrip(".")) if math.isfinite(value) else _NONE
        return f"{value:,}" if isinstance(value, int) else str(value)


def _signless_zero(text: str) -> str:
    """Return a printed number with a real minus sign, and none before a zero."""
    bare = text.removeprefix("-")
    return bare if bare == text or not any(letter in "123456789" for letter in bare) else "−" + bare
