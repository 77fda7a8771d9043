"""Serve LLaMA Board with a recipe's values already in its form: a process of its own, started in a workspace.

Run by the path of this file, not as a module: it needs LLaMA-Factory and nothing of ours.
    python page.py serve PORT      the page on 127.0.0.1, filled from ./opened.json (workspace.py)
    python page.py model NAME      what the Board knows of a model in its list, as one line of JSON

The values are put into the components before the page is served. Loading them into an open page, as the Board's own
button does, would race with what the page does when its model changes: the template would become "default".
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
_EXTRA_LINES, _EXTRA_SCALE = 24, 2   # room to read them: the Board has one line, as narrow as a slider


def serve(port: int) -> None:
    """Serve the page until the process is stopped."""
    from llamafactory.webui import interface
    from llamafactory.webui.engine import Engine

    opened = json.loads(Path("opened.json").read_text(encoding="utf-8"))
    page = opened["page"]
    engines: list[Any] = []

    class FilledEngine(Engine):  # type: ignore[misc]  # the Board's code has no types we could check against
        """The Board's engine, with the recipe's names for the next run and for the saved form.

        The tab for evaluation has no extra arguments, so the trust in a model's code is taken back here.
        """

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            engines.append(self)
            if not page["trust"]:
                evaluation = self.runner._parse_eval_args
                self.runner._parse_eval_args = lambda data: evaluation(data) | {"trust_remote_code": False}

        def resume(self) -> Any:
            """Yield what the page starts with; a run that is under way comes second and stays as it is."""
            for number, update in enumerate(super().resume()):
                yield {**update, **_names(self, page)} if number == 0 else update

    interface.Engine = FilledEngine
    demo = interface.create_ui()
    _fill(engines[0].manager, opened["form"] | page["elements"], page["open"])
    interface.fix_proxy()
    # The recipe's page is on this machine only; the Board has no password and reads any file a dataset names.
    demo.queue().launch(share=False, server_name=HOST, server_port=port,
                        inbrowser=page.get("browser", True))


def model(name: str) -> dict[str, Any]:
    """Return the hub id of a model in the Board's list, empty when it is not there, and whether it sees pictures."""
    from llamafactory.extras.constants import MULTIMODAL_SUPPORTED_MODELS
    from llamafactory.webui.common import get_model_path

    return {"path": get_model_path(name), "vision": name in MULTIMODAL_SUPPORTED_MODELS}


def _names(engine: Any, page: dict[str, Any]) -> dict[Any, Any]:
    """Return the boxes for output folder and form, filled; the Board would call both by the time alone."""
    now = time.strftime("%Y-%m-%d-%H-%M-%S")
    found = {}
    for element, value in (("train.output_dir", f"{page['name']}_{now}"), ("train.config_path", page["config"])):
        box = engine.manager.get_elem_by_id(element)
        found[box] = box.__class__(value=value)
    return found


def _fill(manager: Any, values: dict[str, Any], opened: list[str]) -> None:
    from llamafactory.webui.components.data import can_preview

    for element, value in values.items():
        manager.get_elem_by_id(element).value = value
    for element in opened:
        manager.get_elem_by_id(element).open = True
    extra = manager.get_elem_by_id("train.extra_args")
    extra.lines = extra.max_lines = min(extra.value.count("\n") + 1, _EXTRA_LINES)
    extra.scale = _EXTRA_SCALE
    try:
        button = can_preview(values["train.dataset_dir"], values["train.dataset"])
    except KeyError:
        return   # a dataset that is not registered: the trainer will say so
    manager.get_elem_by_id("train.data_preview_btn").interactive = button.interactive


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        sys.stdout.write(json.dumps(model(sys.argv[2])) + "\n")
