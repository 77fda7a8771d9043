"""Recipes that train on feedback, written from a domain's train.yaml, chat.yaml and export.yaml: what was settled there stays.

train_feedback.yaml trains the base anew on the domain's rows and the corrections. train_kto.yaml and train_dpo.yaml train
a fresh adapter on the exported model, since LLaMA-Factory takes the model without that adapter for the reference which
answers must not stray from: gone on with, train.yaml's own adapter would be laid aside too.

A recipe that is there already is its owner's and is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mundap.errors import ConfigError
from mundap.paths import show
from mundap.provenance import write_text
from mundap.recipe import read
from pipelines.flywheel.rows import KINDS, Kind

WORD: Mapping[Kind, str] = {"sft": "feedback", "kto": "kto", "dpo": "dpo"}   # of the files' names
_MAKES: Mapping[Kind, str] = {
    "sft": "an adapter trained on the domain's rows and on the answers people corrected on the page.",
    "kto": "an adapter led by ratings (KTO): towards answers rated well, away from those rated badly. Needs both.",
    "dpo": "an adapter led by votes (DPO): towards the answer preferred, away from the other one."}
_NEEDS: Mapping[Kind, str] = {
    "sft": "as train.yaml, and corrections: mundap feedback {rag}",
    "kto": "as train.yaml, {base} made by export.yaml, and ratings: mundap feedback {rag}",
    "dpo": "as train.yaml, {base} made by export.yaml, and votes: mundap feedback {rag}"}
_TIME: Mapping[Kind, str] = {"sft": "that of train.yaml, a little more for the rows added.",
                             "kto": "about four times train.yaml's for as many rows: model and reference each read two answers.",
                             "dpo": "about four times train.yaml's for as many rows: model and reference each read two answers."}
# Keys of train.yaml that belong to its own rows, or to SFT alone.
_NOT_OF_PREFERENCES = re.compile(
    r"^(?:eval_\w+|per_device_eval_batch_size|load_best_model_at_end|metric_for_best_model|greater_is_better|"
    r"packing|neat_packing|neftune_noise_alpha|train_on_prompt|mask_history|enable_liger_kernel|### eval)\b")
_EPOCHS, _RATE = "2.0", "5.0e-6"   # LLaMA-Factory's own examples of both stages


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What the recipes of one folder say: texts of train.yaml, chat.yaml and export.yaml, and the values needed of them."""

    folder: str
    train: str
    chat: str
    base: str
    exported: str
    output_dir: str
    dataset: str
    template: str = ""

    @classmethod
    def read(cls, folder: Path, project: Path) -> Beside:
        """Return what is in a folder of recipes.

        Raises:
            ConfigError: one of the three is missing, or does not say what is needed.
        """
        found = {kind: read(folder / f"{kind}.yaml").values for kind in ("train", "chat", "export")}
        train = found["train"]
        try:
            return cls(folder=show(folder, project), train=(folder / "train.yaml").read_text(encoding="utf-8"),
                       chat=(folder / "chat.yaml").read_text(encoding="utf-8"), base=str(train["model_name_or_path"]),
                       exported=str(found["export"]["export_dir"]), output_dir=str(train["output_dir"]),
                       dataset=str(train["dataset"]), template=str(train.get("template") or ""))
        except KeyError as error:
            raise ConfigError(f"train.yaml or export.yaml lacks {error}.", where=show(folder, project),
                              fix="Add it, or write the recipes by hand.") from error

    def adapter(self, kind: Kind) -> str:
        """Return the folder a kind's adapter is written to: beside the one of train.yaml."""
        return f"{self.output_dir.rpartition('/')[0]}/{WORD[kind]}"


def write_recipes(folder: Path, domain: str, project: Path, kinds: Sequence[Kind] = KINDS) -> list[Path]:
    """Write the recipes of some kinds that a folder lacks; return those written.

    Raises:
        ConfigError: a recipe they are made from is missing or incomplete.
    """
    beside = Beside.read(folder, project)
    written = []
    for kind in kinds:
        for name, text in texts(beside, kind, domain).items():
            if not (folder / name).exists():
                write_text(folder / name, text)
                written.append(folder / name)
    return written


