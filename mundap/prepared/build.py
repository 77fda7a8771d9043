"""Make a prepared model folder, prove that its tokenizer does what recipes rely on, and tell which ones there are.

The folder is built beside its place and renamed (mundap.starter.folder), so it is whole or absent.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.errors import ModelError
from mundap.prepared import source, special_tokens
from mundap.prepared.link import link
from mundap.prepared.place import folder_name, identity, local_folder
from mundap.prepared.source import Source
from mundap.prepared.special_tokens import Pad, SpecialTokens
from mundap.prompt import build_prompt, user_content
from mundap.starter import E5_DIR, GEMMA_DIR, folder
from mundap.starter.gguf_tokenizer import TEMPLATE_FILE

Say = Callable[[str], None]
KEY = "prepared_from"   # the manifest's key that tells our folders from the starter models'


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedStatus:
    """A prepared folder, the model it was made from (at a commit, for a hub model), and whether it can be used."""

    name: str
    path: Path
    source: str
    state: folder.State
    reason: str


def prepare(model: str, home: Path, *, revision: str | None = None, force: bool = False, say: Say = print) -> Path:
    """Make home/models/<last part of model>-ko and return it; one that is already whole is left as it is.

    model is a hub id or a local folder; revision a branch, tag or commit of the hub.

    Raises:
        ModelError: the model cannot be had or does not suit, or another model's folder stands in the place.
        ResourceError: the disk has no room.
        MissingExtra: a library to fetch or read it is not installed.
    """
    target = home / "models" / folder_name(model)
    _refuse(target, model)
    if _ready(target, model, revision, force=force):
        say(f"{target.name}: ready in {target}")
        return target
    found = source.find(model, revision=revision, say=say)
    source.require("transformers")
    tokens = special_tokens.read(found.folder, model)
    rows = int(_text_config(found.json(source.CONFIG)).get("vocab_size", 0))
    pad = special_tokens.choose_pad(tokens, rows=rows, used=frozenset(_ends(found)), name=model)
    hows: set[str] = set()

    def build(partial: Path) -> dict[str, Any]:
        hows.update(_fill(partial, found, tokens, pad))
        _prove(partial, model, rows)
        return _facts(found, revision, tokens, pad)

    folder.replace(target, _small_bytes(found), build)
    for line in _report(target, found, tokens, pad, hows):
        say(line)
    return target


def status(home: Path) -> list[PreparedStatus]:
    """Return every prepared folder under home/models, by name; reads no large file."""
    found = []
    for manifest in sorted((home / "models").glob(f"*/{folder.MANIFEST}")):
        made_from = _manifest(manifest.parent).get(KEY)
        if isinstance(made_from, dict):
            state, reason = folder.inspect(manifest.parent)
            commit = str(made_from.get("commit", ""))[:8]
            name = str(made_from.get("model", "")) + (f" @ {commit}" if commit else "")
            found.append(PreparedStatus(name=manifest.parent.name, path=manifest.parent, source=name, state=state,
                                        reason=reason))
    return found


def _refuse(target: Path, model: str) -> None:
    """Return when a model is not one that mundap made itself."""
    given = local_folder(model)
    if given is not None and KEY in _manifest(given):
        raise ModelError("is prepared already.", where=model, fix="Name the folder it was made from.")
    if target.name in (GEMMA_DIR, E5_DIR):
        raise ModelError(f"{target.name} is the folder of a starter model.", where=model,
                         fix="Make that one with: mundap models\nor from the hub: mundap models --from-hub")


def _ready(target: Path, model: str, revision: str | None, *, force: bool) -> bool:
    """Return whether the folder already is what is asked for.

    Raises:
        ModelError: it is something that must not be replaced unasked.
    """
    if not target.exists():
        return False
    made_from = _manifest(target).get(KEY)
    if not isinstance(made_from, dict):
        raise ModelError("is in the way and was not made by --prepare.", where=str(target),
                         fix="A starter model is made with: mundap models\nMove any other folder away first.")
    if force:
        return False
    held = (made_from.get("model"), made_from.get("revision"))
    if held != (identity(model), revision):
        raise ModelError(f"holds {held[0]}" + (f" at revision {held[1]}" if held[1] else "") + ", not what was asked for.",
                         where=str(target), fix="Add --force to make it anew; adapters trained on the older one stay\n"
                                                "tied to it.")
    return folder.inspect(target)[0] == "complete"


def _fill(partial: Path, found: Source, tokens: SpecialTokens, pad: Pad) -> set[str]:
    """Write and link the folder's files; return how the weights came there."""
    for file in (*source.TOKENIZER, source.INDEX):
        if file not in special_tokens.FILES[1:] and (found.folder / file).is_file():
            shutil.copyfile(found.folder / file, partial / file)
    for path in found.licences:
        shutil.copyfile(path, partial / path.name)
    _write(partial / "tokenizer_config.json", special_tokens.tokenizer_config(found.folder, pad, found.name))
    _write(partial / source.CONFIG, _config(found, pad))
    _write(partial / "generation_config.json", _generation_config(found, tokens, pad))
    (partial / "chat_template.jinja").write_bytes(TEMPLATE_FILE.read_bytes())
    return {link(path, partial / path.name) for path in found.weights}


