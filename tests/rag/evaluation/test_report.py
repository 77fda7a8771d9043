"""The report: every number in words, nothing of a document as markup, one file, the same bytes each time."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rag.evaluation.metrics.metric import Metric
from rag.evaluation.report import write, write_sweep
from rag.evaluation.report.content import content
from rag.evaluation.report.markdown import escaped
from rag.evaluation.report.metric_words import describe
from rag.evaluation.report.page import facts
from rag.evaluation.report.verdict import verdict
from rag.evaluation.report.words import Words
from rag.evaluation.report.worst import faults, marked, word_diff, worst
from rag.evaluation.results import Evaluation
from rag.evaluation.statistics import Interval, rate
from tests.rag.evaluation.made_evaluation import HOSTILE, SYSTEMS, evaluation


def _unused(gold: object, reply: object) -> None:
    """What this metric is, from its docstring.

    Not this.
    """


METRICS = (
    Metric(name="right", of=_unused, rate=True), Metric(name="hallucinated", of=_unused, rate=True, better="lower"),
    Metric(name="declined_rightly", of=_unused, rate=True), Metric(name="wrongly_declined", of=_unused, rate=True, better="lower"),
    Metric(name="wrong_figure_shown", of=_unused, rate=True, better="lower"), Metric(name="character_f1", of=_unused),
    Metric(name="answer_characters", of=_unused, better="", unit="characters"),
    Metric(name="never_measured", of=_unused), Metric(name="our_own", of=_unused, rate=True))
SWEEP = [SimpleNamespace(name="before", settings={"temperature": 0.7, "stop": ()}, hallucinated=rate(18, 60), right=rate(28, 60),
                         tokens_per_s=21.5, seconds_per_answer=2.9, best=False),
         SimpleNamespace(name="<i>after</i>", settings={"temperature": 0.1, "top_p": 0.9}, hallucinated=rate(6, 60),
                         right=rate(33, 60), tokens_per_s=22.5, seconds_per_answer=2.125, best=True)]


class Page(HTMLParser):
    """What a browser would see: the tags with their attributes, and the text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.said).split())


@pytest.fixture(scope="module")
def made() -> Evaluation:
    """Return the made-up evaluation, with a metric that no table of ours knows."""
    found = evaluation()
    systems = tuple(replace(one, scored=tuple(replace(each, values={**each.values, "our_own": 1.0}) for each in one.scored))
                    for one in found.systems)
    return replace(found, systems=systems)


