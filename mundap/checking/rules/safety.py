"""What a recipe may not do unsaid: run a model's own code, or carry a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mundap.listening import is_loopback_name
from mundap.paths import resolve
from mundap.problem import Problem
from mundap.recipe import Recipe
from mundap.secret_keys import is_secret


def reasoned(recipe: Recipe, key: str) -> bool:
    """Return whether a comment stands beside a top-level key of a recipe's own file."""
    beside = re.compile(rf"^{re.escape(key)}\s*:\s*\S+\s+#\s*\S{{2}}")
    return any(beside.match(line) for line in recipe.path.read_text(encoding="utf-8-sig").splitlines())


def remote_code_reasoned(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for trust_remote_code without a reason beside it: it runs Python that came with the model."""
    if recipe.kind not in ("train", "chat", "export") or recipe.values.get("trust_remote_code") is not True:
        return
    if not reasoned(recipe, "trust_remote_code"):
        yield recipe.problem(("trust_remote_code",), "runs code that came with the model, and no comment says why.",
                             "Write false; or say beside it whose code it is and who read it: # …")


def no_secrets(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each key that would hold a secret; the value is not repeated."""
    for key, value in recipe.values.items():
        if is_secret(key) and value:
            yield recipe.problem((key,), "a secret must not stand in a recipe.",
                                 "Take the line out and set an environment variable: HF_TOKEN for the hub, "
                                 "WANDB_API_KEY or SWANLAB_API_KEY for a tracker.")


def page_behind_log_in(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for a page that others could reach and nobody has to log in to."""
    web = recipe.values.get("web") if recipe.kind == "rag" else None
    if not isinstance(web, dict):
        return
    users, fix = web.get("users"), "mundap users add NAME --role admin, then users: talks/users.yaml"
    host, hosts = str(web.get("host", "127.0.0.1")), web.get("hosts") or []
    if users and not resolve(str(users), recipe.project).is_file():
        yield recipe.problem(("web", "users"), f"there is no file {users}.", f"mundap users add NAME --role admin --file {users}")
    if not users and not is_loopback_name(host):
        yield recipe.problem(("web", "host"), f"{host} is reached by others, and nobody has to log in.",
                             f"{fix}; or host: 127.0.0.1")
    if not users and hosts:
        yield recipe.problem(("web", "hosts"), f"a proxy brings others to the page ({', '.join(map(str, hosts))}), and nobody "
                             "has to log in.", fix)
