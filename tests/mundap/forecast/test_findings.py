"""What a forecast warns of, and what it calls wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mundap.forecast.findings import FINDINGS, findings, kept_whole
from mundap.forecast.forecast import Forecast
from mundap.forecast.rows import Case, Tokenizer, Trouble
from tests.mundap.forecast.conftest import counts

ForecastOf = Callable[..., Forecast]
STAND_IN = Tokenizer(exact=False, folder=Path("m"), stretch=0.95, chat_template=None, template_known=False)
NO_TEMPLATE = Tokenizer(exact=False, folder=Path("m"), stretch=0.95, chat_template=False, template_known=True)


def told(one: Forecast) -> list[tuple[str, bool, str]]:
    """Return each finding's code, whether it is only a warning, and its text."""
    return [(problem.code, problem.warning, f"{problem.what} {problem.fix}".strip()) for problem in findings(one)]


def test_rows_as_they_should_be_give_no_finding(forecast_of: ForecastOf) -> None:
    assert told(forecast_of(counts())) == []


@pytest.mark.parametrize(("changes", "expected"), [
    ({"dropped": {"output is null": Case(count=7, rows=("3", "8", "9", "20", "21"))}, "kept": 93},
     ("MD953", True, "7 of 100 rows will be dropped: output is null (rows 3, 8, 9, 20, 21, …). Mend or remove those "
      "rows.")),
    ({"dropped": {"output is null": Case(count=100, rows=("1", "2"))}, "kept": 0, "lengths": {}, "full": {}},
     ("MD952", False, "all 100 rows are dropped: output is null (rows 1, 2, …). Check columns in dataset_info.json "
      "against the file.")),
    ({"notes": {"question cut": Case(count=1, rows=("4",))}, "full": {300: 99, 700: 1}},
     ("MD954", True, "1 of 100 rows lose the end of the prompt: the question and the mark before the answer (row 4). "
      "cutoff_len 704 would keep every row whole; or shorten the context.")),
    ({"notes": {"answer cut": Case(count=2, rows=("4", "5"))}, "full": {300: 98, 520: 1, 700: 1}},
     ("MD955", True, "2 of 100 rows lose the end of the answer and its end mark (rows 4, 5). cutoff_len 704 would keep "
      "every row whole, 520 for 99 of 100; or shorten the context.")),
    ({"notes": {"turns lost": Case(count=1, rows=("4",))}, "full": {600: 1}},
     ("MD956", True, "1 of 100 rows lose whole turns (row 4). cutoff_len 600 would keep every row whole; or shorten the "
      "context.")),
    ({"notes": {"no end mark": Case(count=100, rows=("1",))}},
     ("MD957", True, "in 100 of 100 rows the last thing learnt is not an end mark (template the tokenizer's own), so the "
      "model would never stop. Prepare the base with mundap models --prepare, or name a template.")),
    ({"supervised": 300},
     ("MD958", True, "only 1.0% of the tokens are answers, from which alone the model learns. Put fewer or shorter "
      "passages into a prompt.")),
    ({"notes": {"empty answer": Case(count=1, rows=("9",))}},
     ("MD960", True, "1 of 100 rows have an empty answer and teach the model to say nothing (row 9). Write the answers "
      "or remove the rows.")),
    ({"tokenizer_size": 7},
     ("MD962", True, "the tokenizer comes to 7 tokens with the template's, the model has 4; training would fail on "
      "them. Name the base's own template.")),
    ({"notes": {"nothing to learn": Case(count=1, rows=("9",))}, "full": {600: 1}},
     ("MD963", True, "1 of 100 rows have no answer left to learn (row 9). cutoff_len 600 would keep every row whole; or "
      "shorten the context.")),
    ({"eval_rows": 9, "eval_dropped": 1},
     ("MD953", True, "1 of 10 rows to evaluate on will be dropped. Mend or remove those rows.")),
    ({"eval_rows": 0, "eval_dropped": 3},
     ("MD952", False, "all 3 rows to evaluate on are dropped. Check columns in dataset_info.json against the file.")),
    ({"rows": 0, "kept": 0, "encoded": 0, "tokens": 0, "lengths": {}, "full": {}, "sequences": 0},
     ("MD952", False, "there are no rows to train on. Name a dataset that has rows.")),
])
def test_findings_word_for_word(forecast_of: ForecastOf, changes: dict[str, Any], expected: tuple[str, bool, str]
                                ) -> None:
    assert told(forecast_of(counts(**changes))) == [expected]