def _config(found: Source, pad: Pad) -> dict[str, Any]:
    """Return config.json with the pad id."""
    config = found.json(source.CONFIG)
    _text_config(config)["pad_token_id"] = pad.id
    return config | {"pad_token_id": pad.id}


def _generation_config(found: Source, tokens: SpecialTokens, pad: Pad) -> dict[str, Any]:
    """Return generation_config.json: the tokenizer's EOS ends an answer, beside what ended one before."""
    eos = tokens.ids[tokens.eos]
    ends = [eos, *(each for each in _ends(found) if each != eos)]
    values = found.json("generation_config.json") | {
        "eos_token_id": ends if len(ends) > 1 else eos, "pad_token_id": pad.id}
    if tokens.bos in tokens.ids:
        values["bos_token_id"] = tokens.ids[str(tokens.bos)]
    return values


def _ends(found: Source) -> list[int]:
    """Return the ids that the base's own generation_config.json ends an answer with."""
    ends = found.json("generation_config.json").get("eos_token_id")
    return [each for each in (ends if isinstance(ends, list) else [ends]) if isinstance(each, int)]


def _prove(partial: Path, model: str, rows: int) -> None:
    """Return when the folder, read as LLaMA-Factory reads it, writes the prompt of prompt.py and pads apart from EOS.

    Raises:
        ModelError: it does not.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(partial, local_files_only=True, trust_remote_code=False)
        written = tokenizer.apply_chat_template([{"role": "user", "content": user_content("가", "나")}], tokenize=False)
        end = tokenizer.encode("나" + tokenizer.eos_token, add_special_tokens=False)[-1]
    except Exception as error:
        raise ModelError(f"its tokenizer cannot be used: {error}", where=model,
                         fix="Check that its files are whole, and that transformers knows its tokenizer.") from error
    faults = []
    if written != (tokenizer.bos_token or "") + build_prompt("가", "나"):
        faults.append(f"the chat template writes {written!r}")
    if end != tokenizer.eos_token_id:
        faults.append(f"EOS written as text becomes the token {end} instead of {tokenizer.eos_token_id}")
    if tokenizer.pad_token_id in (None, tokenizer.eos_token_id) or tokenizer.pad_token_id >= rows:
        faults.append(f"the pad token has the id {tokenizer.pad_token_id} (EOS {tokenizer.eos_token_id}, {rows} rows)")
    if faults:
        raise ModelError(f"its tokenizer does not do what training relies on: {'; '.join(faults)}.", where=model,
                         fix="Mark its special tokens as such in tokenizer.json of a local copy, then prepare that.")


def _facts(found: Source, revision: str | None, tokens: SpecialTokens, pad: Pad) -> dict[str, Any]:
    """Return what the manifest tells beside the list of files."""
    return {KEY: {"model": identity(found.name), "revision": revision, "commit": found.commit},
            "added": ["chat_template.jinja"],
            "changed": {"tokenizer_config.json": f"pad_token {pad.token}, tokenizer_class PreTrainedTokenizerFast",
                        "config.json": f"pad_token_id {pad.id}",
                        "generation_config.json": f"eos_token_id {tokens.ids[tokens.eos]}, pad_token_id {pad.id}"},
            "weights": [path.name for path in found.weights]}


def _report(target: Path, found: Source, tokens: SpecialTokens, pad: Pad, hows: set[str]) -> list[str]:
    weights = source.size(sum(path.stat().st_size for path in found.weights))
    own = _own_template(found)
    return [f"{target.name}: {weights} of weights in {len(found.weights)} file(s), each a {' or '.join(sorted(hows))}, in"
            f" {target}",
            *(["  its own chat template is left aside: a model tuned to follow it is better used as it is"] if own else []),
            f"  answers end with {tokens.eos} (id {tokens.ids[tokens.eos]}), padding is {pad.token} (id {pad.id},"
            f" {pad.reason})",
            f"  in a recipe: model_name_or_path: models/{target.name}, and no `template`",
            f"  to carry it into a closed network: tar -chf model.tar -C {target.parent} {target.name}"
            " (-h packs the weights, not the links)"]


def _own_template(found: Source) -> bool:
    return any((found.folder / file).is_file() for file in source.TEMPLATES) \
        or bool(found.json("tokenizer_config.json").get("chat_template"))


def _text_config(config: dict[str, Any]) -> dict[str, Any]:
    """Return the part of config.json that tells of the text model; a model for pictures too keeps it one level down."""
    inner = config.get("text_config")
    return inner if isinstance(inner, dict) else config


def _small_bytes(found: Source) -> int:
    """Return the room the copied files need, and a little to spare."""
    return 8_000_000 + sum(path.stat().st_size for path in found.folder.iterdir()
                           if path.is_file() and path.suffix != ".safetensors" and path.stat().st_size < 64 << 20)


def _manifest(path: Path) -> Mapping[str, Any]:
    try:
        loaded = json.loads((path / folder.MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _write(path: Path, values: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(values, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
