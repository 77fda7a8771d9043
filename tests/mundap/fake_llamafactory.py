"""A stand-in for LLaMA-Factory: started by the same words, it writes the files a trainer writes, in milliseconds.

`install(folder)` makes a package llamafactory there; PYTHONPATH then puts it before the real one. What it does is said
by `run_name` in the recipe: ok, slow (a step every 0.2 s, stops on SIGABRT as upstream does), fail, killed, deaf.
"""

from __future__ import annotations

from pathlib import Path

CLI = '''
import json, os, pathlib, signal, sys, time
import yaml
action, recipe = sys.argv[1], yaml.safe_load(open(sys.argv[2], encoding="utf-8"))
if action == "export":
    out = pathlib.Path(recipe["export_dir"]); out.mkdir(parents=True)
    base = pathlib.Path(recipe["model_name_or_path"])
    (out / "config.json").write_text("{}")
    if recipe.get("infer_dtype") == "float16":
        (out / "chat_template.jinja").write_text("another")
    else:
        (out / "chat_template.jinja").write_bytes((base / "chat_template.jinja").read_bytes())
    from safetensors.numpy import load_file, save_file
    weights = load_file(base / "model.safetensors")
    if recipe.get("infer_dtype") != "bfloat16":
        weights["model.layers.0.up_proj.weight"] = weights["model.layers.0.up_proj.weight"] + 1
    save_file(weights, out / "model.safetensors")
    sys.exit(0)
what, out, steps = recipe.get("run_name", "ok"), pathlib.Path(recipe["output_dir"]), int(recipe.get("max_steps", 4))
stop = []
if what == "fail":
    print("loading", flush=True)
    print("Traceback (most recent call last):\\n  File x\\nValueError: Cannot find valid samples, check it.",
          file=sys.stderr)
    sys.exit(1)
if what == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if os.environ.get("LLAMABOARD_ENABLED") == "1" and what != "deaf":
    signal.signal(signal.SIGABRT, lambda *a: stop.append(1))
sys.stdout.write("environment " + json.dumps(dict(os.environ)) + "\\n")
first = 0
if recipe.get("resume_from_checkpoint"):
    first = int(recipe["resume_from_checkpoint"].rsplit("-", 1)[1])
for step in range(first + 1, steps + 1):
    if stop:
        break
    print(f"  {step}%|###  | {step}/{steps}", end="\\r", file=sys.stderr, flush=True)
    with open(out / "trainer_log.jsonl", "a") as log:
        log.write(json.dumps(dict(current_steps=step, total_steps=steps, loss=4.0 / step,
                                  elapsed_time="0:00:0%d" % (step % 10), remaining_time="0:00:01")) + "\\n")
    if step % 2 == 0:
        (out / f"checkpoint-{step}").mkdir(exist_ok=True)
        (out / f"checkpoint-{step}" / "trainer_state.json").write_text("{}")
    time.sleep(0.2 if what in ("slow", "deaf") else 0)
    last = step
(out / "adapter_model.safetensors").write_bytes(b"weights")
(out / "trainer_state.json").write_text(json.dumps(dict(global_step=last, max_steps=steps)))
'''


def install(folder: Path) -> None:
    """Write the package."""
    package = folder / "llamafactory"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "cli.py").write_text(CLI, encoding="utf-8")
