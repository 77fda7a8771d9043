"""The tab where two systems answer one question: its layout, and callbacks that only pass on what comparing.py yields."""
# No `from __future__ import annotations` here: Gradio reads the callbacks' annotations (gr.Request), and gradio is
# imported inside the functions, where a text annotation could not be looked up.

import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, fields, replace
from typing import Any

from mundap.day import read_day
from mundap.errors import DataError, MundapError
from mundap.levels import AUTO
from rag.inquiry import MAX_QUESTION_CHARS, Inquiry
from webui import labels, render
from webui.compare import compared
from webui.compare.comparing import (
    CHOICES,
    Contender,
    Moment,
    Pair,
    Pairs,
    available,
    compare,
    contenders,
    vote,
    win_rates,
)
from webui.domain import Domain
from webui.highlight import escape
from webui.http.limits import Refusal
from webui.people import Role
from webui.site import Page
from webui.words import Words

Updates = tuple[Any, ...]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """The components an event of the tab changes, in the order of its updates; None in an update leaves one as it is."""

    question: Any = None
    ask: Any = None
    stop: Any = None
    progress: Any = None
    sides: Any = None
    ballot: Any = None
    outcome: Any = None
    rates: Any = None
    following: Any = None   # the button that asks the next question
    evidence: Any = None
    waiting: Any = None     # state: the id of the pair that waits for its vote
    asked: Any = None       # state: the questions compared on this page
    next_one: Any = None    # state: the question of `following`

    def all(self) -> list[Any]:
        """Return the components, or their updates."""
        return [getattr(self, field.name) for field in fields(self)]

    def updates(self) -> Updates:
        """Return the updates as Gradio takes them."""
        import gradio as gr

        return tuple(gr.skip() if one is None else one for one in self.all())


@dataclass(frozen=True, kw_only=True)
class _Settings:
    """The components that say what is compared, and how."""

    first: Any
    second: Any
    blind: Any
    level: Any
    as_of: Any
    lacking: Any
    offered: Any


def lay_out(page: Page) -> None:
    """Add the tab's components and callbacks to the gr.Tab that is open."""
    import gradio as gr

    with gr.Column(elem_id="compare"):
        shown, settings, buttons = _components(page)
    tab = Callbacks(page)
    for method in (Callbacks.ask, Callbacks.stop, Callbacks.rates, Callbacks.leave):
        method.__annotations__["request"] = gr.Request
    options: dict[str, Any] = {"show_progress": "hidden", "api_name": False, "trigger_mode": "multiple"}
    queued = options | {"concurrency_limit": None, "outputs": shown.all()}   # site.limits says how many at once
    chosen = [settings.first, settings.second, settings.blind, settings.level, settings.as_of, shown.asked, page.chosen]
    gr.on([shown.question.submit, shown.ask.click], tab.ask, inputs=[shown.question, *chosen], **queued)
    settings.offered.click(tab.ask, inputs=[settings.offered, *chosen], **queued)
    shown.following.click(tab.ask, inputs=[shown.next_one, *chosen], **queued)
    shown.stop.click(tab.stop, outputs=[shown.progress, shown.ask, shown.stop], queue=False, **options)
    after = [shown.sides, shown.ballot, shown.outcome, shown.following, shown.waiting]
    for choice, button in buttons.items():
        cast = button.click(tab.voting(choice), inputs=[shown.waiting, shown.next_one], outputs=after, **options)
        cast.then(tab.rates, inputs=page.chosen, outputs=shown.rates, **options)
    of_domain = [settings.first, settings.second, settings.level, settings.lacking, settings.offered]
    page.chosen.change(tab.choose_domain, inputs=page.chosen, outputs=[*of_domain, *shown.all()], **options)
    gr.context.Context.root_block.unload(tab.leave)


