"""Twenty questions at three levels: the same figures and citations at each, plainer words at the easier one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from mundap.chunk import Chunk
from mundap.generator import Decoding, Request
from mundap.levels import AUTO, NAMES
from rag.answer import Answer, Answerer
from rag.indexing.build import open_index
from rag.inquiry import Inquiry
from rag.same_facts import facts_of, wording_of
from rag.search.retrieve import Retriever
from tests.rag.hashing_embedder import HashingEmbedder
from tests.rag.scripted_generator import ScriptedGenerator
from tests.rag.small_index import built, chunk, recipe

COMPANIES = ("가온누리전자", "한빛바이오", "푸른솔제약", "은하수중공업", "누리솔정밀")
ITEMS = {"매출액": "물건이나 서비스를 팔아 번 돈", "영업이익": "본업으로 남긴 돈", "자본금": "주주가 낸 밑천",
         "재고자산": "팔려고 갖고 있는 물건과 재료"}
QUESTIONS = [f"{company}의 2023년 {item}은 얼마인가요?" for company in COMPANIES for item in ITEMS]
INSTRUCTIONS = {"초급": "쉬운 말로 적으세요.", "중급": "기준을 적으세요.", "고급": "표 이름도 적으세요."}
LENGTHS = {"초급": 50, "중급": 40, "고급": 60}


def amount(company: int, item: int, year: int) -> str:
    return f"{(company + 1) * 100_000_000_000 + (item + 1) * 1_298_256_780 + (year - 2022) * 7_000_000_001:,}원"


def chunks() -> list[Chunk]:
    """Return two tables of each company's report of 2023: one holds both years' figures, the other none that is asked."""
    found = []
    for at, company in enumerate(COMPANIES):
        both = [f"{company} {year}년 {item}: {amount(at, row, year)}" for row, item in enumerate(ITEMS) for year in (2022, 2023)]
        other = [f"{company} 2023년 {item}: {row + at}명" for row, item in enumerate(("직원수", "임원수"), start=20)]
        found += [chunk("\n".join(lines), doc_id=company, position=position, kind="facts", company=company, fiscal_year=2023,
                        breadcrumbs=f"{company} 2023 사업보고서 > {title}")
                  for position, (title, lines) in enumerate({"손익": both, "직원": other}.items())]
    return found


def line_asked(request: Request) -> tuple[str, str, str]:
    """Return the passage number, the label and the value of the line a prompt asks for."""
    passages, _, question = request.content.partition("\n질문: ")
    for block in re.split(r"\n(?=\[\d+\] )", passages):
        for label, value in re.findall(r"^(.+?): (.+)$", block, re.MULTILINE):
            company, _, item = label.split()
            if company in question and label.split()[1] in question and item in question:
                number = re.search(r"\[(\d+)\] ", block)
                assert number is not None
                return number[1], label, value
    raise AssertionError(request.content)


def worded(request: Request) -> str:
    """Answer as a trained model does: 초급 explains one term of two and rounds, 고급 names the table."""
    number, label, value = line_asked(request)
    item = label.split()[-1]
    if INSTRUCTIONS["초급"] in request.content:
        told = f"({ITEMS[item]})" if item in ("매출액", "자본금") else ""
        return f"{label}{told}은 {value}(약 {round(int(re.sub('[^0-9]', '', value)) / 1e8):,}억원)입니다. [{number}]"
    if INSTRUCTIONS["고급"] in request.content:
        return f"손익에 따르면 {label}은 {value}입니다. [{number}]"
    return f"{label}은 {value}입니다. [{number}]"


Opening = Callable[[Callable[[Request], str]], tuple[Answerer, ScriptedGenerator]]


@pytest.fixture
def opening(tmp_path: Path) -> Iterator[Opening]:
    embedder = HashingEmbedder()
    built(tmp_path, chunks(), embedder)
    (tmp_path / "plain.txt").write_text("문서만 보고 답하라.\n", encoding="utf-8")
    (tmp_path / "terms.yaml").write_text("".join(f"{term}: {text}\n" for term, text in ITEMS.items()), encoding="utf-8")
    levels = {}
    for at, (name, text) in enumerate(INSTRUCTIONS.items(), start=1):
        (tmp_path / f"level{at}.txt").write_text(f"{text}\n", encoding="utf-8")
        levels[name] = {"instruction": f"level{at}.txt", "top_k": at, "max_new_tokens": LENGTHS[name]}
    made: dict[str, Any] = recipe() | {
        "prompt": {"instruction": "plain.txt", "decline_text": "문서에 해당 내용이 없습니다.", "lines_per_passage": 8},
        "levels": levels, "terms": "terms.yaml", "verification": {"policy": "abstain"},
        "generation": {"generator": "local", "max_new_tokens": 96, "temperature": 0.0, "retries": 1}}
    opened: list[Answerer] = []

    def start(reply: Callable[[Request], str]) -> tuple[Answerer, ScriptedGenerator]:
        generator = ScriptedGenerator(reply)
        opened.append(Answerer(made, tmp_path, Retriever(open_index(made, tmp_path, embedder), embedder, made), generator))
        return opened[-1], generator

    yield start
    for answerer in opened:
        answerer.retriever.close()


def at_every_level(answerer: Answerer) -> list[dict[str, Answer]]:
    """Return each question's answers by level, all of them generated in the same batches."""
    asked = [answerer.prepare(Inquiry(text=text, level=name)) for text in QUESTIONS for name in NAMES]
    answers = answerer.ask_many(asked)
    return [dict(zip(NAMES, answers[at : at + 3], strict=True)) for at in range(0, len(answers), 3)]


