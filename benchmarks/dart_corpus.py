"""A corpus of any number of filings made from real ones, so that no two hold the same text or the same figures.

    20240318000123.xml …    every copy: another receipt number, another company name, every amount shifted

The mean size is about 0.9 MB with the real spread; one filing in a hundred is grown to 8 to 36 MB by repeating its
sections. The bytes keep the encoding of the original.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

SUFFIXES = (".xml", ".xhml")
MEAN_BYTES = 900_000
_LARGE_SHARE = 0.01
_LARGE_BYTES = (8_000_000, 36_000_000)
_COMPANY = re.compile(r"(<COMPANY-NAME\b[^>]*>)([^<]+)(</COMPANY-NAME>)")
_CODE = re.compile(r"(AREGCIK\s*=\s*[\"'])(\d{8})([\"'])")
_AMOUNT = re.compile(r"(?<=>)(\(?-?)(\d{1,3}(?:,\d{3})+)(?=\)?<)")
_SECTION = re.compile(r"<SECTION-1\b.*?</SECTION-1>", re.DOTALL)
_RCEPT = re.compile(r"(?<!\d)(\d{14})(?!\d)")


def originals(samples: Path) -> list[Path]:
    """Return the DART XML documents of the sample folder that can stand for a filing."""
    folders = (samples / "dart/xml_cp949", samples / "dart/xml")
    files = [file for folder in folders for file in sorted(folder.rglob("*"))
             if file.suffix in SUFFIXES and _RCEPT.search(file.stem) and b"<DOCUMENT" in file.read_bytes()[:2000]]
    if not files:
        raise SystemExit(f"{samples}: there is no DART XML below dart/xml_cp949 or dart/xml. Give the folder by --samples "
                         "or MUNDAP_SAMPLES.")
    return files


def make_corpus(files: Sequence[Path], folder: Path, number: int, seed: int = 7) -> int:
    """Write so many filings to folder; return their bytes. The same arguments give the same files."""
    rnd = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    sizes = [file.stat().st_size for file in files]
    share = _share(sizes)
    texts: dict[Path, tuple[str, str]] = {}
    written = 0
    for at in range(number):
        grow = rnd.random() < _LARGE_SHARE
        # the small and the large originals take turns in the share that gives the mean
        large = rnd.random() < share or grow
        file = rnd.choice([file for file, size in zip(files, sizes, strict=True) if (size > MEAN_BYTES) is large])
        if file not in texts:
            texts[file] = _decoded(file)
        text, encoding = texts[file]
        text = _varied(text, at, rnd)
        if grow:
            text = _grown(text, encoding, rnd.randint(*_LARGE_BYTES))
        date = f"{2021 + at % 4}{1 + at % 12:02d}{1 + at % 28:02d}"
        data = text.encode(encoding)
        (folder / f"{date}{at:06d}.xml").write_bytes(data)
        written += len(data)
    return written


def _share(sizes: Sequence[int]) -> float:
    """Return how often a large original must be taken for the mean, the grown ones counted."""
    small = [size for size in sizes if size <= MEAN_BYTES]
    large = [size for size in sizes if size > MEAN_BYTES]
    if not small or not large:
        return float(bool(large))
    wanted = (MEAN_BYTES - _LARGE_SHARE * sum(_LARGE_BYTES) / 2) / (1 - _LARGE_SHARE)
    low, high = sum(small) / len(small), sum(large) / len(large)
    return min(max((wanted - low) / (high - low), 0.0), 1.0)


def _decoded(file: Path) -> tuple[str, str]:
    data = file.read_bytes()
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("cp949", errors="ignore"), "cp949"


def _varied(text: str, at: int, rnd: random.Random) -> str:
    """Return the filing of another company: its name, its code and every amount changed."""
    found = _COMPANY.search(text)
    if found:
        name = found[2].strip()
        text = text.replace(name, f"{name}{at // 4:04d}")
    text = _CODE.sub(lambda code: f"{code[1]}{at // 4:08d}{code[3]}", text)
    digits = str.maketrans("123456789", "".join(rnd.sample("123456789", 9)))
    return _AMOUNT.sub(lambda amount: amount[1] + amount[2].translate(digits), text)


def _grown(text: str, encoding: str, size: int) -> str:
    """Return the filing with its sections repeated up to a size in bytes, each time with other amounts."""
    sections = _SECTION.findall(text)  # of a registration statement or a report; each is repeated whole
    end = text.rfind("</BODY>")
    if not sections or end < 0:
        return text
    whole = "".join(sections)
    times = max(0, (size - len(text.encode(encoding))) // max(1, len(whole.encode(encoding))))
    return text[:end] + "".join(_varied(whole, at, random.Random(at)) for at in range(times)) + text[end:]