class Callbacks:
    """The callbacks of one language's tab."""

    def __init__(self, page: Page) -> None:
        self.site = page.site
        self.words = page.words
        self.pairs = Pairs()

    def ask(self, text: str | list[str], one: str | None, other: str | None, blind: bool, level: str | None, day: str,
            asked: tuple[str, ...], key: str, request: Any) -> Iterator[Updates]:
        """Compare two systems on a question, typed or offered."""
        question = text if isinstance(text, str) else text[0]
        try:
            inquiry = _inquiry(question, level, day, self.words)
            if isinstance(inquiry, str) or not one or not other or one == other:
                wrong = inquiry if isinstance(inquiry, str) else self.words("compare.same_system")
                yield self._told(render.notice(wrong)).updates()
                return
            two = contenders(self.site.domain(key), (one, other), blind=bool(blind))
            yield from self._run(inquiry, two, bool(blind), asked, key, request)
        except Refusal as refused:
            yield self._told(render.notice(self.words(refused.key, **refused.places))).updates()
        except MundapError as raised:
            _log.warning("%s", raised)
            yield self._told(render.error(raised, self.words)).updates()
        except Exception as raised:   # the page must not stay at "작성 중…"
            _log.exception("the page could not compare two answers")
            yield self._told(render.unexpected(raised, self.words)).updates()

    def voting(self, choice: str) -> Any:
        """Return the callback of one choice's button."""
        import gradio as gr

        def on_vote(identity: str, suggested: str, request: gr.Request) -> Updates:
            try:
                pair = vote(self.site, self.pairs, identity, self.site.people.of(request).owner, choice)
            except MundapError as raised:
                return gr.skip(), gr.update(visible=False), render.error(raised, self.words), gr.skip(), ""
            left, right = pair.sides
            return (compared.sides(compared.whole_of(left, right), pair.inquiry.text, self.words), gr.update(visible=False),
                    compared.voted(choice, left.system, right.system, self.words), gr.update(visible=bool(suggested)), "")

        return on_vote

    def rates(self, key: str, request: Any) -> str:
        """Return the win rates so far, for raters who have voted themselves."""
        person = self.site.people.of(request)
        if person.role < Role.RATER:
            return ""
        return compared.rates(win_rates(self.site, self.site.domain(key), person.owner), self.words)

    def stop(self, request: Any) -> Updates:
        """Stop the comparison of a page."""
        import gradio as gr

        self.site.runs.stop(_session(request))
        return compared.note(self.words("compare.progress.stopped")), gr.update(visible=True), gr.update(visible=False)

    def choose_domain(self, key: str) -> Updates:
        """Show another domain's systems and examples, and nothing of the one before."""
        import gradio as gr

        domain = self.site.domain(key)
        named, levels, two = _named(domain, self.words), _levels(domain, self.words), _two(domain)
        return (gr.update(choices=named, value=two[0]), gr.update(choices=named, value=two[1]),
                gr.update(choices=levels, value=levels[0][1], visible=len(levels) > 1), _lacking(domain, self.words),
                gr.update(samples=_samples(domain), visible=bool(domain.examples)), *self._told("").updates())

    def leave(self, request: Any) -> None:
        """Stop what nobody looks at any more."""
        self.site.runs.stop(_session(request))

    def _run(self, inquiry: Inquiry, two: tuple[Contender, Contender], blind: bool, asked: tuple[str, ...], key: str,
             request: Any) -> Iterator[Updates]:
        """Answer a comparison when its turn has come. Every one of this tab comes through here."""
        session, domain, owner = _session(request), self.site.domain(key), self.site.people.of(request).owner
        asked = (*asked, inquiry.text) if inquiry.text in domain.examples else asked
        run = self.site.runs.begin(session)
        try:
            with self.site.limits.admit(owner) as place, closing(compare(two, inquiry, run, blind=blind)) as moments:
                for ahead in place.waits():
                    if run.stopped.is_set():
                        return
                    yield self._waiting(ahead).updates()
                for moment in moments:
                    identity = ""
                    if blind and moment.whole and not moment.running:
                        identity = self.pairs.add(Pair(owner=owner, domain=domain.key, inquiry=inquiry, sides=moment.sides))
                    yield self._drawn(moment, inquiry.text, identity, asked, domain).updates()
        finally:
            self.site.runs.end(session, run)

    def _waiting(self, ahead: int) -> Shown:
        """Return the updates of a comparison whose turn has not come."""
        import gradio as gr

        return replace(self._told(""), ask=gr.update(visible=False), stop=gr.update(visible=True),
                       progress=compared.ahead(ahead, self.words))

    def _drawn(self, moment: Moment, question: str, identity: str, asked: tuple[str, ...], domain: Domain) -> Shown:
        """Return the updates of a moment."""
        import gradio as gr

        running = moment.running
        suggested = "" if running else next((one for one in domain.examples if one not in asked), "")
        outcome = compared.note(self.words("compare.open_note")) if not running and moment.whole and moment.named else ""
        following = gr.update(value=self.words("compare.next", question=suggested), visible=bool(suggested) and not identity)
        return Shown(
            question=None if moment.turn or not running else question, ask=gr.update(visible=not running),
            stop=gr.update(visible=running), progress=compared.progress(moment, self.words),
            sides=compared.sides(moment, question, self.words), ballot=gr.update(visible=bool(identity)), outcome=outcome,
            rates="", following=following,
            evidence=compared.evidence(moment, self.words), waiting=identity, asked=asked, next_one=suggested)

    def _told(self, html: str) -> Shown:
        """Return the updates that show a message alone."""
        import gradio as gr

        hidden = gr.update(visible=False)
        return Shown(ask=gr.update(visible=True), stop=hidden, progress="", sides=html, ballot=hidden, outcome="", rates="",
                      following=hidden, evidence="", waiting="", next_one="")


