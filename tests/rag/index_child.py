"""What test_index_life.py does to an index in other processes: python index_child.py <what> <project> [<argument>]."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import rag.indexing.build
from rag.indexing import kept_vectors, versions
from rag.indexing.build import build, open_index
from rag.search.retrieve import Retriever
from tests.rag.hashing_embedder import HashingEmbedder
from tests.rag.small_index import recipe


def say(line: str) -> None:
    """Tell the test a line."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Dies(HashingEmbedder):
    """Embeds one slice and is killed at the second."""

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.embedded:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().embed_passages(texts)


class Waits(HashingEmbedder):
    """Says that it has begun, and never ends."""

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        say("begun")
        time.sleep(600)
        return super().embed_passages(texts)


def die(*_: object, **__: object) -> None:
    """Be killed: a stand-in for whatever a build was about to do."""
    os.kill(os.getpid(), signal.SIGKILL)


def build_and_die(project: Path, where: str) -> None:
    """Build an index and be killed while embedding, while storing vectors, before publishing, or before tidying up."""
    if where == "embed":
        rag.indexing.build.SLICE = 2
        build(recipe(), project, Dies(), lambda line: None)
    elif where == "store":
        rag.indexing.build.STORED_AT_ONCE = 2
        rag.indexing.build.PROGRESS_EVERY_S = 0
        build(recipe(), project, HashingEmbedder(), lambda line: die() if line.startswith("stored") else None)
    else:
        if where == "publish":
            versions.publish = die
        else:
            kept_vectors.clear = die
        build(recipe(), project, HashingEmbedder(), lambda line: None)


def read(project: Path, stop: str) -> None:
    """Search until a file appears, leaving a file for each edition seen; print how often, and how many answers were mixed."""
    seen: dict[str, int] = {}
    mixed, embedder = 0, HashingEmbedder()
    while not Path(stop).exists():
        retriever = Retriever(open_index(recipe(), project, embedder), embedder, recipe())
        texts = {retriever.chunk(name).text for name in retriever.index.chunks}
        for _ in range(10):   # one version, opened once, over whatever is published meanwhile
            hits = retriever.search("매출액", top_k=50)
            nearest = retriever.index.store.nearest(embedder.embed_queries(["매출액"])[0], 50)
            found = {hit.chunk.text for hit in hits} | {retriever.chunk(name).text for name, _ in nearest}
            of = {text.rsplit("판 ", 1)[1] for text in found}
            mixed += len(of) != 1 or found != texts
            for one in of:
                seen[one] = seen.get(one, 0) + 1
                Path(f"{stop}.{os.getpid()}.{one}").touch()
        retriever.close()
    say(json.dumps({"seen": seen, "mixed": mixed}))


if __name__ == "__main__":
    what, given = sys.argv[1], Path(sys.argv[2])
    if what == "die":
        build_and_die(given, sys.argv[3])
    elif what == "wait":
        build(recipe(), given, Waits(), lambda line: None)
    else:
        read(given, sys.argv[3])
