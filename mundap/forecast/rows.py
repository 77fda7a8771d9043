"""What the trainer will make of recipes' rows: asks the probe (LLaMA-Factory's own code in a child process), once.

An answer is kept under reports/forecast, named by a hash of everything it depends on: the rows' bytes, how
dataset_info.json reads them, the recipe's keys that bear on rows, the tokenizer and the versions. So a training right
after `mundap check --data` waits for nothing.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap import architecture, dataset_info, factory, launch, provenance, stamp
from mundap.architecture import Architecture
from mundap.errors import ConfigError, MissingExtra
from mundap.forecast import stand_in
from mundap.paths import home
from mundap.starter import GEMMA_DIR

SCHEME = 2
# The recipe's keys that decide what becomes of rows; all others may change without asking again.
KEYS = ("stage", "seed", "model_name_or_path", "dataset", "eval_dataset", "dataset_dir", "media_dir", "template",
        "cutoff_len", "train_on_prompt", "mask_history", "streaming", "buffer_size", "mix_strategy",
        "interleave_probs", "preprocessing_batch_size", "preprocessing_num_workers", "max_samples", "val_size",
        "eval_on_each_dataset", "packing", "neat_packing", "tool_format", "default_system", "enable_thinking",
        "preserve_thinking", "ignore_pad_token_for_loss", "use_fast_tokenizer", "split_special_tokens", "add_tokens",
        "add_special_tokens", "new_special_tokens_config")
_TOKENIZER_FILES = ("tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab*", "merges.txt",
                    "chat_template*", "config.json")
_PACKAGES = ("llamafactory", "transformers", "tokenizers", "datasets")
_KEPT_ANSWERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokenizer:
    """Whose tokens are counted. exact: the recipe's own; else about stretch tokens for each of the stand-in's.

    template_known says whether the rows are written in the format that the trainer will use.
    """

    exact: bool
    folder: Path | None
    stretch: float
    chat_template: bool | None
    template_known: bool

    @property
    def note(self) -> str:
        """Return how token numbers came about, empty when they are the recipe's own."""
        if self.exact:
            return ""
        source = f"the starter model's × {self.stretch:g}" if self.folder else \
            f"characters × {self.stretch * stand_in.TOKENS_PER_CHAR:.2f}"
        unknown = "" if self.template_known else ", in a format that may not be its own"
        return f"its tokenizer is not on this machine, so token numbers are estimates ({source}){unknown}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """How many rows share a fate, and the first few of them: their number in the file, counted from 1."""

    count: int
    rows: tuple[str, ...]

    def __str__(self) -> str:
        more = ", …" if self.count > len(self.rows) else ""
        return f"row{'' if self.count == 1 else 's'} {', '.join(self.rows)}{more}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What becomes of the rows. lengths and full are {tokens: rows} after and before the cut, of the encoded rows.

    sequences is what the trainer steps through: rows, or packs of packed_length tokens. dropped and notes are cases by
    reason and by loss. tokens and supervised count the encoded rows; encoded is less than kept only for large data.
    """

    tokenizer: Tokenizer
    datasets: tuple[tuple[str, int], ...]
    rows: int
    eval_rows: int
    eval_dropped: int
    kept: int
    encoded: int
    sequences: int
    packed_length: int | None
    tokens: int
    supervised: int
    lengths: Mapping[int, int]
    full: Mapping[int, int]
    dropped: Mapping[str, Case]
    notes: Mapping[str, Case]
    pad_is_eos: bool
    tokenizer_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why rows could not be counted: which dataset and row (0: none in particular). stops: the trainer stops too."""

    dataset: str
    row: int
    what: str
    fix: str
    stops: bool = True


def measure(resolved: Sequence[Mapping[str, Any]], project: Path, *, say: Callable[[str], None] = lambda line: None
            ) -> list[Rows | Trouble]:
    """Return what becomes of the rows of each resolved recipe, in the same order; asks for all unknown ones at once.

    Raises:
        MissingExtra: LLaMA-Factory is not installed.
        LaunchError: the probe failed as a whole.
    """
    if importlib.util.find_spec("llamafactory") is None:
        raise MissingExtra("Forecasting a training", "train", "llamafactory")
    found: dict[int, Rows | Trouble] = {}
    asked: dict[Path, tuple[dict[str, Any], list[int]]] = {}
    tokenizers = [tokenizer_of(values, project) for values in resolved]
    for at, (values, tokenizer) in enumerate(zip(resolved, tokenizers, strict=True)):
        refused = _not_countable(values, project)
        if refused is not None:
            found[at] = refused
            continue
        request = _request(values, tokenizer)
        asked.setdefault(_answer_file(request, values, tokenizer, project), (request, []))[1].append(at)
    answers = {file: known for file in asked if (known := _kept(file)) is not None}
    unknown = {file: request for file, (request, _) in asked.items() if file not in answers}
    if unknown:
        say("counting rows and tokens with LLaMA-Factory's own code; it takes about ten seconds to load")
        answers |= _ask(unknown, project)
    for file, (_, places) in asked.items():
        found |= {at: _understood(answers[file], tokenizers[at]) for at in places}
    return [found[at] for at in range(len(resolved))]


def tokenizer_of(values: Mapping[str, Any], project: Path, arch: Architecture | None = None) -> Tokenizer:
    """Return whose tokens to count for a resolved recipe: its model's, or a stand-in's when that is not here."""
    model = str(values.get("model_name_or_path") or "")
    folder = architecture.locate(model, project)
    if folder is not None and any(folder.glob("tokenizer*")):
        return Tokenizer(exact=True, folder=folder, stretch=1.0, chat_template=None, template_known=True)
    arch = arch or architecture.find(model, project)
    starter = home(project) / "models" / GEMMA_DIR
    return Tokenizer(exact=False, folder=starter if (starter / "tokenizer.json").is_file() else None,
                     stretch=stand_in.ratio(arch.vocab_size if arch else None),
                     chat_template=arch.chat_template if arch else None,
                     # A folder still to be prepared gets the stand-in's very template.
                     template_known=bool(values.get("template")) or architecture.to_be_prepared(model)
                     or (arch is not None and arch.chat_template is False))


def _not_countable(values: Mapping[str, Any], project: Path) -> Trouble | None:
    """Return why a recipe's rows cannot be counted here, or None."""
    if values.get("streaming"):
        return _unknown("streamed rows are not counted in advance.")
    if values.get("stage") == "ppo":
        return Trouble(dataset="", row=0, what="stage ppo does not run in LLaMA-Factory 0.9.5.", fix="Use dpo or kto.")
    prepared = Path(str(values.get("tokenized_path") or ""))
    if values.get("tokenized_path") and prepared.is_dir() and any(prepared.iterdir()):
        return _unknown(f"rows prepared earlier in {prepared.name} are used in place of every dataset named.")
    folder = dataset_info.folder(values, project)
    if folder is None:
        return _unknown("its dataset lies on a hub, which a check does not ask.")
    try:
        entries, files = dataset_info.read(folder), dataset_info.files(values, project)
    except ConfigError as error:
        return Trouble(dataset="", row=0, what=f"{error.where}: {error.what}", fix=error.fix)
    names = [*dataset_info.named(values, "dataset"), *dataset_info.named(values, "eval_dataset")]
    unregistered = [name for name in names if name not in entries]
    if unregistered:
        return Trouble(dataset=unregistered[0], row=0, what="it is not registered in dataset_info.json.",
                       fix="Correct the name, or enter it there.")
    missing = [name for name, path in files.items() if not path.exists()]
    if missing:
        return Trouble(dataset=missing[0], row=0, what="its file is not there.",
                       fix="Make it with mundap data, or correct its file_name in dataset_info.json.")
    if any(dataset_info.source(entries[name], folder) is None for name in names):
        return _unknown("a dataset lies on a hub or in a cloud, which a check does not ask.")
    return None


