"""A made-up evaluation: six systems over sixty questions of several kinds, with texts that would like to be markup."""

from __future__ import annotations

import random

from mundap.prompt import Passage
from rag.evaluation.asked import Gold, Reply
from rag.evaluation.results import Evaluation, Scored, Speed, SystemResult
from rag.evaluation.statistics import rate

HOSTILE = ('<script>alert("문답")</script>', '"><img src=x onerror=alert(1)>', "</style><style>*{display:none}", "{{ 7 * 7 }}",
           "<a href='https://evil.example/'>눌러 보세요</a>", "| 표 | 깨기 |\n|---|---|", "]]>--><!-- &amp; &lt;b&gt;")
COMPANIES = ("가온누리전자", "한빛바이오", "다온건설", "라임물산", "마루해운")
ITEMS = (("매출액", "재무"), ("영업이익", "재무"), ("1인 평균 급여액", "직원"), ("제12조에 따른 해지환급금", "약관"))
LEVELS, DIFFICULTIES = ("초급", "중급", "고급"), ("하", "중", "상")
TOPICS = ("보증금 반환", "소유권", "취득시효", "계약법")
DECLINED = "문서에 해당 내용이 없습니다."
SYSTEMS = ("base", "v1 (일반 문답)", "v2 (RAG형)", "v2, 검색 없이", "endpoint <b>gpt</b>", "빈 시스템")


def evaluation() -> Evaluation:
    """Return it; the same every time."""
    golds = [_gold(at) for at in range(60)]
    skills = {SYSTEMS[0]: (0.45, 0.30), SYSTEMS[1]: (0.55, 0.28), SYSTEMS[2]: (0.85, 0.07), SYSTEMS[3]: (0.15, 0.60),
              SYSTEMS[4]: (0.70, 0.15)}
    systems = [_system(name, golds, *skill) for name, skill in skills.items()]
    return Evaluation(
        domain="demo", title="데모 공시: 기준 모델, v1, v2 비교 <em>2023</em>", baseline="base",
        systems=(*systems, SystemResult(name=SYSTEMS[5], settings={"모델": "없음"}, scored=())),
        data={"questions": {"file": "datasets/demo_eval.json", "sha256": "9f" * 32}, "index": "demo@" + "0c" * 8, "seed": 42,
              "versions": {"mundap": "0.1.0", "transformers": "5.5.0"}, "day": "2026-01-02", "untrained": ["계약법"]},
        verifier={"answers": 150, "precision": rate(61, 66), "recall": rate(61, 70),
                  "kinds": {"숫자": {"precision": rate(30, 31)}}},
        human={"raters": 3, "alpha": 0.71, "win_rates": {"v2 (RAG형)": rate(31, 40)}},
        judge={"model": "judge-7b", "unparsable": 4, "agreement": {"kappa": 0.58, "n": 60}},
        notes=("v1과 v2는 같은 기본 모델에서 학습했습니다.", HOSTILE[0]))


def _gold(at: int) -> Gold:
    company, (item, category) = COMPANIES[at % 5], ITEMS[at % 4]
    value = f"{1234 + 317 * at:,}"
    answerable = at % 5 != 4
    question = f"{company}의 2023년 {item}은 얼마인가요?" + (f" {HOSTILE[at % 7]}" if at % 9 == 0 else "")
    return Gold(
        id=f"demo-{at:03}", question=question, answerable=answerable,
        reference=f"{company}의 2023년 {item}은 {value}백만원입니다." if answerable else DECLINED,
        value=value if answerable else "", unit="백만원" if answerable else "",
        line=f"{company} 2023년 {item}: {value}백만원" if answerable else "", chunks=(f"c{at:03}",) if answerable else (),
        reason="" if answerable else "다른 해의 값만 있음",
        groups={"kind": "fact" if answerable else "unanswerable", "category": category, "level": LEVELS[at % 3],
                "difficulty": DIFFICULTIES[at % 3 if at % 2 else 0], "topic": TOPICS[at % 4]})


