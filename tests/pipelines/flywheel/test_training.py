"""The recipes proved: two steps of each through LLaMA-Factory on a CPU, over rows made of judgements.

The demo's own export stands under the adapter where it is there, else the starter model.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mundap.paths import resolve
from mundap.weights import Weights, finite
from pipelines.flywheel.judgement import Judgements, Thresholds
from pipelines.flywheel.recipes import WORD
from pipelines.flywheel.rows import Kind
from pipelines.flywheel.stage import collect, write
from tests.pipelines.flywheel.made_judgements import DECLINE, INVENTED, RIGHT, WRONG, rated, shown, voted

ROOT = Path(__file__).resolve().parents[3]
STARTER = "models/gemma-3-270m-ko"
SHORT = ("max_steps=2", "per_device_train_batch_size=1", "gradient_accumulation_steps=1", "logging_steps=1", "plot_loss=false",
         "learning_rate=1.0e-4", "warmup_steps=0")
SAID = {"sft": "loss", "kto": "kl", "dpo": "rewards/accuracies"}   # what only this stage logs

pytestmark = [pytest.mark.slow, pytest.mark.real_home, pytest.mark.timeout(1000)]


@pytest.fixture(scope="module")
def trained_on(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project in a folder with a blank and Hangul, its feedback written, the models of this one linked."""
    base = next((name for name in ("exports/demo", STARTER) if (resolve(name, ROOT) / "config.json").is_file()), None)
    if base is None:
        pytest.skip(f"{STARTER} is not there; unpack it with: mundap models")
    project = tmp_path_factory.mktemp("feedback") / "한글 폴더"
    shutil.copytree(ROOT / "configs", project / "configs")
    (project / "datasets").mkdir()
    shutil.copy(ROOT / "datasets/demo.json", project / "datasets")
    shutil.copy(ROOT / "dataset_info.json", project)
    for name, at in (("models/gemma-3-270m-ko", STARTER), ("exports/demo", base)):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).symlink_to(resolve(at, ROOT).resolve())
    two = shown(f"네, {RIGHT}", id="second")
    given = Judgements(ratings=(rated(5), rated(4, two), rated(1, shown(WRONG), corrected=RIGHT), rated(2, shown(INVENTED))),
                       votes=(voted("left"), voted("right", shown(INVENTED), two)))
    write(collect(given, domain="demo", decline_text=DECLINE, thresholds=Thresholds(), project=project), project)
    return project


@pytest.mark.parametrize("kind", ["kto", "dpo", "sft"])
def test_two_steps_move_the_adapter(trained_on: Path, kind: Kind) -> None:
    more = ("max_samples=2",) if kind == "sft" else ()
    words = [sys.executable, "-m", "mundap.cli.main", "train", f"configs/demo/train_{WORD[kind]}.yaml", *SHORT, *more,
             "--no-forecast"]
    env = {name: value for name, value in os.environ.items() if name != "MUNDAP_HOME"}
    # One thread: two that wait for each other take four times as long where other programs have the processors.
    env |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(words, cwd=trained_on, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
        try:
            told, _ = child.communicate(timeout=900)
        except subprocess.TimeoutExpired:
            child.terminate()    # killed, it would leave the trainer behind
            raise
    assert child.returncode == 0, told
    folder = trained_on / "saves/demo" / WORD[kind]
    state = json.loads((folder / "trainer_state.json").read_text(encoding="utf-8"))
    assert state["global_step"] == 2 and any(SAID[kind] in entry for entry in state["log_history"]), state["log_history"]
    weights = Weights(folder / "adapter_model.safetensors")
    grown = [weights.read(name) for name in weights.names if "lora_B" in name]
    assert grown and all(finite(numbers) and numbers.any() for numbers in grown), "an adapter begins with lora_B at zero"
