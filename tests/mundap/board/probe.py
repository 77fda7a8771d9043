"""Ask the installed LLaMA Board itself: run as a process of its own in a workspace, `python probe.py QUESTIONS.json`.

Builds the Board's page without serving it, puts each form into its components, and prints what the Board would save and
what it would train with. Reads and writes nothing of ours, and imports none of it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def ask(questions: dict[str, Any]) -> dict[str, Any]:
    """Return the Board's elements, and its arguments for each form; {"forms": {name: [elements, path, model name]}}."""
    from llamafactory.webui import interface
    from llamafactory.webui.engine import Engine

    engines: list[Any] = []

    class Kept(Engine):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            engines.append(self)

    interface.Engine = Kept
    demo = interface.create_ui(demo_mode=True)
    engine = engines[0]
    saving = next(fn for fn in demo.fns.values() if getattr(fn.fn, "__name__", "") == "save_args")
    inputs = {component: component.value for component in saving.inputs if hasattr(component, "value")}
    return {"elements": {engine.manager.get_id_by_elem(one): described(one) for one in inputs},
            "saved": sorted(engine.runner._build_config_dict(inputs)),
            "arguments": {name: arguments(engine, dict(inputs), form) for name, form in questions["forms"].items()},
            "false": taken_for_false(questions["zero"])}


def described(component: Any) -> dict[str, Any]:
    """Return what the page allows in a component."""
    return {"kind": type(component).__name__, "low": getattr(component, "minimum", None),
            "high": getattr(component, "maximum", None), "free": getattr(component, "allow_custom_value", None),
            "choices": [value for _, value in getattr(component, "choices", None) or []]}


def arguments(engine: Any, data: dict[Any, Any], form: list[Any]) -> dict[str, Any]:
    """Return what the Board writes to training_args.yaml for a form."""
    from llamafactory.webui.common import _clean_cmd

    elements, path, name = form
    shown = elements | {"top.lang": "ko", "top.model_path": path, "top.model_name": name, "train.output_dir": "here"}
    for element, value in shown.items():
        component = engine.manager.get_elem_by_id(element)
        # through the component, as when the page sends it: it refuses what the page could not hold
        data[component] = component.preprocess(component.postprocess(value)) if plain(component, value) else value
    found: dict[str, Any] = _clean_cmd(engine.runner._parse_train_args(data))
    return found


def plain(component: Any, value: Any) -> bool:
    """Return whether a component gives back what it is sent; a list of several wraps its values on the way out."""
    return type(component).__name__ in ("Slider", "Textbox", "Checkbox") or isinstance(value, str)


def taken_for_false(keys: list[str]) -> list[str]:
    """Return the keys whose number 0 LLaMA-Factory's parser takes for false."""
    from llamafactory.hparams.parser import _parse_train_args

    base = {"model_name_or_path": "m", "stage": "sft", "output_dir": "o", "use_cpu": True}
    parsed = _parse_train_args(base | dict.fromkeys(keys, 0))
    return [key for key in keys if [part for part in parsed if hasattr(part, key) and not getattr(part, key)]]


if __name__ == "__main__":
    questions = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Path(sys.argv[1]).with_name("answers.json").write_text(json.dumps(ask(questions)), encoding="utf-8")
