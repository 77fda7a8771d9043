"""The folders are the architecture: imports point one way, heavy ones are inside functions, datasets/ has no code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Started with `python -m` in a process of their own: the schema builder, and four that ask LLaMA-Factory itself.
CHILDREN = {"mundap/board/page.py", "mundap/checking/schema_build.py",
            "mundap/checking/upstream_parser.py", "mundap/forecast/conversion.py",
            "mundap/forecast/probe.py", "mundap/forecast/rendering.py"}
HEAVY = {"torch", "transformers", "gradio", "chromadb", "sentence_transformers", "llamafactory", "peft"}
# Who may import whom; what is not listed is forbidden. mundap.cli is a layer of its own, the top one.
ALLOWED = {"mundap.cli": {"mundap.cli", "mundap", "pipelines", "rag", "webui"}, "webui": {"webui", "rag", "pipelines",
           "mundap"}, "rag": {"rag", "mundap"}, "pipelines": {"pipelines", "mundap"}, "mundap": {"mundap"}}
PACKAGES = ("mundap", "pipelines", "rag", "webui")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def layer(module: str) -> str:
    """Return the layer of a dotted module name, or an empty text for a library."""
    if module == "mundap.cli" or module.startswith("mundap.cli."):
        return "mundap.cli"
    top = module.split(".")[0]
    return top if top in ALLOWED else ""


def imported(path: Path) -> set[str]:
    """Return every module a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write absolute imports"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


def at_import(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports that run when the module is imported: outside functions and `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from at_import(node)


def test_imports_point_one_way() -> None:
    for path in SOURCES:    # one test for all: so many of their own cost more than the looking
        own = layer(".".join(path.relative_to(ROOT).with_suffix("").parts))
        reached = {layer(module) for module in imported(path)} - {""}
        assert reached <= ALLOWED[own], f"{path.relative_to(ROOT)}: {own} must not import {sorted(reached - ALLOWED[own])}"


def test_heavy_libraries_are_imported_inside_functions() -> None:
    for path in SOURCES:
        names: set[str] = set()
        for node in at_import(ast.parse(path.read_text(encoding="utf-8"))):
            names |= {alias.name for alias in node.names} if isinstance(node, ast.Import) else {str(node.module)}
        assert not {name.split(".")[0] for name in names} & HEAVY, path.relative_to(ROOT)


def test_datasets_folder_holds_no_python() -> None:
    """An __init__.py there would shadow the Hugging Face `datasets` library."""
    assert list((ROOT / "datasets").rglob("*.py")) == []


def test_llamafactory_is_started_and_never_imported() -> None:
    importers = {path.relative_to(ROOT).as_posix() for path in SOURCES
                 if any(module.split(".")[0] == "llamafactory" for module in imported(path))}
    assert importers == CHILDREN, "only what runs as a process of its own may look into LLaMA-Factory"
