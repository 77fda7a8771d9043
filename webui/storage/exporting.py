"""Downloads of what is kept: each person's own conversations, and for an admin everybody's ratings and votes.

    /export/conversations.csv | .jsonl   one's own answers, in the conversation they were given in
    /export/ratings.csv | .jsonl         admin; ?domain=demo for one domain
    /export/votes.csv | .jsonl           admin

CSV is for spreadsheets: it opens as it is, with the answers' text, and no cell is a formula. ratings.jsonl and votes.jsonl
are in the format of rag.evaluation.opinions.ratings, which `mundap eval` reads. The routes are the page's own; none reads
a file.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mundap.csv_file import harmless
from rag.record import record
from webui.http.asgi import OWNER
from webui.people import NotAllowed, Person, Role
from webui.storage.answers import kept
from webui.storage.database import Database
from webui.storage.ratings import Ratings, texts
from webui.storage.votes import question_id

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from webui.site import Site

Row = dict[str, Any]
Makes = Callable[[Database, Person, str], list[Row]]
_VOTES = """SELECT votes.*, one.system AS left_system, other.system AS right_system, one.domain, one.asked, one.inquiry,
  one.answer AS left_said, other.answer AS right_said FROM votes JOIN answers AS one ON one.id = left_answer
  JOIN answers AS other ON other.id = right_answer WHERE (:domain = '' OR one.domain = :domain)
  ORDER BY votes.created_at, votes.rowid"""
_TALKS = """SELECT answers.*, conversation, position, title, score, reasons, corrected FROM answers
  LEFT JOIN turns ON turns.answer = answers.id LEFT JOIN conversations ON conversations.id = turns.conversation
  LEFT JOIN ratings ON ratings.answer = answers.id AND ratings.rater = answers.owner
  WHERE answers.owner = :owner AND (:domain = '' OR answers.domain = :domain)
  ORDER BY COALESCE(conversations.created_at, answers.created_at), conversation IS NULL, conversation,
  position, answers.created_at, answers.rowid"""


def conversations(database: Database, person: Person, domain: str) -> list[Row]:
    """Return all that a person asked and was answered, with the score they gave, as plain rows."""
    with database.read() as connection:
        rows = connection.execute(_TALKS, {"owner": person.owner, "domain": domain}).fetchall()
    told = []
    for row in rows:
        one = kept(row)
        answer = record(one.answer, one.asked) if one.answer is not None else {"answer": one.text}
        told.append({"conversation": row["conversation"] or "", "title": row["title"] or "", "position": row["position"],
                     "domain": one.domain, "at": one.created_at, "asked": one.asked, "system": one.system,
                     "model": one.model, "score": row["score"], "reasons": texts(row["reasons"] or "[]"),
                     "corrected": row["corrected"] or "", **answer})
    return told


def ratings(database: Database, person: Person, domain: str) -> list[Row]:
    """Return everybody's ratings, each with the question, the answer's text and what the grounding check found."""
    return [{"rater": one.rater, "question_id": one.question_id, "system": one.system, "score": one.rated.score,
             "reasons": list(one.rated.reasons), "corrected": one.rated.corrected, "at": one.created_at, "domain": one.domain,
             "asked": one.asked, "answer": one.text, "unfounded": list(one.rated.unfounded), "model": one.model,
             "answer_id": one.answer} for one in Ratings(database).records(domain)]


def votes(database: Database, person: Person, domain: str) -> list[Row]:
    """Return everybody's votes, each with the question and both answers' texts."""
    with database.read() as connection:
        rows = connection.execute(_VOTES, {"domain": domain}).fetchall()
    return [{"rater": row["rater"], "question_id": question_id(row["domain"], row["inquiry"]),
             "left": row["left_system"], "right": row["right_system"], "winner": row["winner"], "at": row["created_at"],
             "both_bad": row["both_bad"], "domain": row["domain"], "asked": row["asked"], "left_answer": _text(row["left_said"]),
             "right_answer": _text(row["right_said"])} for row in rows]


# What is exported, to whom, and the fields its JSON lines have: those an evaluation reads, or all of them.
_KINDS: Mapping[str, tuple[Makes, Role, Sequence[str]]] = {
    "conversations": (conversations, Role.VIEWER, ()),
    "ratings": (ratings, Role.ADMIN, ("rater", "question_id", "system", "score", "reasons", "corrected", "at")),
    "votes": (votes, Role.ADMIN, ("rater", "question_id", "left", "right", "winner", "at")),
}
_COLUMNS: Mapping[str, Sequence[str]] = {
    "conversations": ("title", "position", "domain", "at", "asked", "question", "answer", "verdict", "citations", "system",
                      "model", "score", "reasons", "corrected"),
    "ratings": (*_KINDS["ratings"][2], "domain", "asked", "answer", "unfounded", "model", "answer_id"),
    "votes": (*_KINDS["votes"][2], "both_bad", "domain", "asked", "left_answer", "right_answer"),
}


def as_csv(rows: Iterable[Row], columns: Sequence[str]) -> bytes:
    """Return rows as CSV in UTF-8 with its mark; lists are joined with " | ", no cell is a formula."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([harmless(_cell(row.get(name))) for name in columns] for row in rows)
    return b"\xef\xbb\xbf" + file.getvalue().encode("utf-8", "replace")