def _unknown(what: str) -> Trouble:
    return Trouble(dataset="", row=0, what=what, fix="", stops=False)


def _request(values: Mapping[str, Any], tokenizer: Tokenizer) -> dict[str, Any]:
    kept = {key: values[key] for key in KEYS if values.get(key) is not None}
    return {"values": kept, "tokenizer": {
        "exact": tokenizer.exact, "folder": str(tokenizer.folder) if tokenizer.folder else "",
        "stretch": tokenizer.stretch,
        # A template that the recipe names is used whatever the tokenizer brings.
        "chat_template": None if values.get("template") else tokenizer.chat_template}}


def _answer_file(request: Mapping[str, Any], values: Mapping[str, Any], tokenizer: Tokenizer, project: Path) -> Path:
    identity = provenance.folder_identity(tokenizer.folder, _TOKENIZER_FILES, top_only=True) if tokenizer.folder else ""
    versions = provenance.versions()
    parts = {"scheme": SCHEME, "request": dict(request), "tokenizer": identity,
             "rows": provenance.dataset_hashes(values, project),
             "entries": provenance.dataset_entries(values, project),
             "versions": {name: versions.get(name, "") for name in _PACKAGES}}
    return _folder(project) / f"{stamp.digest(parts)[:32]}.json"


def _folder(project: Path) -> Path:
    return home(project) / "reports" / "forecast"


