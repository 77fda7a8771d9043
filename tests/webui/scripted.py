"""A page with a real index and a scripted model, for tests: everything but the model is the real thing.

    python -m tests.webui.scripted FOLDER PORT [WEB]   serves it until SIGTERM; the index is built below FOLDER, and WEB
                                                       (JSON) is laid over the recipe's `web:` section
    python -m tests.webui.scripted path/rag.yaml PORT  serves a real recipe instead, with its own index and model
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk, write_chunks
from mundap.errors import GenerationError
from mundap.generator import Decoding, Generation, OnDone, Request, Stream
from mundap.listening import listen
from mundap.paths import resolve
from mundap.recipe import load
from rag.answer import Answerer
from rag.indexing.build import build, open_index
from rag.search.retrieve import Retriever
from tests.rag.hashing_embedder import HashingEmbedder
from tests.rag.small_index import built, chunk, recipe, reports
from webui.app import serve, serve_on
from webui.domain import OWN, Domain, Offered
from webui.pool import Pool
from webui.site import Site, people_of
from webui.storage.database import Database

DECLINE = "문서에 해당 내용이 없습니다."
# What a level's instruction says, and how the model words its answer then; the figures are the same.
LEVELS = {"쉬운 말로 적으세요.": "{label}은 모두 {value}이에요. [1]",
          "표 이름도 적으세요.": "문서에 따르면 {label}은 {value}임. [1]"}
HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>"


class ScriptedGenerator:
    """A model that copies the first line with a figure out of its first passage, letter by letter.

    At a level it says the same in other words (LEVELS).

    A question with "느리게" in it is answered slowly and for long, so that there is time to stop it; `cancelled`
    counts the streams that were closed before their end. One with "망가지게" in it fails.
    """

    name = "scripted"

    def __init__(self, pause_s: float = 0.0) -> None:
        self.pause_s = pause_s
        self.cancelled = 0
        self.closed = False

    def start(self) -> None:
        """Nothing to load."""

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_done: OnDone | None = None
                 ) -> list[Generation]:
        return [_generation(self._text(request)) for request in requests]

    def stream(self, request: Request, decoding: Decoding) -> Stream:
        return Stream(lambda stream: self._letters(stream, request))

    def close(self) -> None:
        self.closed = True

    def _letters(self, stream: Stream, request: Request) -> Iterator[str]:
        if "망가지게" in request.content:
            raise GenerationError("the model gave no answer.", where="exports/demo", fix="Ask again.")
        pause_s, text = self.pause_s, self._text(request)
        if "느리게" in request.content:
            pause_s, text = 0.05, text * 40
        whole = False
        try:
            for letter in text:
                time.sleep(pause_s)
                yield letter
            stream.generation = _generation(text)
            whole = True
        finally:
            self.cancelled += not whole

    def _text(self, request: Request) -> str:
        first = re.search(r"^\[1\] .*\n(?:.*\n)*?(.*\d.*)$", request.content, re.MULTILINE)
        if first is None:
            return DECLINE
        label, colon, value = first[1].partition(": ")
        if not colon:
            return f"{first[1]} [1]"
        named = next((said for name, said in LEVELS.items() if name in request.content), "{label}은 {value}입니다. [1]")
        return named.format(label=label, value=value)


class OtherWording(ScriptedGenerator):
    """The same model in other words, and slower: what "v1" answers with."""

    name = "scripted, other words"

    def _text(self, request: Request) -> str:
        return super()._text(request).replace("입니다", "이라고 적혀 있습니다")


def chunks() -> list[Chunk]:
    """Return the small index's chunks, one with an address, and one that tries to be more than text."""
    hostile = chunk(f"누리식품 2023년 직원수: 1,234명\n누리식품 2023년 비고: {HOSTILE}", doc_id="hostile",
                    date=20240401, breadcrumbs=f"누리식품 {HOSTILE}", company="누리식품", fiscal_year=2023,
                    kind="facts", url="javascript:window.hacked=3")
    linked = chunk("\n".join(["가온누리전자 2023년 요약 손익",
                              *(f"가온누리전자 2023년 기타 항목{at}: {at},111백만원" for at in range(1, 14)),
                              "가온누리전자 2023년 영업이익: 345백만원"]),
                   doc_id="linked", date=20240315, breadcrumbs="가온누리전자 2023 사업보고서 > III. 재무에 관한 사항",
                   company="가온누리전자", fiscal_year=2023, kind="facts", url="https://dart.example/20240315")
    return [*reports(), linked, hostile]


