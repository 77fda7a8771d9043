"""The probe: what LLaMA-Factory's own data code makes of recipes' rows, counted. A script of its own process.

    python -m mundap.forecast.probe REQUESTS.json RESULTS.json

REQUESTS is a list of {"values": {…}, "tokenizer": {…}}, RESULTS a list of counts or {"trouble": {…}} in the same
order. It loads tokenizers, never a model, and asks no network. Rows are converted, encoded, cut and packed by
LLaMA-Factory (0.9.5); this module watches and counts. Started by rows.py; importing LLaMA-Factory costs ten seconds,
so several recipes share one probe.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import json
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mundap.forecast.conversion import Place, Row, Source, Trouble, accepted, order, refusal, sources
from mundap.provenance import write_text

MOST_ENCODED = 20_000   # of more rows than this, evenly spaced ones are encoded and the rest taken to be like them
_NAMED_ROWS = 5
_TAIL = 4               # an end mark may be followed by a line break or two
IGNORED = -100          # a label that is not learnt
Turn = tuple[int, int]              # tokens of a prompt and of its answer
Cut = tuple[int, int, int, int]     # the same, and what is left of them
# A reward model's stages read pairs the same way.
_DATA_STAGE = {"dpo": "rm"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """What encoding some rows gave: each one's tokens after and before the cut, and how many are learnt."""

    rows: int
    lengths: list[int]
    full: list[int]
    supervised: int


class Tally:
    """Counts cases by kind, and keeps the first few row names of each."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, Any]] = {}

    def add(self, kind: str, row: str) -> None:
        """Count one case."""
        entry = self._found.setdefault(kind, {"count": 0, "rows": []})
        entry["count"] += 1
        if len(entry["rows"]) < _NAMED_ROWS:
            entry["rows"].append(row)

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Return what was counted, by kind."""
        return self._found


def main(requests_file: Path, results_file: Path) -> None:
    """Answer every request of a file; one that fails does not stop the others."""
    results: list[dict[str, Any]] = []
    for request in json.loads(requests_file.read_text(encoding="utf-8")):
        try:
            results.append(measure(request["values"], request["tokenizer"]))
        except Trouble as trouble:
            results.append({"trouble": trouble.told})
        except Exception as error:   # a recipe that LLaMA-Factory itself cannot take must not spoil the others
            results.append({"unforeseen": True, "trouble": {
                "dataset": "", "row": 0, "what": f"LLaMA-Factory stopped: {type(error).__name__}: {error}",
                "fix": "The whole story is in reports/forecast/probe.log."}})
            traceback.print_exc()
    write_text(results_file, json.dumps(results, ensure_ascii=False))


