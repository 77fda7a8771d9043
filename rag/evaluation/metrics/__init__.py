"""Every metric of mundap eval that one reply has alone: plain functions of a Gold and a Reply, in a report's order.

    figures.py    is the figure right, its unit, its sign         invention.py  what was made up, by kind
    articles.py   is the article right                            declining.py  declines what it should, answers what it can
    citing.py     do the citations lead to the answer             finding.py    did retrieval find it
    text.py       how near the words are to the reference's       wording.py    length and readability

Speed is the run's (results.Speed), a judge's verdict and human scores are the report's.
"""

from __future__ import annotations

from rag.evaluation.asked import Gold, Reply
from rag.evaluation.metrics import articles, citing, declining, figures, finding, invention, text, wording
from rag.evaluation.metrics.metric import Metric
from rag.evaluation.results import Scored

METRICS: tuple[Metric, ...] = (
    Metric(name="right", of=figures.right, rate=True),
    Metric(name="right_and_cited", of=citing.right_and_cited, rate=True),
    Metric(name="wrong_figure_shown", of=figures.wrong_figure_shown, rate=True, better="lower"),
    Metric(name="hallucinated", of=invention.hallucinated, rate=True, better="lower"),
    Metric(name="declined_rightly", of=declining.declined_rightly, rate=True),
    Metric(name="answered", of=declining.answered, rate=True),
    Metric(name="wrongly_declined", of=declining.wrongly_declined, rate=True, better="lower"),
    Metric(name="figure_right", of=figures.figure_right, rate=True),
    Metric(name="unit_right", of=figures.unit_right, rate=True),
    Metric(name="sign_right", of=figures.sign_right, rate=True),
    Metric(name="articles_right", of=articles.articles_right, rate=True),
    *(Metric(name=f"invented_{kind}", of=invention.of_kind(kind), rate=True, better="lower") for kind in invention.KINDS),
    Metric(name="citation_precision", of=citing.citation_precision),
    Metric(name="citation_recall", of=citing.citation_recall),
    Metric(name="reciprocal_rank", of=finding.reciprocal_rank),
    Metric(name="found_recall", of=finding.found_recall),
    Metric(name="passage_recall", of=finding.passage_recall),
    Metric(name="exact_match", of=text.exact_match, rate=True),
    Metric(name="normalised_match", of=text.normalised_match, rate=True),
    Metric(name="character_f1", of=text.character_f1),
    Metric(name="rouge_l", of=text.rouge_l),
    Metric(name="chrf", of=text.chrf),
    Metric(name="words_per_sentence", of=wording.words_per_sentence, better="", unit="words"),
    Metric(name="long_words", of=wording.long_words, better=""),
    Metric(name="answer_characters", of=wording.answer_characters, better="", unit="characters"),
)
by_name: dict[str, Metric] = {metric.name: metric for metric in METRICS}


def measure(gold: Gold, reply: Reply) -> Scored:
    """Return a reply with the value of every metric that applies to it, and what it invents.

    An error is no answer: it counts against what an answer is wanted for (right, answered, declined_rightly), but is no
    answer free of inventions, wrong figures or declines either, else a system that fails at everything would invent least.
    """
    values = {metric.name: value for metric in METRICS if (metric.better == "higher" or not reply.error)
              and (value := metric.of(gold, reply)) is not None}
    return Scored(gold=gold, reply=reply, values=values, invented=invention.inventions(gold, reply))
