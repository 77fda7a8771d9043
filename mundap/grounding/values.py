"""One printed value and its unit as a number in the base unit, to compare an answer's figure with a gold one."""

from __future__ import annotations

from decimal import Decimal

from mundap.grounding.claims import figures
from mundap.grounding.units import unit_of


def normalise_value(value: str, unit: str = "") -> Decimal | None:
    """Return a value in the base unit of its unit: "1,234", "백만원" and "12.34억원", "" are both 1234000000; or None.

    None: value is not exactly one figure ("-", "", "10~20", a date). A rate keeps its per cent. A unit that is not
    known counts as 1, so two values in the same unknown unit still compare.
    """
    found = figures(value.strip())
    if len(found) != 1 or found[0].value is None:
        return None
    figure = found[0]
    rest = (value.strip()[:figure.span[0]] + value.strip()[figure.span[1]:]).strip(" .:")
    if rest and any(letter.isdigit() for letter in rest):
        return None
    if figure.unit or not unit.strip():
        return figure.value
    known = unit_of(unit)
    return found[0].value * known.factor if known else found[0].value
