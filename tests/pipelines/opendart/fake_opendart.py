"""A small OpenDART on loopback that misbehaves as the real one does: statuses with HTTP 200, cut archives, silence.

Filings are made from a table; every request is noted. trouble maps a call's name to what its next requests get instead.
"""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

COMPANIES = [("00126380", "삼성전자", "005930"), ("00164742", "현대자동차", "005380"), ("01234567", "하나", " "),
             ("07654321", "하나", "0068Y0")]


def archive(rcept_no: str, text: str = "가나다") -> bytes:
    body = (f'<?xml version="1.0" encoding="utf-8"?><DOCUMENT><DOCUMENT-NAME ACODE="11011">사업보고서</DOCUMENT-NAME>'
            f'<COMPANY-NAME AREGCIK="00126380">삼성전자</COMPANY-NAME><BODY><SECTION-1><TITLE>I. 회사의 개요</TITLE>'
            f"<P>{text} {rcept_no}</P></SECTION-1></BODY></DOCUMENT>").encode("cp949")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo(f"{rcept_no}.xml"), body)   # no clock: the same bytes each time
    return buffer.getvalue()


def codes() -> bytes:
    lines = "".join(f"<list><corp_code>{code}</corp_code><corp_name>{name}</corp_name><stock_code>{stock}</stock_code>"
                    "<modify_date>20240101</modify_date></list>" for code, name, stock in COMPANIES)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("CORPCODE.xml", f'<?xml version="1.0" encoding="UTF-8"?><result>{lines}</result>')
    return buffer.getvalue()


def status_xml(code: str, message: str) -> bytes:
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<result>\n<status>{code}</status>\n<message>{message}</message>\n'
            "</result>").encode()


def status_json(code: str, message: str) -> bytes:
    return json.dumps({"status": code, "message": message}, ensure_ascii=False).encode()


class FakeOpenDart:
    """The server's state: filings as (rcept_no, corp_code, date, report name), limits, trouble, and what was asked."""

    def __init__(self) -> None:
        self.filings: list[tuple[str, str, str, str]] = []
        self.missing: set[str] = set()                 # document.xml answers 014
        self.daily = 10_000                            # requests a key
        self.refused: dict[str, str] = {}              # key -> status
        self.trouble: dict[str, list[bytes | str | float]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.by_key: Counter[str] = Counter()
        self.lock = threading.Lock()

    def count(self, call: str) -> int:
        return sum(name == call for name, _ in self.asked)

    def answer(self, call: str, params: dict[str, str]) -> bytes | str | float:
        """Return bytes to send, "cut" for a body that breaks off, a status line such as "502", or seconds of silence."""
        with self.lock:
            key = params.pop("crtfc_key", "")
            self.asked.append((call, params))
            self.by_key[key] += 1
            if self.trouble.get(call):
                return self.trouble[call].pop(0)
            if key in self.refused:
                return status_json(self.refused[key], "사용할 수 없는 키입니다.")
            if self.by_key[key] > self.daily:
                return status_json("020", "요청 제한을 초과하였습니다.")
        if call == "corpCode.xml":
            return codes()
        if call == "list.json":
            return self._list(params)
        if call == "document.xml":
            number = params["rcept_no"]
            return status_xml("014", "파일이 존재하지 않습니다.") if number in self.missing else archive(number)
        return status_json("013", "조회된 데이타가 없습니다.")

    def _list(self, params: dict[str, str]) -> bytes:
        found = [line for line in self.filings
                 if params["bgn_de"] <= line[2] <= params["end_de"] and params.get("corp_code", line[1]) == line[1]]
        size, page = int(params["page_count"]), int(params["page_no"])
        if not found:
            return status_json("013", "조회된 데이타가 없습니다.")
        lines: list[dict[str, Any]] = [
            {"corp_code": corp, "corp_name": "삼성전자", "stock_code": "005930", "report_nm": name, "rcept_no": number,
             "rcept_dt": date, "rm": ""} for number, corp, date, name in found[(page - 1) * size:page * size]]
        return json.dumps({"status": "000", "message": "정상", "page_no": page, "page_count": size,
                           "total_count": len(found), "total_page": -(-len(found) // size), "list": lines},
                          ensure_ascii=False).encode()


@contextmanager
def serving(state: FakeOpenDart) -> Iterator[str]:
    """Serve on a free port; yield the base URL."""
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True   # header and body go out in two writes; the second would wait 40 ms

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            found = state.answer(parts.path.rsplit("/", 1)[-1], dict(parse_qsl(parts.query)))
            if isinstance(found, float):
                time.sleep(found)
                self.close_connection = True
                return
            code, body = 200, found if isinstance(found, bytes) else b""
            if found == "cut":
                body = archive("20240312000736", "가" * 5000)
            elif isinstance(found, str):
                code = int(found)
            self.send_response(code)
            self.send_header("Content-Type", "application/x-msdownload")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:len(body) // 2] if found == "cut" else body)
            self.close_connection = found == "cut"

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/api"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