def measure(values: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    """Return the counts for one resolved recipe.

    Raises:
        Trouble: the trainer would not come to its first step.
    """
    from llamafactory.data import get_template_and_fix_tokenizer
    from llamafactory.data.template import TEMPLATES
    from transformers import set_seed

    seed = int(values.get("seed") or 42)
    stage = _DATA_STAGE.get(values["stage"], values["stage"])
    try:
        model_args, data_args = arguments(values, stage)
    except ValueError as error:   # keys that exclude each other
        raise Trouble(dataset="", row=0, what=str(error), fix="Keep one of the two.") from error
    untouched = copy.deepcopy(TEMPLATES.get(data_args.template))
    try:
        tokenizer = _tokenizer(named, model_args)
        try:
            template = get_template_and_fix_tokenizer(tokenizer, data_args)
        except ValueError as error:   # no such template, or one that does not go with another key
            raise Trouble(dataset="", row=0, what=str(error), fix="Name one of LLaMA-Factory's, or leave template out."
                          ) from error
        set_seed(seed)   # as the trainer does before it draws num_samples
        found = sources(data_args.dataset or [], data_args, model_args, stage, seed)
        held_out = sources(data_args.eval_dataset or [], data_args, model_args, stage, seed)
        if not found:
            raise Trouble(dataset="", row=0, what="the recipe names no dataset.", fix="Add a dataset.")
        chosen, split_off = order(found, data_args, seed)
        counts = _count(found, chosen, data_args, template, tokenizer, stage)
        held = [accepted(found[at].converted[row], stage) for at, row in split_off]
        held += [accepted(row, stage) for one in held_out for row in one.converted]
    finally:
        if untouched is not None:   # default_system and the like are written into the registered template
            TEMPLATES[data_args.template] = untouched
    return {**counts, "eval_rows": sum(held), "eval_dropped": len(held) - sum(held),
            "pad_is_eos": tokenizer.pad_token_id == tokenizer.eos_token_id, "tokenizer_size": len(tokenizer),
            "datasets": [{"name": one.name, "rows": len(one.converted)} for one in found]}


def arguments(values: dict[str, Any], stage: str) -> tuple[Any, Any]:
    """Return the model and data arguments, with only the keys that bear on rows."""
    from llamafactory.hparams import DataArguments, ModelArguments

    keys = {field.name for field in dataclasses.fields(DataArguments) if field.init}
    data = {key: value for key, value in values.items() if key in keys and value is not None}
    model = {key: value for key, value in values.items() if key in MODEL_KEYS and value is not None}
    model_args = ModelArguments(model_name_or_path=values["model_name_or_path"], **model)
    data_args = DataArguments(**data)
    data_args.packing = data_args.packing if data_args.packing is not None else stage == "pt"
    model_args.model_max_length = data_args.cutoff_len
    return model_args, data_args


# The keys of a model that change what its tokenizer makes of a text. Remote code stays off: a check runs none.
MODEL_KEYS = ("use_fast_tokenizer", "split_special_tokens", "add_tokens", "add_special_tokens",
              "new_special_tokens_config")


def _tokenizer(named: dict[str, Any], model_args: Any) -> Any:
    """Return the recipe's own tokenizer, or the stand-in for one that is not here."""
    from mundap.forecast.stand_in import stand_in

    if not named["exact"]:
        folder = Path(named["folder"]) if named["folder"] else None
        return stand_in(folder, named["stretch"], named["chat_template"])
    from llamafactory.model import load_tokenizer

    model_args.model_name_or_path = named["folder"]
    return load_tokenizer(model_args)["tokenizer"]


def _count(found: list[Source], chosen: list[Place], data_args: Any, template: Any, tokenizer: Any,
           stage: str) -> dict[str, Any]:
    dropped, notes = Tally(), Tally()
    kept: list[tuple[str, Row]] = []
    marks: list[bool] = []
    for set_at, row_at in chosen:
        one = found[set_at]
        name = f"{one.name} {one.numbers[row_at]}" if len(found) > 1 else str(one.numbers[row_at])
        row = one.converted[row_at]
        marks.append(accepted(row, stage))
        if not marks[-1]:
            dropped.add(refusal(one.read[row_at], one.entry, stage), name)
            continue
        kept.append((name, row))
        if stage == "sft" and not str(row["_response"][0]["content"]).strip():
            notes.add("empty answer", name)
    every = max(-(-len(kept) // MOST_ENCODED), 1)
    encoded = _encoded(kept[::every], data_args, template, tokenizer, stage, notes)
    sequences, packed_length = _sequences(encoded.lengths, marks, data_args, stage)
    return {"rows": len(chosen), "dropped": dropped.as_dict(), "kept": len(kept), "encoded": encoded.rows,
            "notes": notes.as_dict(), "lengths": _counter(encoded.lengths), "full": _counter(encoded.full),
            "tokens": sum(encoded.lengths), "supervised": encoded.supervised, "packed_length": packed_length,
            # Without packing a row is a sequence, also one that was not encoded.
            "sequences": sequences * len(kept) // max(encoded.rows, 1)}


def _encoded(rows: Sequence[tuple[str, Row]], data_args: Any, template: Any, tokenizer: Any, stage: str, notes: Tally
             ) -> Encoded:
    if stage == "sft":
        return _encoded_sft(rows, data_args, template, tokenizer, notes)
    from llamafactory.data.loader import _get_dataset_processor

    processor = _get_dataset_processor(data_args, stage, template, tokenizer, None)
    lengths: list[int] = []
    supervised = 0
    for part in _parts(rows, int(data_args.preprocessing_batch_size)):
        made = processor.preprocess_dataset({key: [row[key] for _, row in part] for key in part[0][1]})
        columns = [key for key in made if key.endswith("input_ids")]
        lengths += [sum(map(len, ids)) for ids in zip(*(made[key] for key in columns), strict=True)]
        labels = [key for key in made if key.endswith("labels")]
        supervised += sum(label != IGNORED for key in labels for one in made[key] for label in one)
    # Plain text is learnt whole and has no labels of its own yet.
    return Encoded(rows=len(rows), lengths=lengths, full=lengths, supervised=supervised or sum(lengths))


def _encoded_sft(rows: Sequence[tuple[str, Row]], data_args: Any, template: Any, tokenizer: Any, notes: Tally
                 ) -> Encoded:
    """Encode row by row with the trainer's own function, and watch what it cuts."""
    from llamafactory.data.processor import supervised as module

    processor = module.SupervisedDatasetProcessor(template=template, tokenizer=tokenizer, processor=None,
                                                  data_args=data_args)
    stops = set(template.get_stop_token_ids(tokenizer))
    lengths, full, learnt = [], [], 0
    with _watched(template, module) as (turns, cuts):
        for name, row in rows:
            cuts.clear()
            try:
                ids, labels = processor._encode_data_example(
                    prompt=row["_prompt"], response=row["_response"], system=row["_system"], tools=row["_tools"],
                    images=row["_images"] or [], videos=row["_videos"] or [], audios=row["_audios"] or [])
            except Exception as error:   # the trainer would stop at this row
                raise Trouble(dataset="", row=0, what=f"row {name} cannot be encoded ({error}).",
                              fix="A prompt, an answer and a message's content must be text.") from error
            lengths.append(len(ids))
            full.append(sum(map(sum, turns)) + int(bool(template.efficient_eos)))
            known = [label for label in labels if label != IGNORED]
            learnt += len(known)
            for kind in _losses(turns, cuts, known, stops):
                notes.add(kind, name)
    return Encoded(rows=len(rows), lengths=lengths, full=full, supervised=learnt)


@contextlib.contextmanager
def _watched(template: Any, module: Any) -> Iterator[tuple[list[Turn], list[Cut]]]:
    """Give the turns of the row encoded last, and each cut since the caller cleared the list."""
    turns: list[Turn] = []
    cuts: list[Cut] = []
    encode, infer = template.encode_multiturn, module.infer_seqlen

    def watch_turns(*words: Any, **options: Any) -> Any:
        pairs = encode(*words, **options)
        turns[:] = [(len(source), len(target)) for source, target in pairs]
        return pairs

    def watch_cuts(source: int, target: int, room: int) -> tuple[int, int]:
        left_source, left_target = infer(source, target, room)
        cuts.append((source, target, left_source, left_target))
        return left_source, left_target

    template.encode_multiturn, module.infer_seqlen = watch_turns, watch_cuts
    try:
        yield turns, cuts
    finally:
        template.encode_multiturn, module.infer_seqlen = encode, infer


def _losses(turns: Sequence[Turn], cuts: Sequence[Cut], known: Sequence[int], stops: set[int]) -> Iterator[str]:
    """Yield what a row loses: the end of its question, of its answer, whole turns, its end mark."""
    question = any(left < source for source, _, left, _ in cuts)
    answer = any(left < target for _, target, _, left in cuts)
    if question:
        yield "question cut"
    if answer:
        yield "answer cut"
    if len(cuts) < len(turns):
        yield "turns lost"
    if not known:
        yield "nothing to learn"
    elif not answer and len(cuts) == len(turns) and not stops & set(known[-_TAIL:]):
        yield "no end mark"


def _sequences(lengths: Sequence[int], marks: Sequence[bool], data_args: Any, stage: str) -> tuple[int, int | None]:
    """Return how many sequences the encoded rows become, and how long a packed one is (None: as long as its row)."""
    if not data_args.packing:
        return len(lengths), None
    size = int(data_args.cutoff_len)   # for answers, one less than the recipe says, which is what packing does
    if stage != "sft":
        return len(lengths), size
    from llamafactory.data.processor.processor_utils import greedy_knapsack

    waiting = iter(lengths)
    packs = 0
    # Rows are packed within a worker's share, a thousand at a time, the dropped ones counted in.
    groups = _shares(len(marks), data_args) if sum(marks) == len(lengths) else [(0, len(marks))]
    for start, end in groups:
        shared = [length for _, length in zip(filter(None, marks[start:end]), waiting, strict=False)]
        packs += len(greedy_knapsack([length for length in shared if length <= size], size))
    return packs, size + 1


def _shares(rows: int, data_args: Any) -> Iterator[tuple[int, int]]:
    """Yield the [start, end) of each group of rows that is prepared together.

    Source: datasets 4.0.0, Dataset.map with num_proc (contiguous shards, the first ones a row longer) and batch_size.
    """
    workers = min(int(data_args.preprocessing_num_workers or 1), max(rows, 1))
    size, longer = divmod(rows, workers)
    batch = int(data_args.preprocessing_batch_size)
    start = 0
    for worker in range(workers):
        end = start + size + (1 if worker < longer else 0)
        yield from ((at, min(at + batch, end)) for at in range(start, end, batch))
        start = end


def _parts(rows: Sequence[tuple[str, Row]], size: int) -> Iterator[Sequence[tuple[str, Row]]]:
    yield from (rows[at:at + size] for at in range(0, len(rows), size))


def _counter(lengths: Sequence[int]) -> dict[str, int]:
    return {str(length): count for length, count in sorted(Counter(lengths).items())}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
