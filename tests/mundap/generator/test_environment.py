"""The environment of a worker: what it needs, and no secret."""

from __future__ import annotations

import subprocess

from mundap.generator.environment import worker_command, worker_environment


def test_secrets_stay_behind_and_what_torch_needs_goes_along() -> None:
    given = {"PATH": "/bin", "LC_ALL": "ko_KR.UTF-8", "CUDA_VISIBLE_DEVICES": "0", "OMP_NUM_THREADS": "2",
             "OPENAI_API_KEY": "sk-1", "HF_TOKEN": "hf_1", "AWS_SECRET_ACCESS_KEY": "x", "HTTPS_PROXY": "http://u:p@h"}
    kept = worker_environment(given)
    assert {name for name in given if name in kept} == {"PATH", "LC_ALL", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS"}
    assert kept["HF_HUB_OFFLINE"] == "1"


def test_waiting_threads_do_not_spin_unless_asked_to() -> None:
    assert worker_environment({})["OMP_WAIT_POLICY"] == "PASSIVE"
    assert worker_environment({"OMP_WAIT_POLICY": "ACTIVE"})["OMP_WAIT_POLICY"] == "ACTIVE"


def test_a_worker_finds_this_package_from_any_folder(tmp_path: object) -> None:
    code = "import mundap.generator.worker as w, sys; sys.exit('torch' in sys.modules)"
    command = [*worker_command()[:2], "-c", code]
    ran = subprocess.run(command, env=worker_environment(), cwd=str(tmp_path), timeout=60, check=False)
    assert ran.returncode == 0