def _components(page: Page) -> tuple[Shown, _Settings, dict[str, Any]]:
    """Return the tab's components, laid out: what is shown, what is set, and a button for each choice."""
    import gradio as gr

    words, domain = page.words, page.site.first
    gr.HTML(f'<p class="tab-lede">{escape(words("compare.lede"))}</p>', padding=False)
    with gr.Row(elem_classes="ask", equal_height=True):
        question = gr.Textbox(placeholder=words("compare.placeholder"), label=words("compare.question"), show_label=False,
                              lines=1, max_lines=4, max_length=MAX_QUESTION_CHARS, scale=1, container=False,
                              elem_id="compare-question")
        ask = gr.Button(words("compare.ask"), variant="primary", scale=0, min_width=88, elem_id="compare-ask",
                        interactive=len(available(domain)) > 1)
        stop = gr.Button(words("compare.stop"), variant="secondary", scale=0, min_width=88, visible=False, elem_id="compare-stop")
    settings = _settings(domain, words)
    with gr.Column(elem_id="compare-result"):
        progress = gr.HTML(elem_id="compare-progress", padding=False)
        sides = gr.HTML(elem_id="compare-sides", padding=False)
        ballot, buttons = _ballot(words)
        outcome = gr.HTML(elem_id="compare-outcome", padding=False)
        rates = gr.HTML(elem_id="compare-rates", padding=False)
        following = gr.Button(visible=False, elem_id="compare-next", variant="secondary")
        evidence = gr.HTML(elem_id="compare-evidence", padding=False)
    shown = Shown(question=question, ask=ask, stop=stop, progress=progress, sides=sides, ballot=ballot, outcome=outcome,
                   rates=rates, following=following, evidence=evidence, waiting=gr.State(""), asked=gr.State(()),
                   next_one=gr.State(""))
    return shown, settings, buttons


