"""The embedder: texts in, unit vectors out, from a sentence-transformers folder on disk.

It never asks a hub for anything, and it loads nothing before the first text (reading `identity` loads nothing).
Does not store or search vectors; rag/indexing/build.py does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mundap.errors import MissingExtra, ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    Vectors = NDArray[np.float32]

MANIFEST = "mundap_manifest.json"  # written by `mundap models`; holds the files' sizes and SHA-256
BATCH_SIZE = 8


class TextEmbedder(Protocol):
    """What index and retriever need of an embedder; the tests' hashing embedder is one too."""

    @property
    def identity(self) -> str:
        """Return a name that changes when the vectors would."""

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return the questions' vectors: (n, dimension) float32, unit length, in the order given."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return the passages' vectors: (n, dimension) float32, unit length, in the order given."""


class Embedder:
    """A sentence-transformers model in a local folder; its own prompts ("query: ", "passage: ") are put in front."""

    def __init__(self, path: Path, device: str | None = None) -> None:
        """device None means a GPU when there is one, else the CPU.

        Raises:
            ModelError: path is not a sentence-transformers folder.
        """
        if not (path / "modules.json").is_file():
            raise ModelError(
                "there is no embedding model here (modules.json is missing).",
                where=str(path),
                fix="Unpack the starter models with: mundap models\n"
                "Or set index.embedding_model to a sentence-transformers folder.",
            )
        self.path = path
        self._device = device

    @cached_property
    def identity(self) -> str:
        """Return the folder's name and the start of a SHA-256 over all that shapes its vectors."""
        digest = hashlib.sha256()
        for relative in _shaping_files(self.path):
            digest.update(f"{relative}={_file_sha256(self.path, relative)}\n".encode())
        digest.update(json.dumps(_prompts(self.path), sort_keys=True).encode())
        return f"{self.path.name}@{digest.hexdigest()[:16]}"

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    @property
    def dtype(self) -> str:
        """Return what the model computes in, such as torch.bfloat16."""
        return str(next(self._model.parameters()).dtype)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return the questions' vectors: (n, dimension) float32, unit length, in the order given."""
        return self._embed(self._model.encode_query, texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return the passages' vectors: (n, dimension) float32, unit length, in the order given."""
        return self._embed(self._model.encode_document, texts)

    def _embed(self, encode: Any, texts: Sequence[str]) -> Vectors:
        import numpy as np
        import torch

        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        # encode() sorts by length itself, so that a batch of 8 holds little padding.
        raw = encode(list(texts), batch_size=BATCH_SIZE, convert_to_numpy=False, show_progress_bar=False)
        vectors = torch.stack([row.float().cpu() for row in raw]).numpy()
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)  # again in float32: bfloat16's are off by 1e-3
        return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)

    @cached_property
    def _model(self) -> SentenceTransformer:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise MissingExtra("Embedding", "rag", "sentence-transformers") from error
        try:
            return SentenceTransformer(
                str(self.path), device=self._device, local_files_only=True, trust_remote_code=False,
                model_kwargs={"dtype": _dtype(self._device)})
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"the embedding model cannot be loaded: {error}", where=str(self.path),
                             fix="Unpack it again with: mundap models --force") from error


def _dtype(device: str | None) -> Any:
    """Return bfloat16 where the hardware multiplies it faster, else float32; an index serves both.

    Measured with multilingual-e5-small, 8 texts of ~250 tokens, 2 cores: with AVX512_BF16 1.80 s against 2.76 s in
    float32 (autocast gained nothing: 2.29 s at best, slower at the median); with AMX 2.2x. The vectors' cosine to
    those of float32 was never below 0.9999. Without such instructions bfloat16 is emulated and slower.
    """
    import torch

    if device != "cpu" and torch.cuda.is_available():
        gains = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        gains = any(torch.cpu.get_capabilities().get(name) for name in ("amx_tile", "amx_bf16", "avx512_bf16"))
    return torch.bfloat16 if gains else torch.float32


def _shaping_files(folder: Path) -> list[str]:
    """Return the files that shape the vectors: weights, tokenizer, and which modules with which pooling."""
    patterns = ("*.safetensors", "pytorch_model*.bin", "tokenizer.json", "sentencepiece.bpe.model", "vocab.txt",
                "modules.json", "[0-9]*_*/*")
    found = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    if any(path.suffix == ".safetensors" for path in found):  # never read when safetensors are there
        found = {path for path in found if path.suffix != ".bin"}
    return sorted(path.relative_to(folder).as_posix() for path in found)


def _prompts(folder: Path) -> Any:
    path = folder / "config_sentence_transformers.json"
    return json.loads(path.read_text(encoding="utf-8")).get("prompts") if path.is_file() else None


def _file_sha256(folder: Path, relative: str) -> str:
    """Return a file's SHA-256, from the manifest when its size still agrees: hashing 470 MB takes a second."""
    manifest = folder / MANIFEST
    if manifest.is_file():
        entry = json.loads(manifest.read_text(encoding="utf-8")).get("files", {}).get(relative, {})
        if entry.get("size_bytes") == (folder / relative).stat().st_size and entry.get("sha256"):
            return str(entry["sha256"])
    with (folder / relative).open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