def whole_recipe(project: Path) -> dict[str, Any]:
    """Return a rag recipe over a small index, its prompt file written below project."""
    prompt = project / "instruction.txt"
    prompt.write_text("문서만 보고 답하라.", encoding="utf-8")
    levels: dict[str, Any] = {"중급": {}}
    for name, text in zip(("초급", "고급"), LEVELS, strict=True):
        levels[name] = {"instruction": str(project / f"{name}.txt")}
        (project / f"{name}.txt").write_text(text, encoding="utf-8")
    return recipe() | {
        "title": "문답 시험", "levels": levels,
        "prompt": {"instruction": str(prompt), "decline_text": DECLINE, "lines_per_passage": 4},
        "generation": {"generator": "local", "max_new_tokens": 96, "temperature": 0.0, "retries": 1},
        "verification": {"policy": "abstain"},
        "web": {"host": "127.0.0.1", "port": 0, "examples": [], "storage": str(project / "talks.sqlite"),
                "models_loaded": 2, "retention_days": 0, "hosts": [], "root_path": "",
                "limits": {"questions_a_minute": 1000, "waiting": 64, "upload_mb": 20, "uploads": 20}}}


def scripted_site(project: Path, generator: ScriptedGenerator, changed: Mapping[str, Any] | None = None, *, two: bool = False
                  ) -> Site:
    """Return the real site over a real index below project, with the scripted model; changed is laid over the recipe.

    A second system, "v1", is the same model in other words, so that there is something to compare and switch to. two: there
    is a second domain, "second", of one other company.
    """
    embedder = HashingEmbedder()
    built(project, chunks(), embedder)
    made = whole_recipe(project) | dict(changed or {})
    retriever = Retriever(open_index(made, project, embedder), embedder, made)
    other = OtherWording(getattr(generator, "pause_s", 0.0) * 2)
    pool = Pool(project, opens=lambda generation, project: other if generation.get("chat") == "v1" else generator)
    systems = {OWN: Offered(name=OWN, recipe=made), "v1": Offered(name="v1", recipe=made | {
        "generation": made["generation"] | {"chat": "v1"}}), "gone": Offered(name="gone", recipe=made, missing="no adapter.")}
    domains = [Domain(made, project, retriever, pool, systems, say)]
    if two:
        domains.append(_second_domain(made, project, embedder, pool))
    return Site(domains={domain.key: domain for domain in domains}, pool=pool, database=Database(Path(made["web"]["storage"])),
                people=people_of(made["web"], project), settings=made["web"], project=project)


def _second_domain(like: Mapping[str, Any], project: Path, embedder: HashingEmbedder, pool: Pool) -> Domain:
    index = like["index"] | {"chunks": "docs/second/chunks", "path": "indexes/second", "collection": "second"}
    made = dict(like) | {"domain": "second", "title": "둘째 자료", "index": index}
    facts = chunk("다온화학 2023년 매출액: 5,555백만원", doc_id="d23", company="다온화학", fiscal_year=2023, kind="facts")
    write_chunks([facts], resolve("docs/second/chunks/part-00000.parquet", project))
    build(made, project, embedder, lambda line: None)
    retriever = Retriever(open_index(made, project, embedder), embedder, made)
    return Domain(made, project, retriever, pool, {OWN: Offered(name=OWN, recipe=made)}, say)


def scripted_answerer(project: Path, generator: ScriptedGenerator, recipe: Mapping[str, Any] | None = None) -> Answerer:
    """Return the real answerer over a real index below project, with the scripted model; recipe in place of whole_recipe's."""
    embedder = HashingEmbedder()
    built(project, chunks(), embedder)
    made = recipe or whole_recipe(project)
    return Answerer(made, project, Retriever(open_index(made, project, embedder), embedder, made), generator)


def _generation(text: str) -> Generation:
    return Generation(text=text, finish_reason="stop", prompt_tokens=10, completion_tokens=len(text),
                      first_token_s=0.1, seconds=0.2)


def say(line: str) -> None:
    """Write a line to stderr, as the command line does."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main() -> None:
    """Serve a page; its address goes to stderr."""
    path, port = Path(sys.argv[1]), int(sys.argv[2])
    if path.suffix == ".yaml":
        serve_recipe(path, port)
        return
    generator = ScriptedGenerator(pause_s=0.02)
    given = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
    two, changed = given.pop("two", False), {"web": whole_recipe(path)["web"] | given}
    with listen("127.0.0.1", port) as listening, closing(scripted_site(path, generator, changed, two=two)) as site:
        serve_on(listening, site, say)
    say(f"closed={generator.closed} cancelled={generator.cancelled}")


def serve_recipe(path: Path, port: int) -> None:
    """Serve a rag.yaml on a port."""
    loaded = load(path, overrides=[f"web.port={port}"], kind="rag")
    serve([loaded], say)


if __name__ == "__main__":
    main()