def _ballot(words: Words) -> tuple[Any, dict[str, Any]]:
    """Return where the vote is cast, and a button for each choice, laid out."""
    import gradio as gr

    with gr.Column(visible=False, elem_id="compare-ballot") as ballot:
        gr.HTML(f'<h3>{escape(words("compare.vote"))}</h3>', padding=False)
        with gr.Row(elem_classes="choices"):
            buttons = {choice: gr.Button(words(f"compare.choices.{choice}"), variant="secondary", min_width=72,
                                         elem_id=f"compare-vote-{choice}") for choice in CHOICES}
        gr.HTML(compared.note(words("compare.vote_note")), padding=False)
    return ballot, buttons


def _settings(domain: Domain, words: Words) -> _Settings:
    """Return the components that say what is compared, laid out."""
    import gradio as gr

    named, two, levels = _named(domain, words), _two(domain), _levels(domain, words)
    with gr.Row(elem_classes="systems"):
        first = gr.Dropdown(named, value=two[0], label=words("compare.first"), filterable=False, interactive=True,
                            elem_id="compare-first", min_width=140)
        second = gr.Dropdown(named, value=two[1], label=words("compare.second"), filterable=False, interactive=True,
                             elem_id="compare-second", min_width=140)
        blind = gr.Checkbox(value=True, label=words("compare.blind"), info=words("compare.blind_info"), elem_id="compare-blind",
                            min_width=200)
    lacking = gr.HTML(_lacking(domain, words), elem_id="compare-lacking", padding=False)
    with gr.Accordion(words("compare.conditions"), open=False, elem_id="compare-conditions"), gr.Row():
        level = gr.Radio(levels, value=levels[0][1], label=words("compare.level"), visible=len(levels) > 1,
                         elem_id="compare-level", container=False)
        as_of = gr.Textbox(label=words("compare.as_of"), placeholder="2024-03-09", info=words("compare.as_of_info"), lines=1,
                           max_lines=1, max_length=20, elem_id="compare-as-of")
    offered = gr.Dataset(components=[gr.Textbox(visible=False)], samples=_samples(domain), type="values",
                         label=words("compare.examples"), visible=bool(domain.examples), elem_id="compare-examples")
    return _Settings(first=first, second=second, blind=blind, level=level, as_of=as_of, lacking=lacking, offered=offered)


def _inquiry(text: str, level: str | None, day: str, words: Words) -> Inquiry | str:
    """Return what is asked, or what is wrong with it."""
    question = " ".join(text.split())
    if not question:
        return words("ask.empty")
    if len(question) > MAX_QUESTION_CHARS:
        return words("ask.too_long", most=MAX_QUESTION_CHARS, count=len(question))
    try:
        as_of = read_day(day, where="as of") if day.strip() else None
    except DataError:
        return words("compare.no_day", day=day.strip()[:20])
    return Inquiry(text=question, level=level or "", as_of=as_of)


def _named(domain: Domain, words: Words) -> list[tuple[str, str]]:
    return [(compared.title(name, words), name) for name in available(domain)]


def _two(domain: Domain) -> tuple[str | None, str | None]:
    """Return the systems a comparison begins with: the one in use and another."""
    names = available(domain)
    first = domain.in_use if domain.in_use in names else next(iter(names), None)
    return first, next((name for name in names if name != first), None)


def _levels(domain: Domain, words: Words) -> list[tuple[str, str]]:
    names, plain = domain.answerer().levels, (words("compare.level_none"), "")
    if not names:
        return [plain]
    return [(words("compare.level_auto"), AUTO), *((labels.level(name, words), name) for name in names), plain]


def _lacking(domain: Domain, words: Words) -> str:
    alone = compared.note(words("compare.only_one")) if len(available(domain)) < 2 else ""
    return alone + compared.missing({name: one.missing for name, one in domain.systems.items() if one.missing}, words)


def _samples(domain: Domain) -> list[list[str]]:
    return [[example] for example in domain.examples]


def _session(request: Any) -> str:
    return f"{request.session_hash}/compare"   # a question asked in another tab of the page does not stop a comparison