def as_jsonl(rows: Iterable[Row], fields: Sequence[str] = ()) -> bytes:
    """Return rows as JSON lines, of the fields named or all of them."""
    return b"".join(json.dumps({name: row[name] for name in fields or row}, ensure_ascii=False).encode("utf-8") + b"\n"
                    for row in rows)


def content(database: Database, person: Person, kind: str, form: str, domain: str = "") -> bytes:
    """Return an export's bytes.

    Raises:
        NotAllowed: it is not for the person's role.
        KeyError: there is no such export.
    """
    make, role, fields = _KINDS[kind]
    if person.role < role:
        raise NotAllowed("this is not for your role.", where=role.name.lower(), fix="Ask whoever runs the page.")
    rows = make(database, person, domain)
    if form == "jsonl":
        return as_jsonl(rows, fields)
    return as_csv(rows, _COLUMNS[kind])


def routes(site: Site) -> list[Route]:
    """Return the routes of every export, to be put before Gradio's."""
    from starlette.routing import Route

    return [Route(f"/export/{kind}.{form}", _endpoint(site, kind, form), methods=["GET"])
            for kind in _KINDS for form in ("csv", "jsonl")]


def _endpoint(site: Site, kind: str, form: str) -> Callable[[Request], Response]:
    """Return one export's endpoint; it is no coroutine, so that it runs in a thread of its own."""
    from starlette.responses import PlainTextResponse, Response

    def answer(request: Request) -> Response:
        try:
            person = site.people.person(str(request.scope.get(OWNER) or ""))   # whom the layer at the door has found
            told = content(site.database, person, kind, form, request.query_params.get("domain", ""))
        except NotAllowed as error:
            return PlainTextResponse(str(error), status_code=403, headers={"cache-control": "no-store"})
        media = "text/csv; charset=utf-8" if form == "csv" else "application/x-ndjson"
        day = datetime.now(UTC).astimezone().date().isoformat()
        return Response(told, media_type=media, headers={
            "content-disposition": f'attachment; filename="mundap-{kind}-{day}.{form}"', "cache-control": "no-store",
            "x-content-type-options": "nosniff"})

    return answer


def _cell(value: Any) -> Any:
    """Return a value as a spreadsheet shows it: a list in one cell, a reference by its citation."""
    if isinstance(value, list | tuple):
        return " | ".join(str(one.get("citation", one) if isinstance(one, Mapping) else one) for one in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping) else value


def _text(answer: str) -> str:
    return str(json.loads(answer).get("text", ""))