def test_twenty_questions_have_the_same_figures_and_citations_at_every_level_in_plainer_words_at_the_easier(
        opening: Opening) -> None:
    answerer, generator = opening(worded)
    answers = at_every_level(answerer)
    assert len(answers) == 20
    for one in answers:
        facts = {name: facts_of(answer) for name, answer in one.items()}
        assert len(set(facts.values())) == 1, facts
        assert len(facts["초급"].figures) == len(facts["초급"].citations) == 1 and not facts["초급"].declined
        assert [len(one[name].passages) for name in NAMES] == [1, 2, 2]   # each level's own top_k of the two tables
        assert len({answer.text for answer in one.values()}) == 3
    worded_at = {name: [wording_of(one[name], answerer.preparer.terms) for one in answers] for name in NAMES}
    explained = [mean(wording.explained for wording in worded_at[name]) for name in NAMES]
    assert explained == [1, 0, 0]   # by the model, or beside the answer where the model did not
    assert all(answer.terms == (("영업이익", ITEMS["영업이익"]),) for one in answers
               if "영업이익" in (answer := one["초급"]).question)
    assert all(not one["초급"].terms for one in answers if "매출액" in one["초급"].question)
    assert max(generator.batches) <= 16 and sum(generator.batches) == 60


@pytest.mark.parametrize(("name", "told"), [
    ("고급", "손익에 따르면 {label}은 {value}입니다. [{number}] {change} [{number}]"),
    ("초급", "{label}은 약 {eok}억원입니다. [{number}] {change} [{number}]")])
def test_a_further_figure_at_one_level_is_seen(opening: Opening, name: str, told: str) -> None:
    def more(request: Request) -> str:
        plain = worded(request)
        if INSTRUCTIONS[name] not in request.content:
            return plain
        number, label, value = line_asked(request)
        found = re.search(rf"{label.replace('2023', '2022')}: (\S+)", request.content)
        assert found is not None
        change = f"2022년 {found[1]}보다 7,000,000,001원 증가했습니다."
        return told.format(label=label, value=value, number=number, change=change,
                           eok=f"{round(int(re.sub('[^0-9]', '', value)) / 1e8):,}")

    answerer, _ = opening(more)
    found = [{key: facts_of(answer) for key, answer in one.items()} for one in at_every_level(answerer)]
    assert all(len(one[name].figures - one["중급"].figures) == 2 for one in found)   # last year's figure and the change
    assert all(one[name].figures > one["중급"].figures for one in found)
    assert all(one[other] == one["중급"] for one in found for other in NAMES if other != name)


