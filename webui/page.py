"""The page's frame: masthead, choice of domain, and the tabs, in one language."""
# No `from __future__ import annotations` here: Gradio reads the callbacks' annotations (gr.Request).

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from mundap.errors import MissingExtra
from webui import render, theme
from webui.ask import tab as ask
from webui.blocks import blocks_class
from webui.compare import tab as compare
from webui.documents import tab as documents
from webui.evaluate import tab as evaluate
from webui.flywheel import tab as flywheel
from webui.highlight import escape
from webui.models import tab as models
from webui.people import Person, Role
from webui.site import Page, Site
from webui.words import Words

_STYLES = sorted(Path(__file__).parent.glob("styles/*.css"))
_SCRIPTS = sorted(Path(__file__).parent.glob("scripts/*.js"))
# A tab's name, the module whose lay_out(page) is called with its gr.Tab open, and the role it is for.
TABS = (("ask", ask, Role.VIEWER), ("compare", compare, Role.VIEWER), ("documents", documents, Role.VIEWER),
        ("evaluate", evaluate, Role.VIEWER), ("flywheel", flywheel, Role.ADMIN), ("models", models, Role.ADMIN))


def build(site: Site, words: Words, note: str = "") -> Any:
    """Return the page as gr.Blocks; nothing is started. note is a quiet line at its foot, "" for none.

    Raises:
        MissingExtra: Gradio is not installed.
    """
    try:
        import gradio as gr
    except ImportError as error:
        raise MissingExtra("the page", "ui", "gradio") from error

    with blocks_class()(theme=theme.theme(), css_paths=_STYLES, title=site.title, analytics_enabled=False) as blocks:
        with gr.Column(elem_id="page"):
            page = replace(Page(site=site, words=words), chosen=_masthead(site, words))
            account = gr.HTML(elem_id="account", padding=False)
            with gr.Tabs(elem_id="tabs"):
                shown = [_tab(page, name, module, role) for name, module, role in TABS]
            if note:
                gr.HTML(f'<p class="foot">{escape(note)}</p>', padding=False, elem_id="foot")

        def whose(request: gr.Request) -> list[Any]:
            person = site.people.of(request)
            return [*(gr.update(visible=person.role >= role) for _, _, role in TABS), _account(person, words)]

        blocks.load(whose, outputs=[*shown, account], show_progress="hidden", api_name=False, queue=False)
    blocks.queue(api_open=False)
    return blocks


def scripts() -> str:
    """Return the page's own scripts as HTML; the policy lets no other run, so http/closed.py puts them in with its nonce."""
    return "".join(f"<script>\n{file.read_text(encoding='utf-8')}</script>\n" for file in _SCRIPTS)


def roles(blocks: Any) -> dict[int, Role]:
    """Return whom each callback of a built page is for, by Gradio's fn_index; those outside the tabs are everybody's."""
    return {number: blocks.mundap_roles.get(number, Role.VIEWER) for number in blocks.fns}


def _tab(page: Page, name: str, module: Any, role: Role) -> Any:
    import gradio as gr

    root = gr.context.Context.root_block
    before = set(root.fns)
    with gr.Tab(page.words(f"page.tabs.{name}"), id=name, elem_id=f"tab-{name}", visible=role is Role.VIEWER) as tab:
        module.lay_out(page)
    root.mundap_roles = getattr(root, "mundap_roles", {}) | dict.fromkeys(set(root.fns) - before, role)
    return tab


def _account(person: Person, words: Words) -> str:
    """Return who is logged in, with a way out; nothing where nobody logs in."""
    if not person.name:
        return ""
    return (f'<form class="account" method="post" action="./logout"><span>{escape(person.name)}</span>'
            f'<button type="submit">{escape(words("people.log_out"))}</button></form>')


def _masthead(site: Site, words: Words) -> Any:
    """Add title, language, readiness and the choice of domain; return the component that holds the domain's key."""
    import gradio as gr

    other = next(language for language in ("ko", "en") if language != words.language)
    with gr.Row(elem_classes="masthead"):
        gr.HTML(f'<h1>{escape(site.title)}</h1><p class="lede">{escape(words("page.lede"))}</p>', padding=False)
        # Hidden, not left out: Gradio 5.50 loses what a tab's first dropdowns are told while their program is on its way.
        chosen = gr.Dropdown([(domain.title, domain.key) for domain in site.domains.values()], value=site.first.key,
                             label=words("page.domain"), visible=len(site.domains) > 1 or "hidden", elem_id="domain",
                             scale=0, min_width=160, interactive=True, filterable=False)
        line = gr.HTML(_state(site, words), elem_id="state", padding=False)
        gr.HTML(f'<a class="language" lang="{other}" href="?language={other}">{escape(words("page.language"))}</a>',
                padding=False, elem_id="language")

    async def follow(key: str) -> AsyncIterator[str]:
        warmup = site.domain(key).warmup
        warmup.start()      # the first domain's is under way; another's begins when somebody chooses it
        yield render.state(warmup, words)
        while not warmup.is_ready():
            await asyncio.sleep(0.3)
        yield render.state(warmup, words)

    options: dict[str, Any] = {"show_progress": "hidden", "api_name": False, "concurrency_limit": None}
    gr.context.Context.root_block.load(follow, inputs=chosen, outputs=line, **options)
    chosen.change(follow, inputs=chosen, outputs=line, **options)
    return chosen


def _state(site: Site, words: Words) -> str:
    return render.state(site.first.warmup, words)
