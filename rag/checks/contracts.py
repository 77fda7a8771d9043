"""Of which contract a question asks: another product's clause is no evidence for it, however alike the two are worded.

"온새미 건강보험" pays no refund where "온새미 간편건강보험" pays 40%. Where the question names the product of one passage in
full, the passages of other products are left blank; where it names none, or only a part of a name, all of them count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mundap.prompt import Passage
from mundap.question import Question, squeeze

_CONTRACT = re.compile(r"약관|특약")
_PRODUCT = re.compile(r"^(?:\(?(?:무배당|유배당|무|유)\)?\s*)?(.*(?:보험|공제|연금|저축))(?=\s|\()")


def of_contract_asked(question: Question, passages: Sequence[Passage]) -> list[Passage]:
    """Return the passages with those of other products than the one named left blank; numbers and places of lines stay."""
    asked = squeeze(question.text)
    products = [squeeze(_product(one.head)) for one in passages]
    if not any(product and product in asked for product in products):
        return list(passages)
    return [replace(one, head="", lines=("",) * len(one.lines)) if product and product not in asked else one
            for one, product in zip(passages, products, strict=True)]


def _product(head: str) -> str:
    """Return the product whose contract a head names ("무배당 온새미 건강보험 보통약관 > …" -> 온새미 건강보험), "" for none."""
    title = head.split(" > ")[0]
    found = _PRODUCT.match(title) if _CONTRACT.search(title) else None
    return found[1] if found else ""
