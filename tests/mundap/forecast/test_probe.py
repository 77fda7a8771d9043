"""What LLaMA-Factory's own code makes of rows, counted by the probe: every way a row is dropped, cut or packed.

One probe answers all cases, since it takes ten seconds to load. A character is a token here, the template adds <bos>,
Q, A and <eos>, so a row of p + a characters comes to p + a + 4 tokens (a line break joins instruction and input).
"""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path
from typing import Any

import pytest

from mundap.forecast.rows import Rows, Trouble, measure
from tests.mundap.forecast.conftest import register, tiny_model

pytestmark = pytest.mark.slow

SHAREGPT = {"formatting": "sharegpt"}
TURN = {"from": "human", "value": "가나"}
ANSWER = {"from": "gpt", "value": "다라마"}


def row(prompt: int, answer: int) -> dict[str, str]:
    """Return a row of so many characters."""
    return {"instruction": "가" * prompt, "input": "", "output": "나" * answer}


def rows_of(lengths: list[tuple[int, int]]) -> list[dict[str, str]]:
    """Return rows of (prompt, answer) characters."""
    return [row(*pair) for pair in lengths]


@dataclasses.dataclass(frozen=True)
class Case:
    """A dataset's rows and entry, and the recipe's keys."""

    rows: Any
    entry: dict[str, Any] = dataclasses.field(default_factory=dict)
    values: dict[str, Any] = dataclasses.field(default_factory=dict)
    suffix: str = ".json"