def _system(name: str, golds: list[Gold], skill: float, invents: float) -> SystemResult:
    rng = random.Random(name)
    scored = [_scored(gold, at, rng, skill, invents, "검색 없이" not in name, "endpoint" in name)
              for at, gold in enumerate(golds)]
    return SystemResult(
        name=name, settings={"모델": f"models/{name}", "검색": str("검색 없이" not in name), "temperature": "0.1", "seed": "42"},
        scored=tuple(scored), speed=Speed(
            asked=20, first_token_s={"p50": 0.42 + skill, "p95": 1.31}, latency_s={"p50": 2.2, "p95": 6.05 + invents},
            tokens_per_s=21.37, answers_per_minute=33.1, peak_bytes=0 if "endpoint" in name else 1_234_567_890))


def _scored(gold: Gold, at: int, rng: random.Random, skill: float, invents: float, searched: bool, remote: bool) -> Scored:
    if remote and at % 20 == 3:
        return Scored(gold=gold, reply=Reply(text="", error=f"ConnectionError: {HOSTILE[1]} 응답이 없습니다"),
                      values=_values(gold, False, False, False, searched, rng))
    invented, declined = rng.random() < invents, rng.random() < (0.1 if gold.answerable else skill)
    right = not invented and not declined and gold.answerable and rng.random() < skill
    wrong = f"{rng.randrange(1000, 99999):,}원"
    said, kinds = gold.reference, ()
    if declined:
        said, invented = DECLINED, False
    elif invented:
        kind = rng.choice(("figure", "wrong_figure", "article", "name", "language", "repetition"))
        bad = {"figure": wrong, "wrong_figure": wrong, "article": "제99조", "name": "없는회사", "language": "Ich möchte",
               "repetition": "입니다. 입니다. 입니다."}[kind]
        said, kinds = f"{gold.question.split('은')[0]}은 {bad} 기준으로 {wrong}입니다. {HOSTILE[at % 7]}", ((kind, bad),)
    elif not right:
        said = "자세한 내용은 보고서를 보시기 바랍니다. 매출은 전년과 비슷합니다."
    if at == 7:
        said = said + " 그리고 같은 말을 이어 갑니다." * 900
    return Scored(gold=gold, invented=kinds, values=_values(gold, right, declined, bool(kinds), searched, rng), reply=Reply(
        text=said, model_text=said + (" 이번에 새로 나온 " + HOSTILE[at % 7] if at % 3 == 0 else ""), declined=declined,
        citations=(1,) if searched and not declined else (), passages=_passages(gold, at) if searched else (),
        struck=(f"지운 문장 {HOSTILE[2]}",) if at % 11 == 0 else (), status="verified", finish_reason="stop", attempts=1))


def _passages(gold: Gold, at: int) -> tuple[Passage, ...]:
    return (Passage(number=1, head="2023 사업보고서 · III. 재무에 관한 사항", chunk_id=f"c{at:03}",
                    lines=(gold.line or "2022년 값만 있습니다.", "연결 기준입니다.")),
            Passage(number=2, head=f"2022 사업보고서 {HOSTILE[at % 7]}", lines=("전기 값: 999백만원", HOSTILE[0]), chunk_id="d1"))


def _values(gold: Gold, right: bool, declined: bool, invented: bool, searched: bool, rng: random.Random) -> dict[str, float]:
    values = {"hallucinated": float(invented), "wrong_figure_shown": float(invented and rng.random() < 0.7),
              "invented_figure": float(invented and rng.random() < 0.5)}
    if gold.answerable:
        f1 = 0.9 + 0.1 * rng.random() if right else 0.6 * rng.random()
        values |= {"right": float(right), "right_and_cited": float(right and searched), "answered": float(not declined),
                   "wrongly_declined": float(declined), "character_f1": f1}
        if searched:
            values |= {"reciprocal_rank": 1 / rng.choice((1, 1, 1, 2, 3)), "citation_recall": float(right)}
    else:
        values["declined_rightly"] = float(declined)
    if not declined:
        values |= {"answer_characters": rng.uniform(30, 160), "words_per_sentence": rng.uniform(6, 18)}
    return values
