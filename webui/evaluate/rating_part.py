"""The form one answer is rated with: score, reasons, a corrected answer. Used by the tab and, below an answer, by others.

    box = lay_out_rating(page, "list")
    shown = box.show(person, identity)          # one update for each of box.outputs

A score or a reason is kept as soon as it is clicked; a corrected answer when its button is, after its figures were looked
up. Nothing here decides what is kept: webui.evaluate.rating does.
"""
# No `from __future__ import annotations` here: Gradio reads the callbacks' annotations (gr.Request).

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from rag.evaluation.opinions.ratings import MAX_TEXT, SCORES
from webui.evaluate.rating import Outcome, correct, rate
from webui.highlight import escape
from webui.people import Person, Role
from webui.safely import OPTIONS, safely
from webui.site import Page
from webui.storage.ratings import REASONS, Ratings
from webui.words import Words


@dataclass(frozen=True, kw_only=True)
class RatingBox:
    """The form's components. answer holds the answer's id, told the corrected text whose figures were told.

    rated is the event after which a score was kept.
    """

    page: Page
    answer: Any
    told: Any
    box: Any
    score: Any
    reasons: Any
    fold: Any
    corrected: Any
    save: Any
    confirm: Any
    take_back: Any
    said: Any
    rated: Any = None

    @property
    def outputs(self) -> list[Any]:
        """Return the components show() has updates for."""
        return [self.answer, self.box, self.score, self.reasons, self.fold, self.corrected, self.confirm, self.said]

    def show(self, person: Person, answer: str) -> tuple[Any, ...]:
        """Return the updates that put an answer's rating by this person on show; answer "" hides the form."""
        import gradio as gr

        ratings = Ratings(self.page.site.database)
        found = ratings.get(person.owner, answer) if answer else None
        kept = ratings.answer(person.owner, answer) if answer and person.role >= Role.RATER else None
        text = found.corrected if found else ""
        return (answer if kept else "", gr.update(visible=kept is not None), gr.update(value=found.score if found else None),
                gr.update(value=list(found.reasons) if found else []), gr.update(open=bool(text)),
                gr.update(value=text or (kept.text if kept else "")), gr.update(visible=False), "")


def lay_out_rating(page: Page, name: str, answer: Any = None) -> RatingBox:
    """Add the form, hidden until it has an answer; name makes its elements' ids ("list-score").

    answer is a gr.State holding an answer's id, whose changes the form then follows; without one, use show().
    """
    import gradio as gr

    box = _components(page, name, gr.State("") if answer is None else answer)
    quick = OPTIONS | {"trigger_mode": "multiple"}

    def on_rate(identity: str, score: int | None, reasons: list[str], request: gr.Request) -> str:
        return _said(page, request, lambda ratings, person: rate(ratings, person, identity, score, reasons))[0]

    def on_correct(identity: str, text: str, request: gr.Request) -> tuple[Any, ...]:
        said, outcome = _said(page, request, lambda ratings, person: correct(ratings, person, identity, text))
        asks = outcome is not None and outcome.said == "unfounded"
        return said, gr.update(visible=asks), text.strip() if asks else None

    def on_confirm(identity: str, text: str, told: str | None, request: gr.Request) -> tuple[Any, ...]:
        if told != text.strip():    # what is confirmed is the text whose figures were told, no later one
            return on_correct(identity, text, request)
        said, _ = _said(page, request, lambda ratings, person: correct(ratings, person, identity, text, confirmed=True))
        return said, gr.update(visible=False), None

    def on_take_back(identity: str, request: gr.Request) -> tuple[Any, ...]:
        Ratings(page.site.database).drop(page.site.people.require(request, Role.RATER).owner, identity)
        return None, [], _line(page.words("evaluate.said.taken_back"))

    def follow(identity: str, request: gr.Request) -> tuple[Any, ...]:
        return box.show(page.site.people.of(request), identity or "")[1:]

    rated = gr.on([box.score.input, box.reasons.input], on_rate, inputs=[box.answer, box.score, box.reasons], outputs=box.said,
                  **quick)
    asked = [box.said, box.confirm, box.told]
    box.save.click(on_correct, inputs=[box.answer, box.corrected], outputs=asked, **OPTIONS)
    box.confirm.click(on_confirm, inputs=[box.answer, box.corrected, box.told], outputs=asked, **OPTIONS)
    box.take_back.click(on_take_back, inputs=box.answer, outputs=[box.score, box.reasons, box.said], **OPTIONS)
    if answer is not None:
        answer.change(follow, inputs=answer, outputs=box.outputs[1:], **OPTIONS)
    return replace(box, rated=rated)


def _components(page: Page, name: str, answer: Any) -> RatingBox:
    import gradio as gr

    words = page.words
    with gr.Column(elem_classes="rating", elem_id=f"{name}-rating", visible=False) as box:
        score = gr.Radio([(str(one), one) for one in SCORES], label=words("evaluate.score.label"),
                         info=words("evaluate.score.info"), elem_id=f"{name}-score", elem_classes="score")
        reasons = gr.CheckboxGroup([(words(f"evaluate.reasons.{one}"), one) for one in REASONS], elem_id=f"{name}-reasons",
                                   label=words("evaluate.reasons.label"), elem_classes="reasons")
        with gr.Accordion(words("evaluate.correction.fold"), open=False, elem_id=f"{name}-fold", elem_classes="fold") as fold:
            corrected = gr.Textbox(label=words("evaluate.correction.label"), info=words("evaluate.correction.info"), lines=3,
                                   max_lines=12, max_length=MAX_TEXT, elem_id=f"{name}-corrected")
            save = gr.Button(words("evaluate.correction.save"), size="sm", elem_id=f"{name}-save", elem_classes="quiet")
        said = gr.HTML(elem_id=f"{name}-said", padding=False)
        confirm = gr.Button(words("evaluate.correction.confirm"), size="sm", visible=False, elem_id=f"{name}-confirm",
                            elem_classes="quiet")
        take_back = gr.Button(words("evaluate.correction.take_back"), size="sm", elem_id=f"{name}-take-back",
                              elem_classes="quiet plain")
    return RatingBox(page=page, answer=answer, told=gr.State(None), box=box, score=score, reasons=reasons, fold=fold,
                     corrected=corrected, save=save, confirm=confirm, take_back=take_back, said=said)


def _said(page: Page, request: Any, make: Callable[[Ratings, Person], Outcome]) -> tuple[str, Outcome | None]:
    """Return what is said of a click as HTML, and what came of it; None where it was an error."""
    found: list[Outcome] = []

    def told() -> str:
        found.append(make(Ratings(page.site.database), page.site.people.require(request, Role.RATER)))
        return line(found[0], page.words)

    return safely(page.words, told), found[0] if found else None


def line(outcome: Outcome, words: Words) -> str:
    """Return what came of a click, as HTML."""
    figures = ", ".join(outcome.unfounded)
    if outcome.said == "corrected" and figures:
        return _line(words("evaluate.said.corrected_marked", figures=figures), warn=True)
    if outcome.said == "unfounded":
        return _line(words("evaluate.said.unfounded", figures=figures), warn=True)
    return _line(words(f"evaluate.said.{outcome.said}"), warn=outcome.said == "score_first")


def _line(text: str, *, warn: bool = False) -> str:
    return f'<p class="{"told warn" if warn else "told"}" role="status">{escape(text)}</p>'