_LONG = rows_of([(random.Random(at).randint(40, 60), random.Random(at).randint(30, 50)) for at in range(955)])
_COLUMNS = {"columns": {"prompt": "instruction", "query": "input", "response": "output"}}
CASES: dict[str, Case] = {
    "whole": Case(rows_of([(5, 3), (10, 6)])),
    "joined": Case([{"instruction": "가나", "input": "다라", "output": "마"}]),
    "null": Case([*rows_of([(5, 3)]), row(5, 3) | {"output": None}, *rows_of([(5, 3)])]),
    "numbers": Case([row(5, 3) | {"output": at} for at in range(3)]),
    "partial_columns": Case(rows_of([(5, 3), (5, 3)]), {"columns": {"prompt": "instruction"}}),
    "missing_column": Case(rows_of([(5, 3)]), {"columns": {**_COLUMNS["columns"], "query": "question"}}),
    "no_input": Case([{"instruction": "가", "output": "나"}]),
    "empty_answer": Case([*rows_of([(5, 3)]), row(5, 0)]),
    "prompt_is_number": Case([row(5, 3) | {"instruction": 7, "input": 8}]),
    "wrapped": Case({"data": rows_of([(5, 3)])}),
    "broken": Case('{"instruction": "가", \n', suffix=".jsonl"),
    "order": Case([{"conversations": one} for one in (
        [TURN, ANSWER], [ANSWER, TURN], [TURN, TURN], [TURN, ANSWER, TURN], [], [TURN, ANSWER, TURN, ANSWER])], SHAREGPT),
    "cut_question": Case(rows_of([(5, 3), (60, 5)]), values={"cutoff_len": 32}),
    "cut_answer": Case(rows_of([(5, 3), (5, 60)]), values={"cutoff_len": 32}),
    "cut_both": Case(rows_of([(60, 60)]), values={"cutoff_len": 32}),
    "lost_turns": Case([{"conversations": [TURN, ANSWER] * 9}], SHAREGPT, {"cutoff_len": 20}),
    "on_the_edge": Case(rows_of([(20, 8)]), values={"cutoff_len": 32}),
    "packed": Case(rows_of([(8, 4)] * 7), values={"cutoff_len": 40, "packing": True}),
    "packed_apart": Case(rows_of([(8, 4)] * 7), values={
        "cutoff_len": 40, "packing": True, "preprocessing_num_workers": 4}),
    "packed_in_batches": Case(rows_of([(8, 4)] * 7), values={
        "cutoff_len": 40, "packing": True, "preprocessing_batch_size": 3}),
    "dart": Case(_LONG, values={"cutoff_len": 128, "packing": True, "preprocessing_num_workers": 4}),
    "split": Case(rows_of([(5, 3)] * 20), values={"val_size": 0.15}),
    "split_count": Case(rows_of([(5, 3)] * 20), values={"val_size": 4}),
    "head": Case(rows_of([(at, 3) for at in range(1, 21)]), values={"max_samples": 6}),
    "sampled_up": Case(rows_of([(5, 3)] * 4), {"num_samples": 10}),
    "sampled_down": Case([row(5, 3) | ({"output": None} if at == 17 else {}) for at in range(20)], {"num_samples": 19}),
    "on_prompt": Case(rows_of([(5, 3)]), values={"train_on_prompt": True}),
    "empty_template": Case(rows_of([(5, 3)]), values={"template": "empty"}),
    "korean_system": Case(rows_of([(5, 3)]), values={"template": "alpaca", "default_system": "가나다라마바사"}),
    "alpaca": Case(rows_of([(5, 3)]), values={"template": "alpaca"}),
    "unknown_template": Case(rows_of([(5, 3)]), values={"template": "bogus"}),
    "plain_text": Case([{"instruction": "가" * 50} for _ in range(4)], {"columns": {"prompt": "instruction"}},
                       {"stage": "pt", "cutoff_len": 40}),
    "pairs": Case([{"instruction": "가", "input": "", "chosen": "나다", "rejected": "라"},
                   {"instruction": "가", "input": "", "chosen": "나다", "rejected": None}],
                  {"ranking": True, "columns": {"prompt": "instruction", "chosen": "chosen", "rejected": "rejected"}},
                  {"stage": "dpo"}),
    "pairs_for_answers": Case([{"instruction": "가", "input": "", "chosen": "나다", "rejected": "라"}], {"ranking": True}),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forecast") / "작은 과제"
    tiny_model(folder / "models" / "tiny")
    for name, case in CASES.items():
        register(folder, name, case.rows, case.entry, case.suffix)
    return folder


def recipe(project: Path, name: str, **more: Any) -> dict[str, Any]:
    """Return a resolved recipe on one of the datasets."""
    return {"stage": "sft", "model_name_or_path": str(project / "models" / "tiny"), "dataset": name,
            "dataset_dir": str(project), "cutoff_len": 512, "preprocessing_num_workers": 1,
            **CASES[name.split(",")[0]].values, **more}


@pytest.fixture(scope="module")
def answers(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows | Trouble]:
    """Return what the probe counts for every case; and for two datasets at once."""
    wanted = {name: recipe(project, name) for name in CASES}
    wanted["two"] = recipe(project, "whole,null")
    wanted["evaluated"] = recipe(project, "whole", eval_dataset="null,numbers")
    wanted["two_sources"] = recipe(project, "whole", eval_dataset="null", val_size=0.1)
    wanted["stand_in"] = recipe(project, "whole", model_name_or_path="someone/not-here")
    wanted["stand_in_llama"] = recipe(project, "whole", model_name_or_path="meta-llama/Llama-3.2-3B")
    wanted["stand_in_solar"] = recipe(project, "whole", model_name_or_path="upstage/SOLAR-10.7B-v1.0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUNDAP_HOME", str(tmp_path_factory.mktemp("home")))
        said: list[str] = []
        found = dict(zip(wanted, measure(list(wanted.values()), project, say=said.append), strict=True))
        assert len(said) == 1
        # The second time everything is known, so nobody is asked.
        assert measure(list(wanted.values()), project, say=said.append) == list(found.values()) and len(said) == 1
    return found


def counted(answers: dict[str, Rows | Trouble], name: str) -> Rows:
    """Return the counts of a case that has no trouble."""
    found = answers[name]
    assert isinstance(found, Rows), found
    return found


def trouble(answers: dict[str, Rows | Trouble], name: str) -> Trouble:
    """Return the trouble of a case."""
    found = answers[name]
    assert isinstance(found, Trouble), found
    return found


def test_tokens_of_whole_rows(answers: dict[str, Rows | Trouble]) -> None:
    found = counted(answers, "whole")
    assert (found.rows, found.kept, found.sequences, found.notes, found.dropped) == (2, 2, 2, {}, {})
    assert found.lengths == found.full == {12: 1, 20: 1}
    assert (found.tokens, found.supervised) == (32, 3 + 6 + 2)   # the answers and their <eos>
    assert found.tokenizer.exact and not found.pad_is_eos and found.tokenizer_size == 4


def test_a_line_break_joins_instruction_and_input(answers: dict[str, Rows | Trouble]) -> None:
    assert counted(answers, "joined").lengths == {2 + 1 + 2 + 1 + 4: 1}


@pytest.mark.parametrize(("name", "kept", "reasons"), [
    ("null", 2, {"output is null": ("2",)}),
    ("numbers", 0, {"output is a number, not text": ("1", "2", "3")}),
    ("partial_columns", 0, {"no column is given for the answer (`response` is missing from columns)": ("1", "2")}),
    ("order", 2, {"message 1 is from 'gpt' where 'human' is due": ("2",),
                  "message 2 is from 'human' where 'gpt' is due": ("3",),
                  "its last message is not an answer": ("4",), "it holds no messages": ("5",)}),
    ("pairs", 1, {"chosen and rejected answers are not both text": ("2",)}),
])
def test_dropped_rows_and_why(answers: dict[str, Rows | Trouble], name: str, kept: int,
                              reasons: dict[str, tuple[str, ...]]) -> None:
    found = counted(answers, name)
    assert found.kept == kept
    assert {reason: case.rows for reason, case in found.dropped.items()} == reasons
    assert sum(case.count for case in found.dropped.values()) == found.rows - kept


@pytest.mark.parametrize(("name", "row", "what", "fix"), [
    ("missing_column", 1, "there is no 'question', which is asked for.", "instruction, input, output"),
    ("no_input", 1, "there is no 'input', which is asked for.", "instruction, output"),
    ("wrapped", 1, "there is no 'instruction', which is asked for.", "Its columns are data."),
    ("prompt_is_number", 1, "cannot be converted", "must be text"),
    ("broken", 0, "its file cannot be read", "UTF-8"),
    ("pairs_for_answers", 0, "stage sft does not take pairs of answers.", "ranking"),
])
def test_what_stops_the_trainer(answers: dict[str, Rows | Trouble], name: str, row: int, what: str, fix: str) -> None:
    found = trouble(answers, name)
    assert (found.dataset, found.row, found.stops) == (name, row, True)
    assert what in found.what and fix in found.fix


def test_an_unknown_template_is_told(answers: dict[str, Rows | Trouble]) -> None:
    assert "Template bogus does not exist" in trouble(answers, "unknown_template").what


def test_an_empty_answer_is_kept_and_noted(answers: dict[str, Rows | Trouble]) -> None:
    found = counted(answers, "empty_answer")
    assert found.kept == 2 and found.notes["empty answer"].rows == ("2",)
    assert found.supervised == 3 + 1 + 1   # its <eos> alone


@pytest.mark.parametrize(("name", "losses", "lengths"), [
    ("cut_question", {"question cut": ("2",)}, {12: 1, 32: 1}),
    ("cut_answer", {"answer cut": ("2",)}, {12: 1, 32: 1}),
    ("cut_both", {"question cut": ("1",), "answer cut": ("1",)}, {32: 1}),
    ("on_the_edge", {}, {32: 1}),
])
def test_cuts_and_what_they_lose(answers: dict[str, Rows | Trouble], name: str, losses: dict[str, tuple[str, ...]],
                                 lengths: dict[int, int]) -> None:
    found = counted(answers, name)
    assert {kind: case.rows for kind, case in found.notes.items()} == losses
    assert found.lengths == lengths and sum(found.full.values()) == found.kept


def test_turns_beyond_the_cut_are_lost(answers: dict[str, Rows | Trouble]) -> None:
    assert counted(answers, "lost_turns").notes["turns lost"].rows == ("1",)


def test_packing_takes_a_token_for_itself(answers: dict[str, Rows | Trouble]) -> None:
    """16 tokens a row: two fit into 39, seven rows make four packs of 40."""
    found = counted(answers, "packed")
    assert (found.sequences, found.packed_length, found.kept) == (4, 40, 7)


@pytest.mark.parametrize("name", ["packed_apart", "packed_in_batches"])
def test_rows_are_packed_within_a_workers_share(answers: dict[str, Rows | Trouble], name: str) -> None:
    """Shares of 2, 2, 2 and 1 rows; batches of 3, 3 and 1."""
    assert counted(answers, name).sequences == {"packed_apart": 4, "packed_in_batches": 5}[name]


def test_955_rows_longer_than_half_stay_955_sequences(answers: dict[str, Rows | Trouble]) -> None:
    found = counted(answers, "dart")
    assert min(found.lengths) > 128 / 2 and max(found.lengths) < 128
    assert (found.sequences, found.packed_length) == (955, 128)


@pytest.mark.parametrize(("name", "rows", "eval_rows"), [
    ("split", 17, 3), ("split_count", 16, 4), ("head", 6, 0), ("sampled_up", 10, 0), ("two", 5, 0)])
def test_how_many_rows_are_trained_on(answers: dict[str, Rows | Trouble], name: str, rows: int, eval_rows: int) -> None:
    found = counted(answers, name)
    assert (found.rows, found.eval_rows) == (rows, eval_rows)


def test_rows_to_evaluate_on_are_dropped_by_the_same_rules(answers: dict[str, Rows | Trouble]) -> None:
    found = counted(answers, "evaluated")
    assert (found.rows, found.kept, found.eval_rows, found.eval_dropped) == (2, 2, 2, 4)


def test_keys_that_exclude_each_other(answers: dict[str, Rows | Trouble]) -> None:
    assert trouble(answers, "two_sources").what == "Cannot specify `val_size` if `eval_dataset` is not None."


def test_max_samples_takes_the_head(answers: dict[str, Rows | Trouble]) -> None:
    assert max(counted(answers, "head").lengths) == 6 + 3 + 4


def test_sampled_rows_keep_their_number_in_the_file(answers: dict[str, Rows | Trouble]) -> None:
    assert counted(answers, "sampled_down").dropped["output is null"].rows == ("18",)


def test_rows_of_several_datasets_are_named_with_theirs(answers: dict[str, Rows | Trouble]) -> None:
    found = counted(answers, "two")
    assert found.dropped["output is null"].rows == ("null 2",) and found.datasets == (("whole", 2), ("null", 3))


def test_training_on_the_prompt_learns_every_token(answers: dict[str, Rows | Trouble]) -> None:
    found = counted(answers, "on_prompt")
    assert found.supervised == found.tokens == 12


def test_the_empty_template_trains_no_end_mark(answers: dict[str, Rows | Trouble]) -> None:
    assert counted(answers, "empty_template").notes["no end mark"].count == 1
    assert "no end mark" not in counted(answers, "alpaca").notes


def test_one_recipes_system_prompt_does_not_reach_the_next(answers: dict[str, Rows | Trouble]) -> None:
    """LLaMA-Factory writes default_system into its registered template."""
    korean, plain = counted(answers, "korean_system"), counted(answers, "alpaca")
    # "Below is an instruction that describes a task. …\n\n" in place of seven characters
    assert plain.tokens - korean.tokens > 90


def test_plain_text_is_learnt_whole_and_in_blocks(answers: dict[str, Rows | Trouble]) -> None:
    """4 x (50 + <eos>) = 204 tokens: five blocks of 40, the rest is left out."""
    found = counted(answers, "plain_text")
    assert (found.sequences, found.packed_length, found.supervised) == (5, 40, 200)


def test_pairs_count_both_answers(answers: dict[str, Rows | Trouble]) -> None:
    assert counted(answers, "pairs").tokens == (1 + 2 + 4) + (1 + 1 + 4)


def test_a_stand_in_is_told_and_stretched(answers: dict[str, Rows | Trouble]) -> None:
    """No starter model in this home: characters × 0.7, and × 0.95 and × 1.4 of that for two vocabularies."""
    unknown, llama, solar = (counted(answers, f"stand_in{name}") for name in ("", "_llama", "_solar"))
    assert not unknown.tokenizer.exact
    assert unknown.tokenizer.note == ("its tokenizer is not on this machine, so token numbers are estimates "
                                      "(characters × 0.70), in a format that may not be its own")
    assert solar.tokens / llama.tokens == pytest.approx(1.4 / 0.95, rel=0.1)   # both bases without a chat template
