"""A stand-in for LLaMA-Factory: started by the same words, it writes the files a trainer writes, in milliseconds.

`install(folder)` makes a package llamafactory there; PYTHONPATH then puts it before the real one. What it does is said
by `run_name` in the recipe: ok, slow (a step every 0.2 s, stops on SIGABRT as upstream does), fail, killed, deaf,
crash (after its third step, and at once when resumed). It logs every step (loss 4/step, a second each), saves every
second one, and evaluates every step when the recipe evaluates (the loss is the distance from the middle of the run).
The one weight of its adapters is the step they were saved at.
"""

from __future__ import annotations

from pathlib import Path

CLI = '''
import datetime, json, os, pathlib, signal, struct, sys, time
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
epochs, evals = float(recipe.get("num_train_epochs", 1)), recipe.get("eval_strategy", "no") != "no"
print("[INFO|x] llamafactory.model.loader:229 >> trainable params: 1,234 || all params: 56,789 || trainable%: 2.1730",
      file=sys.stderr)
history, first, best, last = [], 0, None, 0
if recipe.get("resume_from_checkpoint"):
    first = last = int(recipe["resume_from_checkpoint"].rsplit("-", 1)[1])
    state = json.loads((pathlib.Path(recipe["resume_from_checkpoint"]) / "trainer_state.json").read_text())
    history, best = state["log_history"], state["best_global_step"]
if what == "crash" and first:
    sys.exit("RuntimeError: the resumed run crashed")
def log(step, **more):
    history.append(dict(step=step, epoch=epochs * step / steps, **more))
    with open(out / "trainer_log.jsonl", "a") as file:
        file.write(json.dumps(dict(current_steps=step, total_steps=steps, **more, epoch=epochs * step / steps,
                                   elapsed_time=str(datetime.timedelta(seconds=step - first)),
                                   remaining_time="0:00:01")) + "\\n")
def save(place, step):
    place.mkdir(exist_ok=True)
    (place / "adapter_model.safetensors").unlink(missing_ok=True)
    name = "base_model.model.model.layers.0.up_proj.lora_A.weight"
    head = json.dumps({name: dict(dtype="F32", shape=[1], data_offsets=[0, 4])}).encode()
    (place / "adapter_model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + struct.pack("<f", step))
    for name in ("adapter_config.json", "tokenizer.json", "chat_template.jinja", "training_args.bin"):
        (place / name).write_text("{}")
    (place / "trainer_state.json").write_text(json.dumps(dict(
        global_step=last, max_steps=steps, log_history=history, best_global_step=best,
        best_metric=abs(best - steps / 2) if best else None)))
for step in range(first + 1, steps + 1):
    if stop:
        break
    print(f"  {step}%|###  | {step}/{steps}", end="\\r", file=sys.stderr, flush=True)
    last = step
    log(step, loss=4.0 / step, lr=0.001 * (1 - step / steps))
    if evals:
        value = abs(step - steps / 2)      # the middle of the run is its best
        log(step, eval_loss=value)
        if recipe.get("load_best_model_at_end") and (best is None or value < abs(best - steps / 2)):
            best = step
    if step % 2 == 0:
        save(out / f"checkpoint-{step}", step)
        (out / f"checkpoint-{step}" / "optimizer.pt").write_text("")
    if what == "crash" and step == 3:
        sys.exit("RuntimeError: crashed at step 3")
    time.sleep(0.2 if what in ("slow", "deaf") else 0)
log(last)
save(out, best if best and recipe.get("load_best_model_at_end") else last)
(out / "train_results.json").write_text(json.dumps(dict(
    train_loss=sum(entry.get("loss", 0) for entry in history) / last, train_runtime=8.0, train_samples_per_second=2.0)))
'''


def install(folder: Path) -> None:
    """Write the package."""
    package = folder / "llamafactory"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "cli.py").write_text(CLI, encoding="utf-8")


def step_of(adapter: Path) -> float:
    """Return the step at which an adapter's folder was saved."""
    from mundap.weights import Weights

    weights = Weights(adapter / "adapter_model.safetensors")
    return float(weights.read(weights.names[0])[0])
