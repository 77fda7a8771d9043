"""How well a document was read, in one word.

    OK         the text is well formed; at most DART's own notation (&cr; for a line break) was rewritten
    REPAIRED   damage was mended, each repair counted by name, and no character was lost
    RECOVERED  characters were lost: bytes that are no text, a document cut short, markup that only the parser's recover
               mode could read, or text that the self-check cannot find in the output
    FAILED     nothing could be read; the reason is given (see dart_xml)
"""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.readers.accounting import Account
from pipelines.readers.balance import CUT_SHORT
from pipelines.readers.clean import NOTATION, UNEXPLAINED
from pipelines.readers.decode import REPLACED
from pipelines.reading import Status

RECOVERED = "recovered by the parser"
LOSSES = frozenset({REPLACED, UNEXPLAINED, CUT_SHORT, RECOVERED, "characters lost in recovery"})


def status_of(repairs: Mapping[str, int], account: Account) -> Status:
    """Return the status that the repairs and the account of the characters amount to."""
    if account.unaccounted or not LOSSES.isdisjoint(repairs):
        return "RECOVERED"
    return "OK" if NOTATION.issuperset(repairs) else "REPAIRED"
