"""The embedder: what its identity depends on, what it refuses, and (slow) the real model's vectors."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mundap.embedder import Embedder
from mundap.errors import ModelError
from mundap.paths import project_root, resolve

# Looked up before a test's empty MUNDAP_HOME is set.
E5 = resolve("models/multilingual-e5-small", project_root(Path(__file__)))


def model_folder(folder: Path, **files: str) -> Path:
    contents = {"modules.json": "[]", "model.safetensors": "weights", "tokenizer.json": "{}",
                "1_Pooling/config.json": '{"pooling_mode_mean_tokens": true}',
                "config_sentence_transformers.json": '{"prompts": {"query": "query: "}}'} | files
    for name, text in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_folder_without_a_model_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        Embedder(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: there is no embedding model here (modules.json is missing).\n"
        "  Unpack the starter models with: mundap models\n"
        "  Or set index.embedding_model to a sentence-transformers folder.")


@pytest.mark.slow   # imports sentence-transformers
def test_a_broken_model_is_an_error_when_it_is_used(tmp_path: Path) -> None:
    embedder = Embedder(model_folder(tmp_path / "e5", **{"modules.json": "{nonsense"}))
    with pytest.raises(ModelError, match="the embedding model cannot be loaded"):
        embedder.embed_queries(["매출액"])


def test_identity_is_stable_and_carries_the_name(tmp_path: Path) -> None:
    one, two = (Embedder(model_folder(tmp_path / place / "e5")) for place in ("a", "b"))
    assert one.identity == two.identity
    assert one.identity.startswith("e5@")
    assert len(one.identity) == len("e5@") + 16


@pytest.mark.parametrize(("name", "text"), [
    ("model.safetensors", "other weights"),
    ("tokenizer.json", '{"other": 1}'),
    ("1_Pooling/config.json", '{"pooling_mode_cls_token": true}'),
    ("config_sentence_transformers.json", '{"prompts": {"query": "질문: "}}'),
])
def test_identity_changes_with_all_that_shapes_vectors(tmp_path: Path, name: str, text: str) -> None:
    before = Embedder(model_folder(tmp_path / "a/e5")).identity
    assert Embedder(model_folder(tmp_path / "b/e5", **{name: text})).identity != before


def test_identity_leaves_library_versions_out(tmp_path: Path) -> None:
    before = Embedder(model_folder(tmp_path / "a/e5")).identity
    newer = '{"prompts": {"query": "query: "}, "__version__": {"transformers": "9"}}'
    assert Embedder(model_folder(tmp_path / "b/e5", **{"config_sentence_transformers.json": newer})).identity == before


def test_the_manifest_spares_hashing_and_is_not_believed_when_sizes_differ(tmp_path: Path) -> None:
    plain = Embedder(model_folder(tmp_path / "a/e5")).identity
    folder = model_folder(tmp_path / "b/e5")
    entry = {"size_bytes": 7, "sha256": hashlib.sha256(b"weights").hexdigest()}
    (folder / "mundap_manifest.json").write_text(json.dumps({"files": {"model.safetensors": entry}}), encoding="utf-8")
    assert Embedder(folder).identity == plain
    (folder / "model.safetensors").write_text("grown weights", encoding="utf-8")
    assert Embedder(folder).identity != plain


def test_identity_loads_no_torch(tmp_path: Path) -> None:
    script = ("import sys; from pathlib import Path; from mundap.embedder import Embedder; "
              "Embedder(Path(sys.argv[1])).identity; assert not {'torch', 'sentence_transformers'} & set(sys.modules)")
    subprocess.run([sys.executable, "-c", script, str(model_folder(tmp_path / "e5"))], check=True, timeout=60,
                   cwd=Path(__file__).parents[2])


@pytest.mark.slow
def test_the_real_model() -> None:
    if not E5.is_dir():
        pytest.skip("models/multilingual-e5-small is not unpacked (mundap models)")
    import torch
    from sentence_transformers import SentenceTransformer

    embedder = Embedder(E5, device="cpu")
    texts = ["가온누리전자 2023년 매출액은 1,234백만원이다.", "짧다", "임대차 계약은 해지할 수 있다. " * 30]
    passages, queries = embedder.embed_passages(texts), embedder.embed_queries(texts)
    assert (passages.shape, passages.dtype, embedder.dimension) == ((3, 384), np.float32, 384)
    assert np.allclose(np.linalg.norm(passages, axis=1), 1, atol=1e-6)
    assert embedder.embed_passages([]).shape == (0, 384)
    plain = SentenceTransformer(str(E5), device="cpu", local_files_only=True, model_kwargs={"dtype": torch.float32})
    for prompt, vectors in (("passage: ", passages), ("query: ", queries)):
        expected = np.asarray(plain.encode([prompt + text for text in texts], normalize_embeddings=True))
        assert (vectors * expected).sum(axis=1).min() >= 0.9995
    question = embedder.embed_queries(["매출이 얼마인가요?"])[0]
    assert int(np.argmax(passages @ question)) == 0