def test_trouble_is_a_problem_and_what_cannot_be_counted_is_not(forecast_of: ForecastOf) -> None:
    stops = Trouble(dataset="some", row=3, what="there is no 'input', which is asked for.", fix="Name it.")
    assert told(forecast_of(stops)) == [
        ("MD951", False, "some, row 3: there is no 'input', which is asked for. Name it.")]
    assert told(forecast_of(Trouble(dataset="", row=0, what="streamed.", fix="", stops=False))) == []


def test_estimates_say_about(forecast_of: ForecastOf) -> None:
    changes = {"notes": {"question cut": Case(count=1, rows=("4",))}, "full": {300: 99, 700: 1}}
    [(_, _, text)] = told(forecast_of(counts(tokenizer=STAND_IN, **changes), model="meta-llama/Llama-3.2-3B"))
    assert text.startswith("about 1 of 100 rows") and "cutoff_len about 704" in text


@pytest.mark.parametrize(("tokenizer", "named"), [
    (STAND_IN, None),                        # nobody here knows what the missing tokenizer's template writes
    (NO_TEMPLATE, "(template empty, for want of a chat template)")])
def test_an_end_mark_is_missed_only_where_the_template_is_known(
        forecast_of: ForecastOf, tokenizer: Tokenizer, named: str | None) -> None:
    rows = counts(tokenizer=tokenizer, notes={"no end mark": Case(count=100, rows=("1",))})
    found = told(forecast_of(rows, model="meta-llama/Llama-3.2-3B"))
    assert (named in found[0][2]) if named else found == []


def test_packing_needs_a_token_more() -> None:
    assert kept_whole(counts(full={512: 1}), 1.0) == 512
    assert kept_whole(counts(full={512: 1}, packed_length=512), 1.0) == 520


@pytest.mark.parametrize(("card", "values", "code", "fix"), [
    ("4060", {}, "MD959", "The weights take the most: add quantization_bit: 4."),
    ("4060", {"quantization_bit": 4, "per_device_train_batch_size": 8}, "MD959",
     "The logits take the most: add enable_liger_kernel: true, or lower per_device_train_batch_size."),
    ("4060", {"quantization_bit": 4, "per_device_train_batch_size": 8, "enable_liger_kernel": True,
              "disable_gradient_checkpointing": True}, "MD959",
     "The activations take the most: take disable_gradient_checkpointing out."),
    ("4060", {"quantization_bit": 4, "per_device_train_batch_size": 1, "eval_strategy": "epoch"}, "MD959",
     "Evaluating takes the most: lower per_device_eval_batch_size (it is 8 when not written)."),
    ("T4", {"quantization_bit": 4, "per_device_train_batch_size": 1}, "MD961",
     "Use fp16: true there, and watch for a loss of nan.")])
def test_a_card_that_does_not_do(forecast_of: ForecastOf, card: str, values: dict[str, Any], code: str, fix: str
                                 ) -> None:
    one = forecast_of(counts(tokenizer=STAND_IN), model="models/Llama-3-Open-Ko-8B-ko", card=card, **values)
    [(found, warning, text)] = told(one)
    assert (found, warning) == (code, True) and text.endswith(fix)


def test_where_it_stands(forecast_of: ForecastOf) -> None:
    one = forecast_of(counts(notes={"answer cut": Case(count=1, rows=("1",))}))
    [problem] = findings(one)
    assert problem.where == "configs/some/train.yaml:8" and problem.key == "cutoff_len"


def test_every_code_is_in_the_table_and_used() -> None:
    source = (Path(__file__).parents[3] / "mundap/forecast/findings.py").read_text(encoding="utf-8")
    named = re.findall(r'"(MD\d{3})"', source)
    assert set(named) == set(FINDINGS) and all(named.count(code) > 1 for code in FINDINGS)