def texts(beside: Beside, kind: Kind, domain: str) -> dict[str, str]:
    """Return file name -> contents of one kind's three recipes."""
    word = WORD[kind]
    return {f"train_{word}.yaml": _train(beside, kind, domain), f"chat_{word}.yaml": _chat(beside, kind),
            f"export_{word}.yaml": _export(beside, kind, domain)}


def _train(beside: Beside, kind: Kind, domain: str) -> str:
    name = f"{domain}_feedback_{kind}"
    laid = {"dataset": f"{beside.dataset},{name}" if kind == "sft" else name, "output_dir": beside.adapter(kind)}
    if kind != "sft":
        laid |= {"stage": kind, "model_name_or_path": beside.exported, "learning_rate": _RATE, "num_train_epochs": _EPOCHS}
    head = _head("train", _MAKES[kind], f"mundap train {beside.folder}/train_{WORD[kind]}.yaml",
                 _NEEDS[kind].format(rag=f"{beside.folder}/rag.yaml", base=beside.exported), _TIME[kind])
    lines = []
    for line in _body(beside.train).splitlines():
        key = line.partition(":")[0]
        if kind != "sft" and _NOT_OF_PREFERENCES.match(line):
            continue
        if kind != "sft" and line.startswith("### model"):
            line = "### model (the export is also the reference: the new adapter laid aside)"
        lines.append(f"{key}: {laid.pop(key)}" if key in laid else line)
        if key == "stage" and kind != "sft":
            lines.append("pref_beta: 0.1                  # how much straying from the reference costs")
            lines += ["pref_loss: sigmoid"] if kind == "dpo" else \
                ["kto_chosen_weight: 1.0          # where good ratings are few, raise it towards bad / good"]
    lines += [f"{key}: {value}" for key, value in laid.items()]
    return head + "\n".join(lines).strip("\n") + "\n"


def _chat(beside: Beside, kind: Kind) -> str:
    file = f"{beside.folder}/chat_{WORD[kind]}.yaml"
    rest = _body(beside.chat)
    generation = rest[rest.index("### generation"):] if "### generation" in rest else "### generation\ninfer_backend: huggingface\n"
    return _head("infer", f"a chat with the adapter of train_{WORD[kind]}.yaml, in the terminal or as a system of the page.",
                 f"llamafactory-cli chat {file}", f"{beside.adapter(kind)}: mundap train "
                 f"{beside.folder}/train_{WORD[kind]}.yaml", "starts as chat.yaml does.") + _model(beside, kind) + generation


def _export(beside: Beside, kind: Kind, domain: str) -> str:
    file = f"{beside.folder}/export_{WORD[kind]}.yaml"
    return _head("infer", f"the adapter of train_{WORD[kind]}.yaml merged into its base, a folder any Hugging Face program loads.",
                 f"mundap export {file}   (or: llamafactory-cli export {file})", "what export.yaml needs.",
                 "that of export.yaml.") + _model(beside, kind) + (
        f"### export\nexport_dir: exports/{domain}_{WORD[kind]}\nexport_size: 5\nexport_device: cpu\nexport_legacy_format: false\n")


def _model(beside: Beside, kind: Kind) -> str:
    template = f"template: {beside.template}\n" if beside.template else ""
    return (f"### model\nmodel_name_or_path: {beside.base if kind == 'sft' else beside.exported}\n"
            f"adapter_name_or_path: {beside.adapter(kind)}\nfinetuning_type: lora\n{template}trust_remote_code: false\n"
            f"\n")


def _head(schema: str, makes: str, run: str, needs: str, time: str) -> str:
    return (f"# yaml-language-server: $schema=../schema/{schema}.schema.json\n# Makes: {makes}\n# Run:   {run}\n"
            f"# Needs: {needs}\n# Time:  {time}\n\n")


def _body(text: str) -> str:
    """Return a recipe without the comment lines it opens with."""
    lines = text.splitlines(keepends=True)
    start = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith("# ")), len(lines))
    return "".join(lines[start:])