def test_a_rounded_amount_alone_is_the_figure_of_its_line(opening: Opening) -> None:
    def rounded(request: Request) -> str:
        number, label, value = line_asked(request)
        return f"{label}은 약 {round(int(re.sub('[^0-9]', '', value)) / 1e8):,}억원입니다. [{number}]"

    rough, exact = (opening(reply)[0] for reply in (rounded, worded))
    asked = Inquiry(text=QUESTIONS[0], level="중급")
    assert facts_of(rough.ask(asked)) == facts_of(exact.ask(asked))
    declined = facts_of(exact.ask(Inquiry(text="가온누리전자의 2021년 매출액은 얼마인가요?", level="초급")))
    assert declined.declined and not declined.figures and not declined.citations


def test_each_level_has_its_own_length_also_within_one_batch_and_in_a_stream(opening: Opening) -> None:
    class Measuring(ScriptedGenerator):
        lengths: list[tuple[int, int]] = []

        def generate(self, requests: Any, decoding: Decoding, on_done: Any = None) -> Any:
            self.lengths.append((len(requests), decoding.max_new_tokens))
            return super().generate(requests, decoding, on_done)

        def stream(self, request: Request, decoding: Decoding) -> Any:
            self.lengths.append((1, decoding.max_new_tokens))
            return super().stream(request, decoding)

    answerer, _ = opening(worded)
    answerer.generator = generator = Measuring(worded)
    asked = [Inquiry(text=text, level=level) for text, level in zip(QUESTIONS, ("초급", "", "고급", "초급"), strict=False)]
    answers = answerer.ask_many([answerer.prepare(one) for one in asked])
    assert [answer.question for answer in answers] == [one.text for one in asked]
    assert [answer.level for answer in answers] == ["초급", "", "고급", "초급"]
    assert sorted(generator.lengths) == [(1, 60), (1, 96), (2, 50)]
    assert isinstance(list(answerer.stream(asked[2]))[-1], Answer) and generator.lengths[-1] == (1, 60)


def test_what_breaks_off_at_a_level_s_length_leaves_no_figure_behind(opening: Opening) -> None:
    class Breaking(ScriptedGenerator):
        def generate(self, requests: Any, decoding: Decoding, on_done: Any = None) -> Any:
            return [replace(one, finish_reason="length") for one in super().generate(requests, decoding, on_done)]

    answerer, _ = opening(worded)
    answerer.generator = Breaking(lambda request: f"{worded(request)} 2")
    broken, whole = facts_of(answerer.ask(Inquiry(text=QUESTIONS[0], level="고급"))), opening(worded)[0]
    assert broken == facts_of(whole.ask(Inquiry(text=QUESTIONS[0], level="고급"))) and len(broken.figures) == 1


def test_auto_answers_at_the_level_asked_in_and_says_why(opening: Opening) -> None:
    answerer, _ = opening(worded)
    plain = answerer.ask(Inquiry(text=QUESTIONS[0], level=AUTO))
    easy = answerer.ask(Inquiry(text=QUESTIONS[0], level=AUTO, before=("쉽게 설명해 주세요.",)))
    assert (plain.level, easy.level) == ("중급", "초급")
    assert easy.level_reason == "'쉽게 설명'이라고 하셔서 초급" and plain.level_reason.endswith("중급")


def test_the_askers_own_number_of_passages_length_and_temperature_go_before_the_levels(opening: Opening) -> None:
    answerer, generator = opening(worded)
    plain = answerer.prepare(Inquiry(text=QUESTIONS[0], level="중급"))
    own = answerer.prepare(Inquiry(text=QUESTIONS[0], level="중급", top_k=1, max_new_tokens=33, temperature=0.0))
    warm = answerer.prepare(Inquiry(text=QUESTIONS[0], level="중급", temperature=0.7))
    assert (len(plain.passages), len(own.passages)) == (2, 1)
    told = [(decoding.max_new_tokens, decoding.temperature) for decoding in map(answerer.decoding_for, (plain, own, warm))]
    assert told == [(40, 0.0), (33, 0.0), (40, 0.7)]
    answerer.ask_many([plain, own, warm])
    assert generator.batches == [1, 1, 1], "questions decoded otherwise are not generated together"
