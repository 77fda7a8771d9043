"""The page where one logs in: plain HTML of our own, in the page's look, that needs no script and loads no file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from webui.highlight import escape
from webui.words import words

_STYLE = Path(__file__).parent / "log_in.css"
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style nonce="{nonce}">{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="lede">{lede}</p>
{said}<form method="post" action="./login">
<input type="hidden" name="form" value="{form}">
<label for="name">{name}</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64" required{first}>
<label for="password">{password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="72" required>
<button type="submit">{send}</button>
</form>
<p class="foot"><a lang="{other}" href="./login?language={other}">{other_name}</a></p>
</main>
</body>
</html>
"""


def log_in_page(language: str, title: str, form: str, nonce: str, why: str = "", seconds: int = 0) -> str:
    """Return the page. why names what is to be said above the form: "wrong", "wait" or "form"; "" for nothing."""
    say = words(language)
    said = (f'<p class="said" role="alert" id="said">{escape(say(f"people.{why}", seconds=seconds))}</p>\n' if why else "")
    other = "en" if language == "ko" else "ko"
    return _PAGE.format(
        language=language, title=escape(title), nonce=nonce, style=_style(), lede=escape(say("people.lede")), said=said,
        form=form, name=escape(say("people.name")), password=escape(say("people.password")), send=escape(say("people.send")),
        first=' aria-describedby="said"' if why else " autofocus", other=other, other_name=escape(say("page.language")))


def policy(nonce: str) -> str:
    """Return its content security policy: no script at all, and a form that goes nowhere else."""
    return (f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")


@cache
def _style() -> str:
    return _STYLE.read_text(encoding="utf-8")
