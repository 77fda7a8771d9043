"""What LLaMA-Factory is told: absolute paths, words for one or many processes, an allow-listed environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mundap import devices, factory
from mundap.errors import ModelError


def test_local_paths_become_absolute_and_hub_ids_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNDAP_HOME", str(tmp_path / "home"))
    (tmp_path / "local").mkdir()
    values = factory.resolved({
        "model_name_or_path": "models/gemma", "adapter_name_or_path": "saves/a, saves/b", "output_dir": "out",
        "deepspeed": "configs/z2.json", "ref_model": "org/name", "reward_model": "local", "dataset": "x"}, tmp_path)
    assert values == {
        "model_name_or_path": f"{tmp_path}/home/models/gemma",
        "adapter_name_or_path": f"{tmp_path}/home/saves/a,{tmp_path}/home/saves/b", "output_dir": f"{tmp_path}/out",
        "deepspeed": "configs/z2.json", "ref_model": "org/name", "reward_model": f"{tmp_path}/local", "dataset": "x",
        "dataset_dir": str(tmp_path)}
    assert not factory.is_local(values)
    assert factory.resolved({"dataset_dir": "REMOTE:org/data", "deepspeed": {"a": 1}}, tmp_path) == {
        "dataset_dir": "REMOTE:org/data", "deepspeed": {"a": 1}}


def test_missing_local_models_are_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no saves/x"):
        factory.require_models({"adapter_name_or_path": str(tmp_path / "saves/x")}, tmp_path)
    factory.require_models({"model_name_or_path": "google/gemma-3-270m"}, tmp_path)


def test_one_process_starts_the_cli_and_a_path_with_blanks_stays_one_word() -> None:
    words = factory.command("train", Path("/a b/한글.yaml"), {}, {"CUDA_VISIBLE_DEVICES": ""})
    assert words == [sys.executable, "-m", "llamafactory.cli", "train", "/a b/한글.yaml"]
    assert factory.command("webui", Path(), {}, {}) == [sys.executable, "-m", "llamafactory.cli", "webui"]


@pytest.mark.parametrize(("values", "env"), [
    ({}, {"CUDA_VISIBLE_DEVICES": "0,1"}), ({}, {"NPROC_PER_NODE": "2", "CUDA_VISIBLE_DEVICES": ""}),
    ({"use_cpu": True}, {"NPROC_PER_NODE": "2", "FORCE_TORCHRUN": "1"})])
def test_several_processes_go_through_torchrun_as_a_list(values: dict[str, object], env: dict[str, str]) -> None:
    words = factory.command("train", Path("/a b/r.yaml"), values, {**env, "MASTER_PORT": "29511"})
    assert words == [sys.executable, "-m", "torch.distributed.run", "--nnodes", "1", "--node-rank", "0",
                     "--nproc-per-node", "2", "--master-addr", "127.0.0.1", "--master-port", "29511",
                     "-m", "llamafactory.launcher", "/a b/r.yaml"]


@pytest.mark.parametrize(("values", "env"), [
    ({"deepspeed": "z2.json"}, {"CUDA_VISIBLE_DEVICES": "0"}),
    ({}, {"CUDA_VISIBLE_DEVICES": "0", "FORCE_TORCHRUN": "1"}),
    ({}, {"CUDA_VISIBLE_DEVICES": "0", "NNODES": "2", "NODE_RANK": "1", "MASTER_ADDR": "10.0.0.1"})])
def test_a_single_process_goes_through_torchrun_when_it_must(values: dict[str, object], env: dict[str, str]) -> None:
    words = factory.command("train", Path("/r.yaml"), values, env)
    assert "torch.distributed.run" in words and words[words.index("--nproc-per-node") + 1] == "1"


def test_elastic_settings_are_handed_on() -> None:
    words = factory.command("train", Path("/r.yaml"), {}, {
        "CUDA_VISIBLE_DEVICES": "0,1", "RDZV_ID": "7", "NNODES": "2", "MIN_NNODES": "1", "MAX_NNODES": "3",
        "MAX_RESTARTS": "2", "MASTER_ADDR": "h", "MASTER_PORT": "1"})
    assert words[3:-3] == ["--nnodes", "1:3", "--nproc-per-node", "2", "--rdzv-id", "7", "--rdzv-backend", "c10d",
                           "--rdzv-endpoint", "h:1", "--max-restarts", "2"]


def test_the_environment_is_an_allow_list() -> None:
    parent = {"PATH": "/bin", "HOME": "/h", "HF_TOKEN": "t", "AWS_SECRET_ACCESS_KEY": "s", "HTTPS_PROXY": "p",
              "NCCL_DEBUG": "INFO", "WANDB_API_KEY": "w", "DISABLE_VERSION_CHECK": "1", "USE_V1": "1"}
    local = factory.environment({"model_name_or_path": "/m"}, parent=parent)
    assert {"PATH", "HOME", "NCCL_DEBUG"} <= set(local)
    assert not {"HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY", "WANDB_API_KEY", "DISABLE_VERSION_CHECK",
                "USE_V1"} & set(local)
    assert local["HF_HUB_OFFLINE"] == "1" and "LLAMABOARD_ENABLED" not in local
    # ninja and llamafactory-cli lie beside the interpreter, whether its environment is activated or not
    assert local["PATH"].split(os.pathsep) == [str(Path(sys.executable).parent), "/bin"]
    hub = factory.environment({"model_name_or_path": "org/m", "report_to": ["wandb"]}, parent=parent)
    assert hub["HF_TOKEN"] == "t" and hub["WANDB_API_KEY"] == "w" and "HF_HUB_OFFLINE" not in hub


def test_a_cpu_recipe_hides_the_gpus_and_a_trainer_is_asked_to_stop_gently(tmp_path: Path) -> None:
    env = factory.environment({"model_name_or_path": "/m", "use_cpu": True}, parent={}, work_dir=tmp_path)
    assert env["CUDA_VISIBLE_DEVICES"] == "" and env["LLAMABOARD_ENABLED"] == "1"
    assert env["LLAMABOARD_WORKDIR"] == str(tmp_path)


@pytest.mark.parametrize(("chosen", "number"),
                         [("", 0), ("0", 1), ("0,1,2", 3), ("-1", 0), ("0,-1,1", 1), ("GPU-ab", 1)])
def test_visible_devices_are_counted(chosen: str, number: int) -> None:
    assert devices.count({"CUDA_VISIBLE_DEVICES": chosen}) == number
