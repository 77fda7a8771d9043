"""Does an exported model say what its base and adapter say, from its folder and behind a server? `mundap eval --parity`.

    rows of the domain's held-out set -> their prompts, as LLaMA-Factory writes them, base folder and export render them
    the same prompts, greedy, through  adapter   base + adapter, merged in memory
                                       served    `llamafactory-cli api` on the export
                                       ollama    where it is installed; told apart, since it rounds the weights anew
                                       exported  the export's folder
    -> every pair compared (agreement.py) -> mundap_parity.json in the export (certificate.py)

Each way holds the model alone and is ended before the next. Prompts go one at a time: a batch pads, a server does not.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from mundap import dataset_info, export, factory, launch, provenance
from mundap.errors import ConfigError, DataError, GenerationError, ModelError
from mundap.generator import Decoding, Generation, Generator, Request
from mundap.generator.chat_recipe import ChatModel
from mundap.generator.local import LocalGenerator
from mundap.paths import DATASET_INFO, home, show
from mundap.recipe import Recipe, load
from rag.evaluation.parity import served
from rag.evaluation.parity.agreement import Agreement, Said, agreement, prompt_hash
from rag.evaluation.parity.certificate import Certificate, certificate, write
from rag.kept_answers import progress

Say = Callable[[str], None]

PROMPTS = 24
TOKENS = 96
# Merging rounds. On the demo (24 prompts, 602 tokens, CPU) an export in float32 and one in bfloat16 both matched base and
# adapter token for token; longer answers and GPU kernels may turn a near tie. A greedy answer that has parted stays so and
# every token after counts, so 0.95 is about one early parting in twenty answers. Another layer or template is far below.
THRESHOLD = 0.95
REQUIRED = ("adapter", "exported", "served")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One row's question: its number in the dataset's file, what is asked, and the trainer's token ids of the prompt."""

    row: int
    request: Request
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What one way made of the prompts: its texts in their order and the prompt tokens it counted (0: not told).

    rendered are the prompts' token ids where the way tells them, seconds what the answers took, loading left out.
    """

    name: str
    texts: tuple[str, ...]
    prompt_tokens: tuple[int, ...]
    rendered: tuple[tuple[int, ...], ...] = ()
    seconds: float = 0.0


def run(recipe: Recipe, *, prompts: int = PROMPTS, tokens: int = TOKENS, say: Say = lambda line: None) -> Certificate:
    """Compare the ways of an export recipe's model, write the certificate into the export and return it.

    A run that is stopped writes none and leaves an earlier one as it is.

    Raises:
        ConfigError: no train recipe says how the rows were written.
        ModelError: the base, the adapter or a current export is not there.
        DataError: the rows cannot be read.
        LaunchError, GenerationError: a way could not be started, or failed on a prompt.
    """
    values = _current(recipe)
    export_dir = Path(values["export_dir"])
    dataset, asked = prompts_of(recipe, values, prompts, say)
    decoding = Decoding(max_new_tokens=tokens)
    adapters = tuple(Path(part) for part in str(values.get("adapter_name_or_path") or "").split(",") if part)
    log = home(recipe.project) / "reports" / "parity" / f"{export_dir.name}-api.log"
    with opened(ChatModel(model=Path(values["model_name_or_path"]), adapters=adapters)) as generator:
        ways = [ask("adapter", generator, asked, decoding, say)]
    say("starting llamafactory-cli api on the export; it takes about half a minute")
    with served.api(export_dir, values, log=log) as endpoint:
        ways.append(ask("served", endpoint, asked, decoding, say))
    with served.ollama(export_dir) as found:
        notes = {"gguf/ollama": found} if isinstance(found, str) else {}
        if not isinstance(found, str):
            try:
                ways.append(ask("ollama", found, asked, decoding, say))
            except GenerationError as error:   # told apart from the rest, it decides nothing
                notes = {"gguf/ollama": f"could not be asked: {error.what}"}
    with opened(ChatModel(model=export_dir)) as generator:
        ways.append(ask("exported", generator, asked, decoding, say))
        said = said_by(ways, generator)
    content = judged(asked, ways, said)
    write(export_dir, {"recipe": recipe.name, "dataset": dataset, "max_new_tokens": tokens, **content, "notes": notes,
                       "made": time.strftime("%Y-%m-%d"), "versions": provenance.versions()})
    made = certificate(export_dir, recipe.project)
    assert made is not None, "write() has just put it there"
    return made


def ask(name: str, generator: Generator, prompts: Sequence[Prompt], decoding: Decoding, say: Say) -> Way:
    """Return what a generator answers to the prompts, saying how far it is.

    Raises:
        GenerationError: a prompt was not answered.
    """
    generator.start()
    requests = [prompt.request for prompt in prompts]
    rendered = generator.render(requests) if isinstance(generator, LocalGenerator) else []
    began, told, done = time.perf_counter(), time.perf_counter(), 0

    def on_done(index: int, generation: Generation) -> None:
        nonlocal told, done
        done += 1
        if time.perf_counter() - told >= 10 or done == len(prompts):
            told = time.perf_counter()
            say(f"  {name}: {progress(done, len(prompts), told - began)}")

    found = generator.generate(requests, decoding, on_done)
    return Way(name=name, texts=tuple(one.text for one in found), prompt_tokens=tuple(one.prompt_tokens for one in found),
               rendered=tuple(map(tuple, rendered)), seconds=round(time.perf_counter() - began, 2))


def said_by(ways: Sequence[Way], generator: LocalGenerator) -> dict[str, list[Said]]:
    """Return every way's answers with their tokens by one model's tokenizer."""
    return {way.name: [Said(text=text, tokens=tuple(ids))
                       for text, ids in zip(way.texts, generator.tokens(way.texts), strict=True)] for way in ways}


def judged(prompts: Sequence[Prompt], ways: Sequence[Way], said: Mapping[str, Sequence[Said]]) -> dict[str, Any]:
    """Return the certificate's findings: prompt hashes, prompt tokens, each pair's agreement, and whether it passes."""
    rows = [prompt.row for prompt in prompts]
    order = {name: at for at, name in enumerate((*REQUIRED, "ollama"))}
    pairs = [agreement(one.name, other.name, rows, said[one.name], said[other.name])
             for one, other in combinations(sorted(ways, key=lambda way: order[way.name]), 2)]
    hashes = {"rows": prompt_hash([prompt.ids for prompt in prompts]),
              **{_FOLDERS[way.name]: prompt_hash(way.rendered) for way in ways if way.name in _FOLDERS}}
    counted = {"rows": [len(prompt.ids) for prompt in prompts],
               **{way.name: list(way.prompt_tokens) for way in ways}}
    reasons = [*_prompt_reasons(prompts, ways), *_answer_reasons(pairs)]
    if not any(one.tokens for all_said in said.values() for one in all_said):
        reasons.append("no way answered anything, so nothing was compared.")
    return {"passed": not reasons, "reasons": reasons, "prompts": len(prompts), "threshold": THRESHOLD,
            "prompt_hashes": hashes, "prompt_tokens": {name: sum(found) for name, found in counted.items()},
            "seconds": {way.name: way.seconds for way in ways}, "pairs": [pair.as_dict() for pair in pairs]}


_FOLDERS = {"adapter": "base", "exported": "exported"}   # whose chat template and tokenizer a way renders with


def _prompt_reasons(prompts: Sequence[Prompt], ways: Sequence[Way]) -> Iterator[str]:
    """Yield how the prompts of the ways differ from the training rows'."""
    for way in ways:
        if way.name in _FOLDERS:
            differing = [prompt.row for prompt, ids in zip(prompts, way.rendered, strict=True) if prompt.ids != ids]
            if differing:
                yield (f"the {_FOLDERS[way.name]} folder writes prompts otherwise than the training rows: "
                       f"{len(differing)} of {len(prompts)}, first row {differing[0]}.")
        elif way.name in REQUIRED:
            differing = [prompt.row for prompt, count in zip(prompts, way.prompt_tokens, strict=True)
                         if count != len(prompt.ids)]
            if differing:
                yield (f"{way.name}: {len(differing)} of {len(prompts)} prompts have another number of tokens than the "
                       f"training rows', first row {differing[0]}.")