def _kept(file: Path) -> dict[str, Any] | None:
    """Return an answer of an earlier time, or None."""
    try:
        loaded = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return loaded if isinstance(loaded, dict) else None


def _ask(requests: Mapping[Path, Mapping[str, Any]], project: Path) -> dict[Path, dict[str, Any]]:
    """Run the probe on all requests; return each answer and keep it in its file.

    Raises:
        LaunchError: the probe failed as a whole.
    """
    folder = _folder(project)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mundap-forecast-") as temporary:
        questions, results = Path(temporary) / "requests.json", Path(temporary) / "results.json"
        provenance.write_text(questions, json.dumps(list(requests.values()), ensure_ascii=False))
        # No model is named, so the hub is switched off; copies of the rows go when the probe is done.
        env = {**factory.environment({}), "HF_DATASETS_CACHE": str(Path(temporary) / "datasets"),
               "CUDA_VISIBLE_DEVICES": ""}
        log = folder / "probe.log"
        outcome = launch.run([sys.executable, "-m", "mundap.forecast.probe", str(questions), str(results)],
                             cwd=project, env=env, log=log, gentle_s=5.0)
        if outcome.stopped:
            raise KeyboardInterrupt
        if outcome.returncode != 0:
            raise launch.failure(outcome, what="the probe that counts rows", log=log)
        answers = dict(zip(requests, json.loads(results.read_text(encoding="utf-8")), strict=True))
    for file, answer in answers.items():
        # What the probe did not foresee may be this machine's fault and gone the next time.
        if not answer.pop("unforeseen", False):
            provenance.write_text(file, json.dumps(answer, ensure_ascii=False))
    _forget_old(folder)
    return answers


def _forget_old(folder: Path) -> None:
    """Remove the oldest answers beyond a few hundred."""
    kept = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in kept[_KEPT_ANSWERS:]:
        file.unlink(missing_ok=True)


def _understood(answer: Mapping[str, Any], tokenizer: Tokenizer) -> Rows | Trouble:
    if "trouble" in answer:
        return Trouble(**answer["trouble"])

    def cases(key: str) -> dict[str, Case]:
        return {name: Case(count=case["count"], rows=tuple(case["rows"])) for name, case in answer[key].items()}

    return Rows(tokenizer=tokenizer, datasets=tuple((one["name"], one["rows"]) for one in answer["datasets"]),
                lengths={int(length): count for length, count in answer["lengths"].items()},
                full={int(length): count for length, count in answer["full"].items()},
                dropped=cases("dropped"), notes=cases("notes"),
                **{key: answer[key] for key in ("rows", "eval_rows", "eval_dropped", "kept", "encoded", "sequences",
                                                "packed_length", "tokens", "supervised", "pad_is_eos",
                                                "tokenizer_size")})
