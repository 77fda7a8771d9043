"""`mundap models --prepare` as a child process against a hub on 127.0.0.1: what is fetched, what is refused, and the token."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from mundap import prepared
from tests.mundap.fake_hub import COMMIT, Hub, serving
from tests.mundap.small_base import LLAMA3, SHARDS, edit, make_base, quiet, read

pytestmark = pytest.mark.slow    # each test starts processes of its own, or loads a model

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str, home: Path, hub: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """Run `mundap models …` with a home of its own and, when given, a hub of our own."""
    clean = {name: value for name, value in os.environ.items() if not name.lower().startswith(("hf_", "http"))}
    clean |= {"MUNDAP_HOME": str(home), "HF_HOME": str(home / "hf"), "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    return subprocess.run([sys.executable, "-m", "mundap.cli.main", "models", *words], cwd=home.parent,
                          env=clean | ({"HF_ENDPOINT": hub} if hub else {}) | env, capture_output=True, text=True,
                          timeout=100, check=False)


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    """Return a hub with a Llama 3 base in two files, and things beside it that nobody should fetch."""
    folder = make_base(tmp_path / "repository", LLAMA3, shards=True)
    (folder / "original").mkdir()
    for name in ("original/consolidated.00.pth", "pytorch_model.bin", "modeling_evil.py", "README.md"):
        (folder / name).write_bytes(b"do not fetch")
    return Hub(name="beomi/Llama-3-Open-Ko-8B", folder=folder)


def test_the_command_prepares_a_folder_and_status_lists_it(tmp_path: Path) -> None:
    base = make_base(tmp_path / "Llama-3-Open-Ko-8B", LLAMA3)
    prepared.prepare(str(base), tmp_path / "home", say=quiet)
    done = run("--status", "--json", home=tmp_path / "home")
    assert done.returncode == 0, done.stderr
    (found,) = [each for each in json.loads(done.stdout) if each["source"] != "starter"]
    assert found == {"name": "Llama-3-Open-Ko-8B-ko", "state": "complete", "reason": "", "source": str(base),
                     "path": str(tmp_path / "home" / "models" / "Llama-3-Open-Ko-8B-ko")}
    again = run("--prepare", str(base), home=tmp_path / "home", HF_HUB_OFFLINE="1")
    assert again.returncode == 0 and again.stderr.startswith("Llama-3-Open-Ko-8B-ko: ready in ")
    assert "Llama-3-Open-Ko-8B-ko  complete" in again.stdout


@pytest.mark.parametrize("words", [("--revision", "main"), ("--prepare", "a/b", "--status"),
                                   ("--prepare", "a/b", "--from-hub")])
def test_options_that_do_not_go_together_are_misuse(words: tuple[str, ...], tmp_path: Path) -> None:
    assert run(*words, home=tmp_path / "home").returncode == 2


CARRY = """In a closed network, carry the folder over:
  1. where the hub can be reached: mundap models --prepare beomi/Llama-3-Open-Ko-8B
  2. there: tar -chf model.tar -C models Llama-3-Open-Ko-8B-ko    (-h packs the weights, not the links)
  3. here:  tar -xf model.tar -C models
  Or prepare a copy of the model's own folder: mundap models --prepare FOLDER