def _answer_reasons(pairs: Sequence[Agreement]) -> Iterator[str]:
    """Yield where the answers of required ways differ too much."""
    for pair in pairs:
        if pair.one not in REQUIRED or pair.other not in REQUIRED:
            continue
        if pair.same_figures < pair.prompts:
            first = next(one.row for one in pair.differences if not one.same_figures)
            yield (f"{pair.one} and {pair.other} state other figures in {pair.prompts - pair.same_figures} of "
                   f"{pair.prompts} answers, first row {first}.")
        if pair.rate < THRESHOLD:
            yield f"{pair.one} and {pair.other}: {pair.rate:.1%} of the tokens match, {THRESHOLD:.0%} are asked for."


def _current(recipe: Recipe) -> dict[str, Any]:
    """Return the resolved values of a recipe whose export is there and up to date.

    Raises:
        ModelError: the base or an adapter is missing, or the export is missing or of other inputs.
    """
    values = factory.resolved(recipe.values, recipe.project)
    factory.require_models(values, recipe.project)
    if not Path(values["model_name_or_path"]).is_dir():
        raise ModelError("the base is a hub model, and a comparison runs on this machine alone.",
                         where=str(values["model_name_or_path"]), fix="Fetch it first: mundap models --prepare ID")
    if not export.finished(recipe):
        raise ModelError("there is no export of these models and values as they are now.",
                         where=show(Path(str(values.get("export_dir", ""))), recipe.project),
                         fix=f"Export them: mundap export {recipe.name}")
    return values


