"""The text of a DART document to well-formed XML, by a white list of its 42 tags; every repair is counted.

Filings write bare `&` (R&D), `&cr;` for a line break and decorative `<주1>` or `<요약정보>`: Hangul may begin an XML
name, so only a list of the real tags can tell. lxml's recover mode would drop all of these silently. Each step is one
linear pass of a regular expression; attribute quotes are mended only when a strict parse failed.
"""

from __future__ import annotations

import re

TAGS = (
    "TD", "TR", "P", "COL", "TE", "TH", "SPAN", "TABLE", "COLGROUP", "TBODY", "THEAD", "TU", "TITLE", "PGBRK",
    "TABLE-GROUP", "SECTION-1", "SECTION-2", "SECTION-3", "LIBRARY", "IMAGE", "IMG", "IMG-CAPTION", "DOCUMENT",
    "DOCUMENT-NAME", "FORMULA-VERSION", "COMPANY-NAME", "BODY", "COVER", "COVER-TITLE", "EXTRACTION", "CORRECTION",
    "A", "COMMENT", "INSERTION", "LIBRARYLIST", "PART", "SUMMARY", "FILENAME", "WARNING", "DOCUMENT-HEADER", "TOC",
    "APPENDIX",
)  # fmt: skip

# &cr; becomes this character: a plain line feed is only the layout of the file ("당사</SPAN>\n<SPAN>의").
LINE_BREAK = "\u2028"

COMMENTS = "comments dropped"
UNEXPLAINED = "characters changed without a name"
# What DART writes by rule, not by damage: a document with nothing else to repair is OK.
NOTATION = frozenset({"&cr; as line break", "blank entities", COMMENTS})

_NAMES = "|".join(sorted(TAGS, key=len, reverse=True))
# The first alternative is nine tags in ten; it spares them the long list.
_STRAY_OPEN = re.compile(rf"<(?!(?:/?T[DRHEU]|/?P|/?SPAN|COL)[ >]|/?(?:{_NAMES})[\s/>])")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);|#\d{1,7};|#x[0-9A-Fa-f]{1,6};)")
_NUMERIC = re.compile(r"&#(?:(\d{1,7})|x([0-9A-Fa-f]{1,6}));")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff￾￿]")
_START_TAG = re.compile(rf"<({_NAMES})(?=[\s/>])([^<>]*)>")
_GOOD_ATTRIBUTES = re.compile(r"""(?:\s+[A-Za-z_][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*/?""")
_ATTRIBUTE_START = re.compile(r"(?:^|(?<=[\s\"']))([A-Za-z_][\w:.-]{0,60})\s{0,3}=\s{0,3}(?=[\"'])")
_BLANK_ENTITY = re.compile(r"&(?:nbsp|ensp|emsp|thinsp);")
_BLANK = "&#160;"
_CONTROL_BYTES = bytes(code for code in range(32) if code not in (9, 10, 13))


def clean(text: str) -> tuple[str, dict[str, int]]:
    """Return text fit for a strict XML parse and the repairs made, by name. Line numbers stay the source's own.

    The length of the result is compared with what the counted repairs explain; a difference is itself in the repairs,
    under UNEXPLAINED.
    """
    repairs: dict[str, int] = {}
    body = _without_prolog(text.lstrip("\ufeff \t\r\n"), repairs)
    expected = len(body)
    body, repairs["control characters dropped"] = _without_control(body)
    repairs["&cr; as line break"] = body.count("&cr;")
    body = body.replace("&cr;", LINE_BREAK)
    blanks = _BLANK_ENTITY.findall(body)
    if blanks:
        body = _BLANK_ENTITY.sub(_BLANK, body)
        repairs["blank entities"] = len(blanks)
    body, repairs["bare & escaped"] = _BARE_AMPERSAND.subn("&amp;", body)
    body, repairs["unknown < escaped"] = _STRAY_OPEN.subn("&lt;", body)
    illegal: list[str] = []
    if "&#" in body:
        body = _NUMERIC.sub(lambda match: _legal_reference(match, illegal), body)
        repairs["illegal character references dropped"] = len(illegal)
    closers = body.count("]]>")
    body = body.replace("]]>", "]]&gt;") if closers else body
    expected += 4 * repairs["bare & escaped"] + 3 * repairs["unknown < escaped"] + 3 * closers
    expected -= repairs["control characters dropped"] + 3 * repairs["&cr; as line break"]
    expected -= sum(map(len, illegal)) + sum(len(entity) - len(_BLANK) for entity in blanks)
    repairs[UNEXPLAINED] = abs(len(body) - expected)
    return body, {name: count for name, count in repairs.items() if count}


def without_comments(text: str, repairs: dict[str, int]) -> str:
    """Return text without its comments; line feeds in them are kept, and repairs counts them under COMMENTS."""
    if "<!--" not in text:
        return text
    kept, position = [], 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start)) >= 0:
        kept += [text[position:start], "\n" * text.count("\n", start, end)]
        position = end + 3
        repairs[COMMENTS] = repairs.get(COMMENTS, 0) + 1
    return "".join([*kept, text[position:]])


def mend_attributes(text: str) -> tuple[str, int]:
    """Return text whose start tags have well-formed attributes (ENG=""Maximum exposure"), and how many were mended."""
    mended = 0

    def mend(match: re.Match[str]) -> str:
        nonlocal mended
        if _GOOD_ATTRIBUTES.fullmatch(match[2]):
            return match[0]
        mended += 1
        return _mended_tag(match[1], match[2])

    return _START_TAG.sub(mend, text), mended


def _without_prolog(text: str, repairs: dict[str, int]) -> str:
    """Return text without its XML declaration and comments; line feeds are kept for the line numbers."""
    if text.startswith("<?xml"):
        end = text.find("?>")
        text = text[end + 2 :] if 0 <= end < 500 else text[5:]
    return without_comments(text, repairs)


def _without_control(text: str) -> tuple[str, int]:
    """Return text without characters that XML forbids, and how many there were; most texts have none."""
    try:
        raw = text.encode("utf-8")
    except UnicodeEncodeError:  # a lone surrogate
        return _CONTROL.subn("", text)
    # Deleting bytes is three times as fast as looking at each character; in UTF-8 they are no part of any other one.
    if len(raw.translate(None, _CONTROL_BYTES)) == len(raw) and "\uffff" not in text and "\ufffe" not in text:
        return text, 0
    return _CONTROL.subn("", text)


def _legal_reference(match: re.Match[str], illegal: list[str]) -> str:
    code = int(match[1]) if match[1] else int(match[2], 16)
    legal = code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
    if not legal:
        illegal.append(match[0])
    return match[0] if legal else ""


def _mended_tag(name: str, inside: str) -> str:
    """Return a start tag with each attribute's value re-quoted: what stands between one `NAME="` and the next."""
    closed = inside.rstrip().endswith("/")
    inside = inside.rstrip().removesuffix("/")
    starts = list(_ATTRIBUTE_START.finditer(inside))
    if not starts:
        return f"&lt;{name}{inside}&gt;" if inside.strip() else f"<{name}{'/' * closed}>"
    attributes: dict[str, str] = {}
    for start, after in zip(starts, [*starts[1:], None], strict=True):
        value = inside[start.end() : after.start() if after else len(inside)].strip().strip("\"'")
        attributes.setdefault(start[1], value.replace('"', "&quot;").replace("<", "&lt;"))
    return f"<{name} " + " ".join(f'{key}="{value}"' for key, value in attributes.items()) + ("/>" if closed else ">")