"""


def test_a_closed_network_is_told_how_to_carry_the_folder_over(tmp_path: Path) -> None:
    asked = ("--prepare", "beomi/Llama-3-Open-Ko-8B")
    done = run(*asked, home=tmp_path / "home", HF_HUB_OFFLINE="1")
    assert done.returncode == 1 and done.stderr == (
        "error: beomi/Llama-3-Open-Ko-8B: is not on this machine, and HF_HUB_OFFLINE forbids asking the hub.\n"
        "  Unset HF_HUB_OFFLINE if there is a network. " + CARRY)
    done = run(*asked, home=tmp_path / "home", hub="http://127.0.0.1:9")
    assert done.returncode == 1 and done.stderr == (
        "error: beomi/Llama-3-Open-Ko-8B: is not on this machine, and the hub cannot be reached.\n"
        "  Check the network and HTTPS_PROXY. " + CARRY)


def test_a_gated_model_is_told_and_the_token_is_never_shown(hub: Hub, tmp_path: Path) -> None:
    hub.gated, hub.token = True, "hf_right"
    (tmp_path / "home" / "hf").mkdir(parents=True)
    (tmp_path / "home" / "hf" / "token").write_text("hf_stored", encoding="utf-8")   # of an earlier login: not for us
    with serving(hub):
        without = run("--prepare", hub.name, home=tmp_path / "home", hub=hub.url)
        wrong = run("--prepare", hub.name, home=tmp_path / "home", hub=hub.url, HF_TOKEN="hf_geheim")
    assert without.returncode == wrong.returncode == 1
    assert without.stderr == (
        "error: beomi/Llama-3-Open-Ko-8B: the hub gives this model only to those who accepted its terms; HF_TOKEN is not "
        "set.\n  Accept them at https://huggingface.co/beomi/Llama-3-Open-Ko-8B, signed in; make a token that may read "
        "at\n  https://huggingface.co/settings/tokens; then: HF_TOKEN=… mundap models --prepare beomi/Llama-3-Open-Ko-8B\n")
    assert "and HF_TOKEN's owner is not among them." in wrong.stderr
    assert hub.tokens == {"", "Bearer hf_geheim"} and "geheim" not in wrong.stderr + wrong.stdout
    assert not (tmp_path / "home" / "models").exists()


def test_what_the_hub_does_not_know_is_told(hub: Hub, tmp_path: Path) -> None:
    with serving(hub):
        unknown = run("--prepare", "beomi/Lama", home=tmp_path / "home", hub=hub.url)
        revision = run("--prepare", hub.name, "--revision", "v9", home=tmp_path / "home", hub=hub.url)
    assert unknown.stderr == (
        "error: beomi/Lama: the hub knows no such model, or shows it to its owners only.\n"
        "  Check the spelling (owner/name). For a private model set HF_TOKEN to a token that may read it.\n")
    assert revision.stderr == ("error: beomi/Llama-3-Open-Ko-8B: has no revision 'v9'.\n"
                               "  Give a branch, a tag or a commit.\n")


def test_a_model_with_code_of_its_own_is_refused_before_its_weights_are_fetched(hub: Hub, tmp_path: Path) -> None:
    edit(hub.folder / "config.json", auto_map={"AutoModelForCausalLM": "modeling_evil.X"})
    with serving(hub):
        done = run("--prepare", hub.name, home=tmp_path / "home", hub=hub.url)
    assert done.returncode == 1 and "needs Python code of its own" in done.stderr
    assert "config.json" in hub.asked() and not [name for name in hub.asked() if name.endswith((".safetensors", ".py"))]


def test_a_disk_without_room_is_told_before_the_weights_are_fetched(hub: Hub, tmp_path: Path) -> None:
    hub.claimed[SHARDS[0]] = 10**17
    with serving(hub):
        done = run("--prepare", hub.name, home=tmp_path / "home", hub=hub.url)
    assert done.returncode == 1 and "not enough disk space: 100,000,000.0 GB to fetch" in done.stderr, done.stderr
    assert not [name for name in hub.asked() if name.endswith(".safetensors")]


def test_a_download_that_breaks_off_is_taken_up_again(hub: Hub, tmp_path: Path) -> None:
    from huggingface_hub import constants
    from transformers import AutoTokenizer

    home, piece = tmp_path / "home", constants.DOWNLOAD_CHUNK_SIZE
    save_file({"layer.0": np.arange(5 * piece // 8, dtype=np.float32)}, hub.folder / SHARDS[0])   # half: one piece, a rest
    hub.token, hub.revisions = "hf_geheim", ("v1",)
    hub.cut, hub.refused = [SHARDS[0]], {SHARDS[0]: 503}
    asked = ("--prepare", hub.name, "--revision", "v1")
    with serving(hub):
        first = run(*asked, home=home, hub=hub.url, HF_TOKEN="hf_geheim")
        assert first.returncode == 1 and "the download broke off (HTTP 503).\n  Run the same command again" in first.stderr
        lead = f"GET /{hub.name}/resolve/{COMMIT}/{SHARDS[0]}"
        assert [line for line in hub.requests if line.startswith(lead)] == [lead, f"{lead} bytes={piece}-"]
        hub.requests.clear()
        hub.cut = [SHARDS[0]]                               # cut once more; this time the rest comes
        second = run(*asked, home=home, hub=hub.url, HF_TOKEN="hf_geheim")
    assert second.returncode == 0, second.stderr
    assert hub.asked() == [SHARDS[0], SHARDS[0]], "whatever came whole the first time is not fetched again"
    assert hub.tokens == {"Bearer hf_geheim"} and "geheim" not in first.stderr + second.stderr + second.stdout
    folder = home / "models" / "Llama-3-Open-Ko-8B-ko"
    assert [(folder / name).read_bytes() for name in SHARDS] == [(hub.folder / name).read_bytes() for name in SHARDS]
    assert all((folder / name).is_symlink() for name in SHARDS)
    assert read(folder / "mundap_manifest.json")["prepared_from"] == {"model": hub.name, "revision": "v1", "commit": COMMIT}
    assert AutoTokenizer.from_pretrained(folder, local_files_only=True).pad_token == "<|reserved_special_token_0|>"
    (found,) = prepared.status(home)
    assert (found.state, found.source) == ("complete", f"{hub.name} @ {COMMIT[:8]}")