def prompts_of(recipe: Recipe, values: Mapping[str, Any], count: int, say: Say) -> tuple[str, list[Prompt]]:
    """Return the dataset's name and its prompts as LLaMA-Factory writes them, in a process of its own."""
    trained = _trained(recipe, values)
    dataset, folder = _dataset(trained, recipe)
    say(f"{dataset}: {count} prompts as LLaMA-Factory writes them")
    request = {"values": {**trained, "dataset_dir": str(folder)}, "dataset": dataset,
               "folder": values["model_name_or_path"], "count": count}
    log = home(recipe.project) / "reports" / "parity" / "rendering.log"
    with tempfile.TemporaryDirectory(prefix="mundap-parity-") as temporary:
        asked, told = Path(temporary) / "request.json", Path(temporary) / "result.json"
        provenance.write_text(asked, json.dumps(request, ensure_ascii=False, default=str))
        env = {**factory.environment({}), "HF_DATASETS_CACHE": str(Path(temporary) / "datasets"), "CUDA_VISIBLE_DEVICES": ""}
        outcome = launch.run([sys.executable, "-m", "mundap.forecast.rendering", str(asked), str(told)],
                             cwd=recipe.project, env=env, log=log, gentle_s=5.0)
        if outcome.stopped:
            raise KeyboardInterrupt
        if outcome.returncode != 0:
            raise launch.failure(outcome, what="LLaMA-Factory's prompts", log=log)
        found = json.loads(told.read_text(encoding="utf-8"))
    if isinstance(found, dict):
        raise DataError(found["trouble"]["what"], where=dataset, fix=found["trouble"]["fix"])
    return dataset, [Prompt(row=one["row"], request=Request(content=one["content"], system=one["system"]),
                            ids=tuple(one["ids"])) for one in found]


def _trained(recipe: Recipe, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values an adapter was trained with: those kept beside it, or of the train recipe beside the export's.

    Raises:
        ConfigError: there is neither.
    """
    import yaml

    kept = Path(str(values.get("adapter_name_or_path") or "").split(",")[-1]) / provenance.RESOLVED
    if values.get("adapter_name_or_path") and kept.is_file():
        loaded = yaml.safe_load(kept.read_text(encoding="utf-8"))
        if isinstance(loaded, dict):
            return loaded
    train = recipe.path.with_name(recipe.path.name.replace("export", "train", 1))
    if not train.is_file():
        raise ConfigError("no train recipe says which rows the model learnt, and how they were written.", where=recipe.name,
                          fix=f"Train with mundap train, or write {show(train, recipe.project)}.")
    return dict(load(train, kind="train").values)


def _dataset(trained: Mapping[str, Any], recipe: Recipe) -> tuple[str, Path]:
    """Return the dataset to ask and its folder: held-out rows where some are registered, else the rows trained on.

    Raises:
        ConfigError: the recipe trained on no registered dataset.
    """
    # A project that was moved or copied has its rows beside its recipes, not where the training found them.
    folders = [recipe.project, *filter(None, [dataset_info.folder(trained, recipe.project)])]
    names = dataset_info.named(trained, "dataset")
    wanted = [*dataset_info.named(trained, "eval_dataset"), *(f"{name}_eval" for name in names), *names]
    for folder in folders:
        if not (folder / DATASET_INFO).is_file():
            continue
        entries = dataset_info.read(folder)
        for name in wanted:
            source = dataset_info.source(entries[name], folder) if name in entries else None
            if source is not None and source.exists():
                return name, folder
    raise ConfigError(f"none of {', '.join(wanted) or 'its datasets'} is registered and there.", where=recipe.name,
                      fix="Make them with: mundap data <data.yaml>")


@contextlib.contextmanager
def opened(chat: ChatModel) -> Iterator[LocalGenerator]:
    """Give a model that answers one prompt at a time, ended with the context."""
    generator = LocalGenerator(chat, show(chat.model), batch_size=1)
    try:
        yield generator
    finally:
        generator.close()
