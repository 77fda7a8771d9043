"""How fast DART filings become documents, facts and chunks: stage by stage, beside plain text by BeautifulSoup, and 5,000
of them in worker processes with a kill -9 in the middle.

    .venv/bin/python benchmarks/dart.py --samples /folder/of/samples              # 5,000 filings: about 15 minutes
    .venv/bin/python benchmarks/dart.py --samples /folder/of/samples --filings 200 --json

The filings are real ones, multiplied and varied (see dart_corpus.py). No embedding and no training rows are made.
BeautifulSoup (pip install beautifulsoup4) is only measured against; without it its line is left out.
"""

from __future__ import annotations

import argparse
import filecmp
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
STAGE_FILINGS, SAME_FILINGS = 60, 40
TOKENIZER = "models/multilingual-e5-small"
_SAMPLE_S = 0.5


def main() -> None:
    """Print the tables, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=Path, default=os.environ.get("MUNDAP_SAMPLES"), help="folder of real filings")
    parser.add_argument("--filings", type=int, default=5000, help="how many to make for the run with workers")
    parser.add_argument("--workers", type=int, help="processes; default: as the data stage decides")
    parser.add_argument("--folder", type=Path, help="where to put the corpus and the output (default: temporary)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--child", nargs=3, metavar=("CORPUS", "OUT", "WORKERS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return data_stage(*options.child)
    if options.samples is None:
        parser.error("give --samples, or set MUNDAP_SAMPLES")
    with tempfile.TemporaryDirectory(prefix="mundap-benchmark-", dir=options.folder) as temporary:
        found = measure(Path(options.samples), Path(temporary), options.filings, options.workers)
    print(json.dumps(found, indent=1) if options.json else tables(found))


def measure(samples: Path, folder: Path, filings: int, workers: int | None) -> dict[str, Any]:
    """Return every measurement: stages, the run with workers, and whether the bytes are the same."""
    from dart_corpus import make_corpus, originals

    files = originals(samples)
    make_corpus(files, folder / "stages", STAGE_FILINGS)
    make_corpus(files, folder / "same", SAME_FILINGS, seed=8)
    found: dict[str, Any] = {"stages": stages(sorted((folder / "stages").iterdir()), folder / "shards")}
    found["same bytes"] = same_bytes(folder / "same", folder)
    found["run"] = long_run(make_corpus(files, folder / "many", filings), folder / "many", folder / "out", workers)
    return found


def stages(files: Sequence[Path], shards: Path) -> dict[str, Any]:
    """Return the CPU seconds of every stage over the files, in this process, and of the two comparisons."""
    from lxml import etree

    from mundap.document import render
    from mundap.token_count import token_counter
    from pipelines.chunks import chunk_reading
    from pipelines.readers.clean import clean
    from pipelines.readers.dart_xml import read_file
    from pipelines.readers.decode import decode

    spent: dict[str, float] = {}
    timed = partial(_timed, spent)
    count = token_counter(ROOT / TOKENIZER)
    plain, failed = plain_text(), 0
    gc.disable()  # as `pipelines.work` does, and for the comparison too
    for file in files:
        gc.collect()
        data = file.read_bytes()
        text = timed("decode", lambda data=data: decode(data)[0])
        cleaned = timed("clean", lambda text=text: clean(text)[0]).encode()
        timed("parse", lambda cleaned=cleaned: etree.fromstring(cleaned, etree.XMLParser(huge_tree=True)))
        if plain is not None:
            timed("BeautifulSoup", lambda data=data: plain(data))
        try:
            reading = timed("read", lambda file=file: read_file(file, ROOT))
        except Exception:  # a sample that no reader takes, such as one that lost its Hangul
            failed += 1
            continue
        timed("markdown", lambda reading=reading: render(reading.document))
        chunked = timed("chunks", lambda reading=reading: chunk_reading(reading, limit=450, count=count))
        timed("write", lambda reading=reading, chunked=chunked: _write(shards, reading, chunked))
    gc.enable()
    return {"files": len(files), "failed": failed, "bytes": sum(file.stat().st_size for file in files), "seconds": spent}


def _timed(spent: dict[str, float], name: str, call: Callable[[], Any]) -> Any:
    """Return what a call returns; its CPU seconds are added to those of its name."""
    began = time.process_time()
    result = call()
    spent[name] = spent.get(name, 0.0) + time.process_time() - began
    return result


def _write(shards: Path, reading: Any, chunked: Any) -> None:
    from pipelines.shard import ShardWriter

    writer = ShardWriter(shards / reading.document.doc_id)
    writer.add(reading, chunked)
    writer.close()


def plain_text() -> Callable[[bytes], str] | None:
    """Return BeautifulSoup with lxml, giving only a document's text, or None when it is not installed."""
    try:
        import warnings

        from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
    except ImportError:
        return None
    warnings.filterwarnings("ignore", category=XMLParsedAsHTMLWarning)
    return lambda data: str(BeautifulSoup(data, "lxml").get_text())


def data_stage(corpus: str, out: str, workers: str) -> None:
    """Run the data stage; what a child process of this benchmark does."""
    from pipelines.data import run

    recipe = {"domain": "benchmark", "seed": 42, "sources": [{"reader": "dart_xml", "path": corpus}], "documents": out,
              "chunks": {"max_tokens": 450, "tokenizer": TOKENIZER}, "split": {"by": "company", "eval_share": 0.2},
              "workers": int(workers) or None}
    report = run(recipe, ROOT, lambda line: print(line, file=sys.stderr, flush=True))
    print(json.dumps({"counts": report.counts}))


