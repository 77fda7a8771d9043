"""From the page's database to judgements: the prompt of an answer kept is the one that was sent, and nobody is named."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from mundap.errors import DataError
from mundap.generator import Decoding, Generation, OnDone, Request
from mundap.prompt import user_content
from pipelines.flywheel.judgement import Thresholds
from pipelines.flywheel.stage import Feedback
from rag.inquiry import Inquiry
from rag.wording import Wording
from tests.webui.judged import ADMIN, HOSTILE, RATER, RIGHT, keep, rate, seed, vote
from tests.webui.scripted import ScriptedGenerator, scripted_answerer, whole_recipe
from webui.flywheel.collecting import chosen, command_line, feedback, judgements, put_down
from webui.flywheel.made_data import preview, written
from webui.storage.answers import Answers
from webui.storage.database import Database
from webui.words import words

WORDING = Wording(instruction="문서만 보고 답하라.", levels={}, systems={})


class Listening(ScriptedGenerator):
    """The scripted model, remembering what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Request] = []

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_done: OnDone | None = None) -> list[Generation]:
        self.asked += requests
        return super().generate(requests, decoding, on_done)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "talks.sqlite")
    yield made
    made.close()


@pytest.fixture
def judged(database: Database, tmp_path: Path) -> Feedback:
    seed(database)
    return feedback(database, whole_recipe(tmp_path), tmp_path, Thresholds())


def test_a_row_s_prompt_is_what_the_model_was_sent(database: Database, tmp_path: Path) -> None:
    (tmp_path / "easy.txt").write_text("쉬운 말로 적으세요.", encoding="utf-8")
    recipe = whole_recipe(tmp_path) | {"levels": {"초급": {"instruction": str(tmp_path / "easy.txt"), "top_k": 1}}}
    model = Listening()
    with closing(scripted_answerer(tmp_path, model, recipe)) as answerer:
        sent = set()
        for level in ("초급", ""):
            inquiry = Inquiry(text="가온누리전자의 2023년 영업이익은 얼마인가요?", level=level)
            answer = Answers(database).add(answerer.ask(inquiry), inquiry, owner="a", domain="demo", system="own", model="m")
            rate(database, "a", answer, 5)
            sent.add(model.asked[-1].content)    # the first try is declined: what is shown was said to the second
    found = judgements(database, "demo", Wording.of(recipe, tmp_path))
    assert {user_content(one.shown.instruction, one.shown.input) for one in found.ratings} == sent
    assert len(sent) == 2 and all(one.shown.by_model for one in found.ratings)


def test_what_was_judged_is_counted_and_nobody_is_named(judged: Feedback) -> None:
    assert judged.given == {"corrections": 3, "ratings": 4, "votes": 2}
    assert {kind: (len(made.rows), made.rejects.by_reason()) for kind, made in judged.made.items()} == {
        "sft": (2, {"not_grounded": 1}), "kto": (3, {"undecided": 1}), "dpo": (1, {"tie": 1})}
    told = json.dumps([list(made.rows) for made in judged.made.values()], ensure_ascii=False)
    assert ADMIN not in told and RATER not in told
    [row] = judged.made["dpo"].rows
    assert (row["rater"], row["answered_by"], row["rejected_by"], row["model"]) == ("rater-1", "own", "v1", "models/own")


def test_other_domains_and_answers_no_model_gave_are_left_out(database: Database) -> None:
    rate(database, "a", keep(database, RIGHT, domain="other"), 5)
    rate(database, "a", keep(database, RIGHT, attempts=0), 1)
    found = judgements(database, "demo", WORDING)
    assert [one.shown.by_model for one in found.ratings] == [False]


def test_an_answer_of_an_earlier_form_is_counted_as_unreadable(database: Database) -> None:
    left, right = keep(database, RIGHT), keep(database, RIGHT, system="v1")
    rate(database, "a", left, 5)
    vote(database, "a", left, right, "left")
    with database.write() as connection:
        connection.execute("UPDATE answers SET answer = '{\"text\": \"옛 답\"}' WHERE id = ?", (left,))
    found = judgements(database, "demo", WORDING)
    assert (found.ratings, found.votes, found.unreadable) == ((), (), 2)


def test_what_is_shown_of_rows_is_text(judged: Feedback) -> None:
    for language in ("ko", "en"):
        shown = preview(judged, words(language), "mundap feedback <b>")
        assert HOSTILE not in shown and "<b>" not in shown and "&lt;img src=x" in shown
        assert "김철수" not in shown
    korean = preview(judged, words("ko"), "")
    assert "근거에 없는 수치가 있음" in korean and "무승부" in korean and "좋음 2행, 나쁨 1행" in korean


def test_nothing_judged_is_said_so(database: Database, tmp_path: Path) -> None:
    found = feedback(database, whole_recipe(tmp_path), tmp_path, Thresholds())
    assert "아직 모인 평가가 없습니다" in preview(found, words("ko"), "")


def test_putting_it_down_tells_paths_and_the_next_command(judged: Feedback, project: Path) -> None:
    outcome = put_down(judged, project, project / "configs/demo")
    assert outcome.files == tuple(f"datasets/demo_feedback_{kind}.json" for kind in ("sft", "kto", "dpo"))
    assert outcome.following[1] == "mundap train configs/demo/train_kto.yaml" and outcome.recipes == (), "the demo has its own"
    assert "mundap train configs/demo/train_dpo.yaml" in written(outcome, words("ko"))
    homeless = put_down(judged, project, None)
    assert homeless.following == () and "no rag.yaml" in homeless.missing


def test_the_command_names_recipe_database_and_scores(project: Path) -> None:
    own = project / "talks/talks.sqlite"
    assert command_line("demo", project, own, Thresholds(good=5, bad=1)) == \
        "mundap feedback configs/demo/rag.yaml --good 5 --bad 1"
    assert command_line("demo", project, Path("/else where.sqlite"), Thresholds()) == \
        "mundap feedback configs/demo/rag.yaml 'web.storage=/else where.sqlite' --good 4 --bad 2"
    assert command_line("gone", project, own, Thresholds()).startswith("mundap feedback rag.yaml web.storage=talks/talks.sqlite ")


@pytest.mark.parametrize(("good", "bad"), [(3, 3), ("x", 1), (None, 2), (99, 1), ([], {})])
def test_scores_from_a_browser_are_not_trusted(good: object, bad: object) -> None:
    with pytest.raises(DataError, match="점수"):
        chosen(good, bad, words("ko"))
