"""Korean letters in matplotlib's pictures: the first installed family that has Hangul."""

from __future__ import annotations

import re

# Families with Hangul, by system: Linux packages, Windows, macOS.
_FAMILIES = ("Noto Sans CJK KR", "Noto Sans KR", "NanumGothic", "NanumBarunGothic", "Malgun Gothic", "AppleGothic",
             "Apple SD Gothic Neo", "Noto Sans CJK JP")
_FILE = re.compile(r"(?:NotoSans(?:CJK|KR)-?(?:Regular|kr)?|NanumGothic|NanumBarunGothic|malgun|AppleGothic)[^/\\]*$",
                   re.IGNORECASE)


def korean_font() -> list[str]:
    """Return the first family with Hangul that is installed, as a list; empty where there is none. Needs matplotlib."""
    from matplotlib import font_manager

    def known() -> list[str]:
        installed = {font.name for font in font_manager.fontManager.ttflist}
        return [name for name in _FAMILIES if name in installed][:1]

    found = known()
    if not found:   # matplotlib remembers the fonts of its first run; one installed since is looked for by its file
        for file in font_manager.findSystemFonts():
            if _FILE.search(file):
                font_manager.fontManager.addfont(file)
        found = known()
    return found
