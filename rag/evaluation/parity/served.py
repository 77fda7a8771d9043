"""An exported model behind the servers people use: `llamafactory-cli api`, and Ollama where it is installed.

Each is started or made for one comparison and ended or removed after it; only what was started here is ended. The api
listens on 127.0.0.1 alone, behind a key made for it, and logs no request.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mundap import factory, launch
from mundap.errors import LaunchError
from mundap.generator.endpoint import EndpointGenerator
from mundap.provenance import write_text
from mundap.yaml_lines import dump

HOST = "127.0.0.1"
STARTUP_S = 600.0
POLL_S = 0.5
ANSWER_S = 600.0
OLLAMA = "127.0.0.1:11434"
_MODELFILE = "Modelfile"
# Of the export's recipe, what decides how its rows are written; the rest of it is about merging.
_FORMAT_KEYS = ("template", "default_system", "enable_thinking", "preserve_thinking", "tool_format")


@contextlib.contextmanager
def api(export_dir: Path, recipe_values: dict[str, Any], *, log: Path, port: int = 0) -> Iterator[EndpointGenerator]:
    """Give an endpoint of `llamafactory-cli api` on an export, ended with the context; port 0 takes a free one.

    Raises:
        LaunchError: it did not come up; tells its exception and where the log is.
    """
    values = {"model_name_or_path": str(export_dir), "infer_backend": "huggingface", "infer_dtype": "auto",
              "trust_remote_code": False, "do_sample": False,
              **{key: recipe_values[key] for key in _FORMAT_KEYS if key in recipe_values}}
    port, key, name = port or factory.free_port(), secrets.token_urlsafe(24), f"mundap-{secrets.token_hex(4)}"
    env = factory.environment(values) | {"API_HOST": HOST, "API_PORT": str(port), "API_VERBOSE": "0", "API_KEY": key,
                                         "API_MODEL_NAME": name}
    env.setdefault("OMP_WAIT_POLICY", "PASSIVE")   # as for our own workers, see mundap.generator.environment
    with tempfile.TemporaryDirectory(prefix="mundap-api-") as folder:
        recipe = Path(folder) / "chat.yaml"
        write_text(recipe, dump(values))
        with launch.beside(factory.command("api", recipe, values, env), cwd=export_dir, env=env, log=log) as child:
            endpoint = EndpointGenerator(f"http://{HOST}:{port}/v1", name, api_key=key, timeout_s=ANSWER_S, max_retries=0,
                                         concurrency=1)
            try:
                _await(endpoint, child, log)
                yield endpoint
            finally:
                endpoint.close()


@contextlib.contextmanager
def ollama(export_dir: Path) -> Iterator[EndpointGenerator | str]:
    """Give an endpoint of Ollama on an export, made from its Modelfile and removed after; or why there is none, as text."""
    command = shutil.which("ollama")
    if command is None or not (export_dir / _MODELFILE).is_file():
        missing = "no ollama command" if command is None else "no Modelfile in the export"
        yield f"not present: {missing}"
        return
    name = f"mundap-parity-{secrets.token_hex(4)}"
    with launch.one_interrupt():   # a SIGTERM, too, must not leave a model of gigabytes behind
        try:
            refused = _ollama(command, "create", name, "-f", _MODELFILE, cwd=export_dir)
            if refused:
                yield f"not present: ollama cannot take the model ({refused})"
                return
            with contextlib.closing(EndpointGenerator(f"http://{OLLAMA}/v1", name, timeout_s=ANSWER_S, max_retries=0,
                                                      concurrency=1)) as endpoint:
                yield endpoint
        finally:
            _ollama(command, "rm", name, cwd=export_dir)   # also of one half made: refused late, or stopped meanwhile


def _await(endpoint: EndpointGenerator, child: launch.Beside, log: Path) -> None:
    """Return when our server answers; its model's name is ours alone, so no other program's answer is taken for it."""
    until = time.monotonic() + STARTUP_S
    while endpoint.model not in endpoint.models():
        ended = child.ended()
        if ended is not None:
            raise launch.failure(ended, what="llamafactory api", log=log)
        if time.monotonic() > until:
            raise LaunchError(f"did not answer within {STARTUP_S:g} s.", where="llamafactory api",
                              fix=f"Look at its log: {log}")
        time.sleep(POLL_S)


def _ollama(command: str, *words: str, cwd: Path) -> str:
    """Run an ollama command; return why it failed, "" when it did not."""
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    try:
        done = subprocess.run([command, *words], cwd=cwd, env=env | {"OLLAMA_HOST": OLLAMA}, capture_output=True, text=True,
                              timeout=ANSWER_S, stdin=subprocess.DEVNULL, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)[:200]
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return "" if done.returncode == 0 else (lines or [f"exit code {done.returncode}"])[-1][:200]