@pytest.fixture(scope="module")
def folder(made: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a Korean report."""
    return write(made, tmp_path_factory.mktemp("report") / "새 보고서", METRICS, sweep=SWEEP).parent


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return Page((folder / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def report(folder: Path) -> Any:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} in report.json")

    return json.loads((folder / "report.json").read_text(encoding="utf-8"), parse_constant=refuse)


def test_the_page_asks_for_nothing_and_runs_nothing(page: Page) -> None:
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "iframe", "object", "embed", "link", "base", "form", "audio", "video", "use", "foreignobject"}
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on") and name != "style", (tag, name)
            if name in ("src", "href", "xlink:href", "srcset", "action", "poster", "data"):
                assert (value or "").startswith(("#", "data:image/png;base64,")), (tag, name, value)
    style = next("".join(page.said[at : at + 1]) for at, said in enumerate(page.said) if "color-scheme" in said)
    assert "url(" not in style and "@import" not in style
    policy = next(a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and "default-src 'none'" in policy and "unsafe" not in policy


def test_links_of_the_contents_lead_somewhere(page: Page) -> None:
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    links = {(attributes["href"] or "")[1:] for tag, attributes in page.tags if tag == "a"}
    assert links <= ids and links >= {"summary", "differences", "speed", "groups", "verifier", "worst", "answers", "sweep"}


@pytest.mark.parametrize("text", HOSTILE)
def test_what_documents_and_models_say_stays_text(page: Page, text: str) -> None:
    assert " ".join(text.split()) in page.text
    assert not {tag for tag, _ in page.tags} & {"script", "b", "em", "i"}
    assert all(attributes.get("src", "data:") != "x" for _, attributes in page.tags)


def _records(report: Any) -> Iterator[dict[str, Any]]:
    for system in report["systems"]:
        yield from system["metrics"].values()
        for values in system["groups"].values():
            for metrics in values.values():
                yield from metrics.values()


def test_every_number_of_the_json_is_on_the_page(page: Page, report: Any) -> None:
    words, text, seen = Words("ko"), page.text, 0
    for record in _records(report):
        shape = {"rate": record["rate"], "unit": record["unit"]}
        assert words.number(record["value"], **shape) in text
        assert words.interval(record["low"], record["high"], **shape) in text
        seen += record["n"] > 0
    assert seen > 100
    for one in report["differences"]:
        metric = report["systems"][0]["metrics"][one["metric"]]
        shape = {"rate": metric["rate"], "unit": metric["unit"]}
        assert words.change(one["value"], **shape) in text and words.p(one["p_holm"]) in text
        assert one["low"] is None or f"{words.change(one['low'], **shape)} ~ {words.change(one['high'], **shape)}" in text
        assert f"{one['gained']} / {one['lost']}" in text
    assert "1.15 GiB" in text and "21.37" in text and "33.1" in text
    for row in SWEEP:
        assert words.plain(round(row.tokens_per_s, 1)) in text and words.number(row.right.low, rate=True, unit="") in text


def test_the_json_says_what_it_must(report: Any) -> None:
    assert list(report)[:8] == ["domain", "title", "baseline", "data", "verifier", "human", "judge", "notes"]
    base, empty = report["systems"][0], report["systems"][-1]
    assert base["metrics"]["right"]["n"] == 48 and base["metrics"]["declined_rightly"]["n"] == 12
    assert base["metrics"]["right"].keys() >= {"value", "low", "high", "n", "rate", "better", "unit"}
    assert len(base["values"]["right"]) == 48 and "never_measured" not in base["metrics"]
    assert sum(base["values"]["right"].values()) / 48 == pytest.approx(base["metrics"]["right"]["value"])
    assert empty["metrics"]["right"] == {"value": None, "low": None, "high": None, "n": 0, "rate": True, "better": "higher",
                                         "unit": ""}
    assert {one["system"] for one in report["differences"]} == set(SYSTEMS[1:5])
    assert all(one["p_holm"] >= one["p"] for one in report["differences"])
    assert all(one["significant"] is (one["p_holm"] < 0.05) for one in report["differences"])
    assert sum(base["groups"]["level"][name]["hallucinated"]["n"] for name in ("초급", "중급", "고급")) == 60


def test_levels_stand_in_their_order_and_untrained_topics_apart(report: Any, page: Page) -> None:
    groups = report["systems"][0]["groups"]
    assert list(groups["level"]) == ["초급", "중급", "고급"] and "answer_characters" in groups["level"]["초급"]
    assert groups["trained"]["no"]["hallucinated"] == groups["topic"]["계약법"]["hallucinated"]
    assert groups["trained"]["yes"]["hallucinated"]["n"] == 45
    assert "계약법 학습 안 함" in page.text and "학습하지 않은 주제" in page.text


def test_the_verdict_names_the_best_and_what_could_not_be_shown(report: Any) -> None:
    said = {one["about"]: one["says"] for one in report["verdict"]}
    right = {one["name"]: one["metrics"]["right"]["value"] for one in report["systems"] if one["questions"]}
    assert max(right, key=lambda name: right[name]) == SYSTEMS[2]
    assert f"{SYSTEMS[2]}: 숫자 정답 {right[SYSTEMS[2]]:.1%}" in said["가장 좋은 값"]
    assert "60개" in said["표본"] and "%p보다 작으면" in said["표본"]
    told = {one["metric"]: one["significant"] for one in report["differences"] if one["system"] == SYSTEMS[1]}
    assert not any(told[name] for name in ("right", "hallucinated"))
    assert said[f"{SYSTEMS[1]}, 기준 base 대비"].startswith("차이가 있다고 말할 수 없음: 숫자 정답")
    assert "답변이 하나도 없어" in said[SYSTEMS[5]] and "3개가 오류" in said[SYSTEMS[4]] and "계약법" in said["학습하지 않은 주제"]


def test_a_metric_of_few_questions_is_none_of_the_main_ones_and_it_is_said(made: Evaluation) -> None:
    def cut(answerable: int, unanswerable: int) -> Evaluation:
        return replace(made, systems=tuple(replace(one, scored=(
            *[each for each in one.scored if each.gold.answerable][:answerable],
            *[each for each in one.scored if not each.gold.answerable][:unanswerable])) for one in made.systems))

    few = cut(40, 9)
    found = content(few, METRICS, "ko")
    said = {one["about"]: one["says"] for one in verdict(few, found, METRICS[:7], Words("ko"))}
    assert said["주요 지표에서 뺀 것"].startswith("옳은 거절 (n=9): ") and found["asked"]["declined_rightly"] == 9
    main = {one["metric"] for one in found["differences"] if one["main"]}
    assert main == {"right", "hallucinated", "wrong_figure_shown", "wrongly_declined", "character_f1"}
    assert "declined_rightly" in {one["metric"] for one in found["differences"]}, "it is compared all the same"
    assert "옳은 거절" not in said["가장 좋은 값"]
    small = cut(5, 4)
    found = content(small, METRICS, "ko")
    assert "declined_rightly" in {one["metric"] for one in found["differences"] if one["main"]}, "no metric has more"
    assert "주요 지표에서 뺀 것" not in {one["about"] for one in verdict(small, found, METRICS[:7], Words("ko"))}


def test_the_same_evaluation_gives_the_same_bytes(made: Evaluation, folder: Path, tmp_path: Path) -> None:
    write(made, tmp_path, METRICS, sweep=SWEEP)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["metrics.png", "report.html", "report.json", "report.md", "tradeoff.png"]
    for name in names:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def _tables(markdown: str) -> list[list[str]]:
    blocks = [block.strip().split("\n") for block in markdown.split("\n\n") if block.startswith("| ")]
    assert all(line.startswith("| ") and line.endswith(" |") for block in blocks for line in block)
    return blocks


def test_markdown_tables_are_whole(folder: Path, report: Any) -> None:
    text = (folder / "report.md").read_text(encoding="utf-8")
    tables = _tables(text)
    assert len(tables) > 10
    for block in tables:
        widths = {len(re.split(r"(?<!\\)\|", line)) for line in block}
        assert len(widths) == 1 and set(block[1]) <= set("|- ")
    assert len(tables[0]) == 2 + len(report["systems"])
    assert "<script" not in text and "<em>" not in text and "&lt;em&gt;" in text


@pytest.mark.parametrize(("text", "written"), [
    ("a|b", r"a\|b"), ("<b>", "&lt;b&gt;"), ("&lt;b&gt;", "&amp;lt;b&amp;gt;"), (r"$\frac{1}{2}$", r"\$\\frac{1}{2}\$"),
    ("~~지움~~", r"\~~지움\~~"), ("10% ~ 20%", "10% ~ 20%"), ("![a](http://b)", r"!\[a\](http://b)"), ("a\n# b", r"a \# b")])
def test_no_text_is_markdown_or_a_formula(text: str, written: str) -> None:
    assert escaped(text) == written


def test_english_words_and_korean_answers(made: Evaluation, tmp_path: Path) -> None:
    small = replace(made, systems=tuple(replace(one, scored=one.scored[:8]) for one in made.systems[:2]))
    source = write(small, tmp_path, METRICS[:3], "en").read_text(encoding="utf-8")
    text = Page(source).text
    assert '<html lang="en">' in source and "Differences against the baseline" in text and "가온누리전자" in text
    left = re.sub(r"\s", "", " ".join(one["about"] + one["says"] for one in json.loads(
        (tmp_path / "report.json").read_text(encoding="utf-8"))["verdict"]).replace(SYSTEMS[1], "").replace("계약법", ""))
    assert not re.search("[가-힣]", left), left


def test_a_report_of_nothing_is_written(tmp_path: Path) -> None:
    nothing = Evaluation(domain="demo", title="빈 평가", baseline="base", systems=())
    assert "빈 평가" in Page(write(nothing, tmp_path, METRICS).read_text(encoding="utf-8")).text


def test_one_system_is_compared_with_nothing(made: Evaluation, tmp_path: Path) -> None:
    source = write(replace(made, systems=made.systems[:1]), tmp_path, METRICS).read_text(encoding="utf-8")
    page, text = Page(source), (tmp_path / "report.md").read_text(encoding="utf-8")
    assert 'id="differences"' not in source and 'href="#differences"' not in source
    assert "기준 시스템과의 차이" not in page.text and "기준 시스템과의 차이" not in text and "## 요약" in text


@pytest.mark.filterwarnings("error::UserWarning")
def test_long_names_leave_room_for_the_bars(made: Evaluation, tmp_path: Path) -> None:
    named = [replace(one, name=f"{one.name} " + "아주 긴 이름 " * 20) for one in made.systems[:3]]
    source = write(replace(made, systems=tuple(named), baseline=named[0].name), tmp_path, METRICS).read_text(encoding="utf-8")
    assert " ".join(named[1].name.split()) in Page(source).text, "the page has it whole"


def test_worst_answers_come_in_their_order(made: Evaluation) -> None:
    found = worst(made.systems[3])
    assert len(found) == 20 and all(faults(one)[0] == "invented" for one in found)
    few = worst(made.systems[4], 60)
    kinds = [faults(one) for one in few]
    assert [("invented" in one) for one in kinds] == sorted((("invented" in one) for one in kinds), reverse=True)
    assert sum("error" in one for one in kinds) == 3 and all(kinds)


@pytest.mark.parametrize(("text", "invented", "pieces"), [
    ("매출은 12원, 12원.", (("figure", "12원"),), ["매출은 ", ("12원", "figure"), ", ", ("12원", "figure"), "."]),
    ("제12조의2에", (("article", "제12조"), ("article", "제12조의2")), [("제12조의2", "article"), "에"]),
    ("a.b", (("name", "."),), ["a", (".", "name"), "b"]),
    ("그대로", (("name", " "),), ["그대로"]),
    ("", (("name", "x"),), []),
])
def test_what_is_invented_is_marked(text: str, invented: tuple[tuple[str, str], ...], pieces: list[Any]) -> None:
    assert [(one.text, one.mark) if one.mark else one.text for one in marked(text, invented)] == pieces


def test_words_that_only_one_answer_has_are_marked() -> None:
    left, right = word_diff("매출은 12원 입니다.", "매출은 13원 입니다. 끝")
    assert [(one.text, one.mark) for one in left] == [("매출은 ", ""), ("12원 ", "only"), ("입니다.", "")]
    assert [(one.text, one.mark) for one in right] == [("매출은 ", ""), ("13원 ", "only"), ("입니다. ", ""), ("끝", "only")]
    assert word_diff("", "가 나")[0] == []


@pytest.mark.parametrize(("print_it", "printed"), [
    (lambda w: w.number(0.625, rate=True, unit=""), "62.5%"), (lambda w: w.number(0.625, rate=False, unit=""), "0.625"),
    (lambda w: w.number(1.5, rate=False, unit="s"), "1.50초"),
    (lambda w: w.number(1234.5, rate=False, unit="characters"), "1,234.5자"),
    (lambda w: w.number(None, rate=True, unit=""), "–"), (lambda w: w.number(float("nan"), rate=False, unit=""), "–"),
    (lambda w: w.change(-0.05, rate=True, unit=""), "−5.0%p"), (lambda w: w.change(0.05, rate=True, unit=""), "+5.0%p"),
    (lambda w: w.change(-0.00001, rate=True, unit=""), "0.0%p"), (lambda w: w.change(0.12, rate=False, unit=""), "+0.120"),
    (lambda w: w.p(0.0004), "<0.001"), (lambda w: w.p(0.04), "0.040"), (lambda w: w.plain(1234567), "1,234,567"),
])
def test_how_numbers_are_printed(print_it: Callable[[Words], str], printed: str) -> None:
    assert print_it(Words("ko")) == printed


def test_a_metric_of_ones_own_is_told_by_its_docstring(page: Page) -> None:
    assert describe(METRICS[-1], Words("ko")) == ("our_own", "What this metric is, from its docstring.")
    assert "What this metric is, from its docstring." in page.text


def test_every_metric_of_ours_is_described_in_both_languages() -> None:
    from rag.evaluation.metrics import METRICS as ALL

    for metric in ALL:
        assert describe(metric, Words("ko"))[0] != metric.name, metric.name
        assert not re.search("[가-힣]", "".join(describe(metric, Words("en")))), metric.name


def test_no_definition_says_less_than_its_metric_counts() -> None:
    """Kinds that stand in the sources are counted as invented too, and the labels are no person's."""
    from rag.evaluation.metrics import by_name

    for language, other, person, rate_of_one in (("ko", "다른 것의 숫자", "사람이 아니라",
                                                  "초당 토큰(첫 토큰 뒤부터)은 한 번에 한 질문씩"),
                                                 ("en", "figure of something else", "no person's",
                                                  "tokens per second (after the first token) were measured one question")):
        words = Words(language)
        assert other in describe(by_name["hallucinated"], words)[1] and person in words("verifier_note")
        assert rate_of_one in words("speed_note")


def test_long_answers_are_cut_and_it_is_said(page: Page) -> None:
    assert re.search(r"\(… [\d,]{5,}자 생략\)", page.text)


def test_intervals_that_are_not_known_are_no_numbers(made: Evaluation) -> None:
    one = replace(made.systems[0], scored=made.systems[0].scored[:1])
    found = content(replace(made, systems=(one,)), METRICS, "ko")["systems"][0]["metrics"]
    assert found["character_f1"]["n"] == 1 and found["character_f1"]["low"] is None
    assert json.dumps(found, allow_nan=False)


def test_records_of_people_and_labels_are_read_as_they_are_made() -> None:
    told = facts({"recall": {"value": 0.5, "low": 0.25, "high": 0.75, "hits": 2, "of": 4},
                  "systems": {"v2": {"mean": 4.25, "low": 4.0, "high": 4.5, "n": 8, "raters": 2, "values": {"q1": 5}}},
                  "none": {"value": None, "low": 0.0, "high": 1.0, "of": 0}, "pairs": [{"first": "a", "p": 0.04}]}, Words("ko"))
    rows = {row["name"]: (row["text"] or row["value"], row["interval"], row["n"]) for row in told}
    assert rows["재현율"] == ("50.0%", "25.0% ~ 75.0%", 4) and rows["시스템 · v2"] == ("4.250", "4.000 ~ 4.500", 8)
    assert rows["시스템 · v2 · 평가자"][0] == "2" and rows["none"][0] == "–" and rows["짝 1 · 앞 시스템"][0] == "a"
    assert not any("q1" in name for name in rows)


def test_a_sweep_is_a_table_a_picture_and_a_page(tmp_path: Path) -> None:
    page = write_sweep(SWEEP, tmp_path)
    source = page.read_text(encoding="utf-8")
    assert (tmp_path / "sweep.png").read_bytes().startswith(b"\x89PNG") and html.escape("<i>after</i>") in source
    rows = json.loads((tmp_path / "sweep.json").read_text(encoding="utf-8"))["rows"]
    assert [one["best"] for one in rows] == [False, True] and rows[1]["right"]["value"] == 0.55
    table = _tables((tmp_path / "sweep.md").read_text(encoding="utf-8"))[0]
    assert len(table) == 4 and "55.0% (42.5% ~ 66.9%)" in table[3] and "2 (고른 설정)" in table[3]
    assert "10.0%" in Page(source).text and "0.9" in table[3]


def test_a_sweep_without_a_rate_is_drawn_all_the_same(tmp_path: Path) -> None:
    unknown = Interval(float("nan"), 0.0, 1.0, 0)
    bare = SimpleNamespace(**{**vars(SWEEP[0]), "right": unknown, "hallucinated": unknown})
    write_sweep([bare], tmp_path)
    assert "–" in (tmp_path / "sweep.md").read_text(encoding="utf-8")
