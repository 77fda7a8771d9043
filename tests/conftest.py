"""What every test stands on: an empty home, no secrets, no hub; small fakes live here too."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# A background job or nohup starts with these ignored, and every child of a test would ignore them too.
for ignored in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(ignored) is signal.SIG_IGN:
        signal.signal(ignored, signal.default_int_handler if ignored is signal.SIGINT else signal.SIG_DFL)
SECRETS = ("HF_TOKEN", "WANDB_API_KEY", "OPENAI_API_KEY", "SWANLAB_API_KEY")


@pytest.fixture(autouse=True)
def empty_home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point MUNDAP_HOME at an empty folder, unless marked real_home; take secrets and launch settings away."""
    for name in (*SECRETS, "FORCE_TORCHRUN", "NPROC_PER_NODE", "NNODES", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    if request.node.get_closest_marker("real_home"):
        monkeypatch.delenv("MUNDAP_HOME", raising=False)
    else:
        monkeypatch.setenv("MUNDAP_HOME", str(tmp_path / "home"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project under a path with a blank and Hangul: our recipes, prompts and a tiny dataset."""
    folder = tmp_path / "한글 폴더"
    shutil.copytree(ROOT / "configs", folder / "configs")
    (folder / "datasets").mkdir()
    known = json.loads((ROOT / "dataset_info.json").read_text(encoding="ascii"))
    entries = {name: known["demo"] if name == "demo_v1" else known[name]
               for name in known if name in ("demo", "demo_v1") or name.startswith("demo_feedback")}
    (folder / "dataset_info.json").write_text(json.dumps(entries), encoding="utf-8")
    rows = ", ".join(f'{{"instruction": "답하라.", "input": "### 입력\\n매출액: {at}원", "output": "{at}원"}}'
                     for at in range(12))
    (folder / "datasets" / "demo.json").write_text(f"[{rows}]", encoding="utf-8")
    monkeypatch.delenv("MUNDAP_HOME", raising=False)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Return a function that writes a text file below tmp_path and returns its path."""
    def put(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path
    return put


@pytest.fixture
def child_env() -> dict[str, str]:
    """Return an environment in which a child Python finds this checkout's packages."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PATH": os.environ.get("PATH", ""),
            "PYTHON": sys.executable}
