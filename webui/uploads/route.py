"""The one route through which a file comes in: POST documents/upload, the file's bytes as the body, its name in a header.

Who may ask at all is the guard's business and the log-in's (webui/http/guard.py). Gradio's own upload route stays closed: it
keeps copies under its temporary folder and hands files out again. Here bytes go to their owner's folder, counted as they
come, and nothing is ever given back. The answer is JSON in the page's language.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from urllib.parse import unquote

from webui.http.asgi import OWNER
from webui.languages import LANGUAGE
from webui.uploads.collection import Uploads
from webui.uploads.refusal import Refused
from webui.words import LANGUAGES, Words, words

PATH = "/documents/upload"
NAME = "x-file-name"         # percent-encoded UTF-8; a header of our own is none that another site's form can send
SECONDS = 900.0              # one file may be on its way so long
_STATUS = {"big": 413, "many": 409, "no_room": 507, "closed": 403}
_log = logging.getLogger(__name__)


def route(uploads: Uploads) -> Any:
    """Return the Starlette route that takes files for their owners."""
    from starlette.requests import Request
    from starlette.routing import Route

    async def take(request: Request) -> Any:
        return await _take(request, uploads)

    return Route(PATH, take, methods=["POST"])


async def _take(request: Any, uploads: Uploads) -> Any:
    from starlette.requests import ClientDisconnect
    from starlette.responses import JSONResponse, Response

    owner, sent = request.scope.get(OWNER), request.headers.get(NAME)
    if not owner or sent is None:
        return Response(status_code=403)
    say = words(str(request.scope.get(LANGUAGE, LANGUAGES[0])))
    try:
        async with asyncio.timeout(SECONDS):
            name = await _received(request, uploads, str(owner), unquote(sent))
    except Refused as error:
        return _refused(error, say)
    except (ClientDisconnect, TimeoutError):
        return _refused(Refused("cut"), say)
    except OSError as error:
        _log.warning("an upload could not be written: %s", error)
        return _refused(Refused("no_room"), say)
    return JSONResponse({"name": name})


async def _received(request: Any, uploads: Uploads, owner: str, sent: str) -> str:
    """Take a file in whole and queue it for its owner; return the name it is shown under."""
    said = request.headers.get("content-length", "")
    size = int(said) if said.isascii() and said.isdigit() else None
    transfer = await asyncio.to_thread(uploads.begin, owner, sent, size)
    try:
        async for piece in request.stream():
            transfer.write(piece)
        uploads.queue(owner, transfer.done(size))
    except BaseException:
        transfer.drop()
        uploads.forget(owner)
        raise
    return transfer.name


def _refused(error: Refused, say: Words) -> Any:
    from starlette.responses import JSONResponse

    what, fix = error.told(say)
    # What was not read of the body is not waited for: the connection is closed, and 2 GB need not be sent to hear no.
    return JSONResponse({"name": error.name, "what": what, "fix": fix, "reason": error.reason},
                        status_code=_STATUS.get(error.reason, 400), headers={"connection": "close"})