def child(corpus: Path, out: Path, workers: int | None) -> subprocess.Popen[str]:
    """Start the data stage in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--child", str(corpus), str(out), str(workers or 0)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def watch(process: subprocess.Popen[str], until: Callable[[], bool] = lambda: False) -> int:
    """Wait for a process, or until something is so and then kill -9 it; return the peak RSS of it and its children."""
    peak, whole = 0, psutil.Process(process.pid)
    while process.poll() is None:
        try:
            members = [whole, *whole.children(recursive=True)]
            peak = max(peak, sum(one.memory_info().rss for one in members if one.is_running()))
        except psutil.NoSuchProcess:
            pass
        if until():
            process.send_signal(signal.SIGKILL)
            process.wait()
            break
        time.sleep(_SAMPLE_S)
    return peak


def long_run(size: int, corpus: Path, out: Path, workers: int | None) -> dict[str, Any]:
    """Return what a run over the corpus takes that is killed half-way and started again."""
    filings, shards = len(list(corpus.iterdir())), out / "shards"

    def done() -> int:
        return len([one for one in shards.iterdir() if one.suffix != ".tmp"]) if shards.is_dir() else 0

    began = time.perf_counter()
    peak = watch(child(corpus, out, workers), lambda: done() >= filings // 2)
    killed_s, kept = time.perf_counter() - began, done()
    time.sleep(2)  # the workers of the killed process finish what they hold, and end
    kept_later = done()
    again = child(corpus, out, workers)
    peak = max(peak, watch(again))
    wall = time.perf_counter() - began - 2
    assert again.stdout is not None
    counts = json.loads(again.stdout.read())["counts"]
    return {"filings": filings, "bytes": size, "wall_s": wall, "killed_after_s": killed_s, "kept": max(kept, kept_later),
            "redone": filings - max(kept, kept_later), "peak_bytes": peak, "documents": counts["documents"],
            "statuses": counts["statuses"], "chunks": sum(counts["chunks"].values()), "facts": counts["facts"]}


def same_bytes(corpus: Path, folder: Path) -> dict[str, bool]:
    """Return whether one worker, two, and two that were killed half-way write the same files."""
    for name, workers in (("one", 1), ("two", 2)):
        if child(corpus, folder / name / "out", workers).wait():
            raise SystemExit(f"the run with {workers} workers failed")
    shards = folder / "killed/out/shards"
    watch(child(corpus, folder / "killed/out", 2),
          lambda: shards.is_dir() and len([one for one in shards.iterdir() if one.suffix != ".tmp"]) >= SAME_FILINGS // 2)
    if child(corpus, folder / "killed/out", 2).wait():
        raise SystemExit("the run started again failed")
    return {"1 and 2 workers": _alike(folder / "one/out", folder / "two/out"),
            "whole and killed": _alike(folder / "one/out", folder / "killed/out")}


def _alike(one: Path, other: Path) -> bool:
    """Return whether two output folders hold the same files; the manifest names the folder, so it is left out."""
    names = [sorted(file.relative_to(base) for file in base.rglob("*") if file.is_file() and file.name != "manifest.json")
             for base in (one, other)]
    return names[0] == names[1] and all(filecmp.cmp(one / name, other / name, shallow=False) for name in names[0])


def tables(found: dict[str, Any]) -> str:
    """Return the measurements as Markdown."""
    spent, size = found["stages"]["seconds"], found["stages"]["bytes"] / 1e6
    parse = spent["parse"]
    ours = [name for name in ("read", "chunks", "write") if name in spent]
    lines = [f"\n| stage, {found['stages']['files']} filings, {size:.0f} MB, one process | CPU, s | times the parse |",
             "|---|---|---|"]
    inside = spent["read"] - spent["decode"] - spent["clean"] - parse
    whole = sum(spent[name] for name in ours)
    for name, seconds in (("bare lxml parse of the cleaned bytes", parse), ("decode", spent["decode"]),
                          ("clean", spent["clean"]), ("sections, grids, facts, account of characters", inside),
                          ("Markdown with front matter", spent["markdown"]),
                          ("chunks and token counts", spent["chunks"]),
                          ("write (Markdown rendered, Parquet)", spent["write"]), ("**whole path**", whole)):
        lines.append(f"| {name} | {seconds:.2f} | {seconds / parse:.1f} |")
    lines.append(f"| whole path | {size / whole:.1f} MB/s | |")
    if "BeautifulSoup" in spent:
        lines.append(f"| BeautifulSoup with lxml, text alone | {spent['BeautifulSoup']:.2f} | "
                     f"{spent['BeautifulSoup'] / parse:.1f} |")
    run = found["run"]
    lines += ["\n| run with workers, killed half-way and started again | |", "|---|---|",
              f"| filings | {run['filings']:,} ({run['bytes'] / 1e6:,.0f} MB) |",
              f"| wall time, both parts | {run['wall_s']:,.0f} s ({run['bytes'] / 1e6 / run['wall_s']:.1f} MB/s) |",
              f"| kept after kill -9, redone | {run['kept']:,}, {run['redone']:,} |",
              f"| peak memory of all processes | {run['peak_bytes'] / 2**30:.2f} GiB |",
              f"| documents, chunks, facts | {run['documents']:,}, {run['chunks']:,}, {run['facts']:,} |",
              *(f"| same bytes: {name} | {'yes' if alike else 'NO'} |" for name, alike in found["same bytes"].items())]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
