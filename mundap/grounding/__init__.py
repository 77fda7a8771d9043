"""Deterministic grounding: what an answer states, and whether its passages say so.

    claims(text)     every amount, rate, count, number, date, period, article and code of a text
    figures(text)    the numeric ones
    check(answer, passages)   which of them the passages support, by claim and by cited sentence
    normalise_value(value, unit)   a printed value as a Decimal in its base unit

No model and nothing heavier than re and decimal: it works for a model of any size and costs milliseconds.
"""

from mundap.grounding.check import ClaimCheck, Grounding, SentenceCheck, check
from mundap.grounding.claim import Claim
from mundap.grounding.claims import citations, claims, figures
from mundap.grounding.sentences import sentence_spans
from mundap.grounding.support import Support
from mundap.grounding.units import Unit, declared_units, unit_of
from mundap.grounding.values import normalise_value

__all__ = ["Claim", "ClaimCheck", "Grounding", "SentenceCheck", "Support", "Unit", "check", "citations", "claims",
           "declared_units", "figures", "normalise_value", "sentence_spans", "unit_of"]
