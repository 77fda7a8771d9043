"""Rows as LLaMA-Factory reads them: its own loader and converters, row by row, with the reason for each dropped row.

Runs in the probe's process only. Loading, sampling, converting, mixing and splitting are LLaMA-Factory's functions;
what is added here is which row of which file each converted row was, and words for what its warnings leave unsaid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

Row = dict[str, Any]
Place = tuple[int, int]   # which dataset, and which of its rows


class Trouble(Exception):
    """What would stop the trainer before its first step: which dataset, which row (from 1, 0 for none), why."""

    def __init__(self, *, dataset: str, row: int, what: str, fix: str) -> None:
        self.told = {"dataset": dataset, "row": row, "what": what, "fix": fix}
        super().__init__(what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One dataset: its registry entry, its rows as read and as converted, and each row's number in its file."""

    name: str
    entry: Any
    read: Any
    converted: list[Row] = field(repr=False)
    numbers: list[int] = field(repr=False)


def sources(names: list[str], data_args: Any, model_args: Any, stage: str, seed: int) -> list[Source]:
    """Return every dataset of a list, converted.

    Raises:
        Trouble: a file cannot be read, a column is missing, or a row breaks the converter.
    """
    from llamafactory.data.parser import get_dataset_list

    if not names:
        return []
    try:
        entries = get_dataset_list(names, data_args.dataset_dir)
    except (ValueError, OSError) as error:
        raise Trouble(dataset=",".join(names), row=0, what=str(error), fix="Correct dataset or dataset_dir.") from error
    return [_source(name, entry, data_args, model_args, stage, seed)
            for name, entry in zip(names, entries, strict=True)]


def order(found: list[Source], data_args: Any, seed: int) -> tuple[list[Place], list[Place]]:
    """Return the training rows in the trainer's order, and those that val_size splits off.

    Mixing and val_size are applied by LLaMA-Factory to a table of row numbers, so the split is the real one.
    """
    from llamafactory.data.data_utils import merge_dataset, split_dataset
    from llamafactory.data.loader import Dataset  # of the datasets library, whose name our data folder shares

    tables = [Dataset.from_dict({"set": [at] * len(one.converted), "row": list(range(len(one.converted)))})
              for at, one in enumerate(found)]
    merged = merge_dataset(tables, data_args, seed)
    try:
        train, evaluation = split_dataset(merged, None, data_args, seed)
    except ValueError as error:   # val_size larger than the data
        raise Trouble(dataset=",".join(one.name for one in found), row=0, what=str(error),
                      fix="Lower val_size, or name an eval_dataset instead.") from error

    def places(table: Any) -> list[Place]:
        return list(zip(table["set"], table["row"], strict=True))

    return places(train["train"]), [place for table in evaluation.values() for place in places(table)]


def accepted(row: Row, stage: str) -> bool:
    """Return whether the trainer keeps a converted row."""
    turns, answers = len(row["_prompt"]), len(row["_response"])
    if stage == "pt":
        return True
    return turns % 2 == 1 and (answers == 1 if stage == "sft" else answers >= 2)


def refusal(raw: Mapping[str, Any], entry: Any, stage: str) -> str:
    """Return why the trainer drops a row, given as it was read."""
    if entry.formatting != "alpaca":
        return _disorder(raw, entry)
    if entry.kto_tag or entry.ranking:
        return "chosen and rejected answers are not both text" if entry.ranking else "the label is not true or false"
    if not entry.response:
        return "no column is given for the answer (`response` is missing from columns)"
    value = raw[entry.response]
    if value is None:
        return f"{entry.response} is null"
    if isinstance(value, str):
        return f"a row of stage {stage} needs a pair of answers, chosen and rejected"
    return f"{entry.response} is a {_kind(value)}, not text"


def _source(name: str, entry: Any, data_args: Any, model_args: Any, stage: str, seed: int) -> Source:
    from llamafactory.data.converter import get_dataset_converter

    if (stage == "rm") != bool(entry.ranking):
        wish = "needs pairs of answers (ranking: true)" if stage == "rm" else "does not take pairs of answers"
        raise Trouble(dataset=name, row=0, what=f"stage {stage} {wish}.",
                      fix="Correct stage in the recipe or ranking in dataset_info.json.")
    read = _read(name, entry, data_args, model_args, seed)
    try:
        convert = get_dataset_converter(entry.formatting, entry, data_args)
    except ValueError as error:
        raise Trouble(dataset=name, row=0, what=str(error), fix="formatting is alpaca, sharegpt or openai.") from error
    indices = getattr(read, "_indices", None)
    numbers = [at + 1 for at in (indices.column(0).to_pylist() if indices is not None else range(len(read)))]
    converted = list(_converted(name, entry, read, convert, numbers))
    return Source(name=name, entry=entry, read=read, converted=converted, numbers=numbers)


def _read(name: str, entry: Any, data_args: Any, model_args: Any, seed: int) -> Any:
    """Return a dataset after num_samples and max_samples but before conversion."""
    from llamafactory.data import loader

    # The loader's last act is to convert; here it hands back what it would convert.
    kept, loader.align_dataset = loader.align_dataset, lambda dataset, *rest: dataset
    try:
        return loader._load_single_dataset(entry, model_args, data_args, SimpleNamespace(seed=seed))
    except Exception as error:   # the datasets library raises its own, pyarrow's, the parsers' and the system's
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        raise Trouble(dataset=name, row=0, what=f"its file cannot be read ({_first_line(cause)}).",
                      fix="Every row needs the same columns with the same type (text), in UTF-8 without a mark at the "
                          "start.") from error
    finally:
        loader.align_dataset = kept


def _converted(name: str, entry: Any, read: Any, convert: Any, numbers: list[int]) -> Iterator[Row]:
    for at, raw in enumerate(read):
        try:
            yield convert(raw)
        except KeyError as error:
            columns = ", ".join(raw)
            raise Trouble(dataset=name, row=numbers[at], what=f"there is no {error.args[0]!r}, which is asked for.",
                          fix=f"Its columns are {columns}. Name them under columns (and tags) in dataset_info.json, "
                              "every one that is used.") from error
        except Exception as error:   # whatever a converter trips over stops the trainer as well
            raise Trouble(dataset=name, row=numbers[at], what=f"cannot be converted ({_first_line(error)}).",
                          fix="A prompt, an answer and a message's content must be text.") from error


def _disorder(raw: Mapping[str, Any], entry: Any) -> str:
    """Return what is wrong with the order of a conversation's messages."""
    messages = list(raw[entry.messages] or [])
    if messages and entry.system_tag and messages[0][entry.role_tag] == entry.system_tag:
        messages = messages[1:]
    if not messages:
        return "it holds no messages"
    user, answer = (entry.user_tag, entry.observation_tag), (entry.assistant_tag, entry.function_tag)
    for at, message in enumerate(messages):
        role = message[entry.role_tag]
        if role not in (user, answer)[at % 2]:
            expected = (entry.user_tag, entry.assistant_tag)[at % 2]
            return f"message {at + 1} is from {role!r} where {expected!r} is due"
    return "its last message is not an answer"


def _kind(value: Any) -> str:
    return {bool: "truth value", int: "number", float: "number", list: "list", dict: "group of values"}.get(
        type(value), type(value).__name__)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0][:200] or type(error).__name__
