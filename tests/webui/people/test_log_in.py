"""Log-in on the real page: what is behind it, its form, its roles, and the ways round it that must not work."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mundap.errors import ConfigError
from tests.webui.scripted import ScriptedGenerator, scripted_site
from webui.app import application, require_log_in
from webui.http.closed import ROUTES
from webui.people import Role
from webui.people import users as of_users
from webui.people.guessing import FREE
from webui.people.users import Users, new_user, write_users
from webui.site import Site

pytestmark = pytest.mark.filterwarnings("ignore:.*Gradio 6.0:DeprecationWarning")
PASSWORD = "바른 비밀번호 1"
URL = "http://127.0.0.1:7860"
ORIGIN = {"origin": URL}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("log-in")
    was, of_users.ROUNDS = of_users.ROUNDS, 4
    write_users(folder / "users.yaml", {name: new_user(name, role, PASSWORD) for name, role in (
        ("kim", Role.ADMIN), ("lee", Role.RATER), ("park", Role.VIEWER))})
    web = {"host": "127.0.0.1", "port": 0, "examples": [], "storage": str(folder / "talks.sqlite"), "models_loaded": 2,
           "retention_days": 0, "hosts": [], "root_path": "", "users": str(folder / "users.yaml"),
           "limits": {"questions_a_minute": 1000, "waiting": 64, "upload_mb": 20, "uploads": 20}}
    made = scripted_site(folder, ScriptedGenerator(), {"web": web, "title": "시험 <b>"})
    yield made
    made.close()
    of_users.ROUNDS = was


@pytest.fixture(scope="module")
def app(site: Site) -> Any:
    async def made() -> Any:
        return application(site, "127.0.0.1", 7860)

    return asyncio.run(made())


@pytest.fixture
def client(app: Any) -> TestClient:
    return TestClient(app, base_url=URL, follow_redirects=False)


def form_of(client: TestClient) -> str:
    found = re.search(r'name="form" value="([^"]+)"', client.get("/login").text)
    assert found is not None
    return found[1]


def log_in(client: TestClient, name: str, password: str = PASSWORD, **headers: str) -> Any:
    return client.post("/login", data={"form": form_of(client), "name": name, "password": password}, headers=ORIGIN | headers)


def test_nothing_but_the_form_is_there_without_log_in(client: TestClient) -> None:
    assert client.get("/").headers["location"] == "/login"
    for method, path in ROUTES:
        concrete = re.sub(r"\(\?:assets.*", "assets/a.js", path).replace("\\", "").replace("[0-9a-z]+", "a")
        shown = client.request(method, concrete)
        assert shown.status_code in (303, 401) and "mundap_visitor" not in str(shown.headers), concrete
    for path in ("/config", "/gradio_api/info", "/gradio_api/file=/etc/passwd", "/export/ratings.csv", "/logout", "/docs"):
        assert client.get(path).status_code == 401
    assert client.get("/health").status_code in (200, 503)


def test_the_form_works_without_script_and_in_both_languages(client: TestClient) -> None:
    shown = client.get("/login")
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "form-action 'self'" in policy and "script-src" not in policy
    assert "<script" not in shown.text and "시험 &lt;b&gt;" in shown.text and 'lang="ko"' in shown.text
    assert 'autocomplete="current-password"' in shown.text and 'autocomplete="username"' in shown.text
    assert shown.headers["cache-control"] == "no-store" and shown.headers["x-frame-options"] == "DENY"
    english = client.get("/login", headers={"accept-language": "en-US"})
    assert 'lang="en"' in english.text and "Log in" in english.text
    chosen = client.get("/login?language=en")
    assert chosen.headers["location"] == "/login" and 'lang="en"' in client.get("/login").text


def test_a_log_in_opens_the_page_and_a_log_out_closes_it(client: TestClient) -> None:
    entered = log_in(client, "kim")
    assert entered.status_code == 303 and entered.headers["location"] == "/"
    crumb = next(one for one in entered.headers.get_list("set-cookie") if one.startswith("mundap_sign_in="))
    assert "HttpOnly" in crumb and "SameSite=Lax" in crumb and "Secure" not in crumb
    page = client.get("/")
    assert page.status_code == 200 and "gradio_config" in page.text and "no-store" in page.headers["cache-control"]
    assert client.get("/login").headers["location"] == "/"
    token = client.cookies["mundap_sign_in"]
    assert client.get("/logout").status_code == 404, "a link alone logs nobody out"
    assert client.post("/logout", headers=ORIGIN).headers["location"] == "/login"
    client.cookies.set("mundap_sign_in", token)
    assert client.get("/").status_code == 303, "the token is worth nothing any more"


def test_the_database_holds_no_token(client: TestClient, site: Site) -> None:
    log_in(client, "kim")
    token = client.cookies["mundap_sign_in"]
    files = [path for path in Path(site.settings["storage"]).parent.glob("talks.sqlite*")]
    assert files and not any(token.encode() in path.read_bytes() for path in files)
    with site.database.read() as connection:
        rows = connection.execute("SELECT token, user FROM sign_ins").fetchall()
    assert rows and all(re.fullmatch("[0-9a-f]{64}", row["token"]) for row in rows)


def test_an_unknown_name_and_a_wrong_password_are_told_alike(app: Any) -> None:
    told = []
    for name, password in (("park", "wrong password"), ("nobody", "wrong password"), ("<b>", "x"), ("park", "")):
        shown = log_in(TestClient(app, base_url=URL, follow_redirects=False), name, password)
        assert shown.status_code == 401
        told.append(re.sub(r'(value|nonce)="[^"]+"', "", shown.text))
    assert len(set(told)) == 1 and "이름 또는 비밀번호가 맞지 않습니다." in told[0]


@pytest.mark.parametrize("change", ["form", "cookie", "origin", "both", "json", "huge"])
def test_a_forged_form_logs_nobody_in(client: TestClient, change: str) -> None:
    form = form_of(client)
    data, headers, status = {"form": form, "name": "kim", "password": PASSWORD}, dict(ORIGIN), 400
    if change == "form":
        data["form"] = "x"
    elif change == "cookie":
        client.cookies.clear()
    elif change == "both":
        client.cookies.clear()
        data["form"] = ""
    elif change == "origin":
        headers, status = {"origin": "https://evil.example"}, 403
    elif change == "huge":
        data["name"] = "k" * 10_000
    body: dict[str, Any] = {"json": data} if change == "json" else {"data": data}
    shown = client.post("/login", headers=headers, **body)
    assert shown.status_code == status and "mundap_sign_in" not in shown.headers.get("set-cookie", "")


def test_guessing_is_slowed_and_says_so_for_any_name(app: Any) -> None:
    for name in ("guessed", "lee"):
        client = TestClient(app, base_url=URL, follow_redirects=False, client=(f"10.0.0.{len(name)}", 5))
        shown = [log_in(client, name, "wrong password").status_code for _ in range(FREE + 1)]
        assert shown == [401] * FREE + [429]
        held = log_in(client, name)
        assert held.status_code == 429 and int(held.headers["retry-after"]) >= 1, "the right password waits as well"
        assert "초 뒤에" in held.text


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 5000, "' OR 1=1 --" + "x" * 40])
def test_a_forged_token_is_nobodys(client: TestClient, token: str) -> None:
    client.cookies.set("mundap_sign_in", f'"{token}"' if " " in token else token)
    assert client.get("/").status_code == 303
    client.cookies.set("mundap_visitor", "x" * 43)
    assert client.get("/").status_code == 303, "the cookie of a page without log-in opens nothing here"


def test_a_log_in_is_over_after_its_hours_and_with_its_user(client: TestClient, site: Site) -> None:
    assert site.people.users is not None
    before = dict(site.people.users.all())
    log_in(client, "park")
    assert client.get("/").status_code == 200
    write_users(site.people.users.path, {name: user for name, user in before.items() if name != "park"})
    assert client.get("/").status_code == 303 and client.get("/gradio_api/heartbeat/a").status_code == 401
    write_users(site.people.users.path, before)
    assert client.get("/").status_code == 200
    with site.database.write() as connection:
        connection.execute("UPDATE sign_ins SET expires_at = '2020-01-01T00:00:00.000+00:00'")
    assert client.get("/").status_code == 303


def test_a_callback_is_called_by_those_its_tab_is_for(app: Any, site: Site) -> None:
    shown = {}
    for name in ("kim", "park"):
        client = TestClient(app, base_url=URL, follow_redirects=False, raise_server_exceptions=False)
        assert log_in(client, name).status_code == 303
        shown[name] = client
    roles = posts_of(app)._roles
    assert {Role.VIEWER} <= set(roles.values())
    roles[99_999] = Role.ADMIN     # a callback of an admin's tab, whatever such tabs hold
    try:
        call = {"data": [], "fn_index": 99_999, "session_hash": "abc"}
        assert shown["park"].post("/gradio_api/queue/join", json=call | {"session_hash": "p"}).status_code == 403
        assert shown["park"].post("/gradio_api/run/predict", json=call | {"session_hash": "p"}).status_code == 403
        assert shown["park"].post("/gradio_api/queue/join", json=call | {"fn_index": "99999", "session_hash": "p"}
                                  ).status_code == 403
        assert shown["kim"].post("/gradio_api/queue/join", json=call | {"session_hash": "k"}).status_code not in (401, 403, 404)
    finally:
        del roles[99_999]


def posts_of(app: Any) -> Any:
    while not hasattr(app, "_roles"):
        app = app.app
    return app


@pytest.mark.parametrize(("host", "web", "where"), [
    ("0.0.0.0", {}, "web.host"), ("192.168.0.2", {}, "web.host"), ("::", {}, "web.host"),
    ("127.0.0.1", {"hosts": ["docs.example"]}, "web.hosts")])
def test_nothing_listens_beyond_this_machine_without_log_in(host: str, web: dict[str, Any], where: str) -> None:
    with pytest.raises(ConfigError) as raised:
        require_log_in(host, web)
    assert raised.value.where == where and "mundap users add" in raised.value.fix
    require_log_in(host, web | {"users": "talks/users.yaml"})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1"])
def test_loopback_needs_none(host: str) -> None:
    require_log_in(host, {})


def test_a_page_without_users_does_not_open(tmp_path: Path) -> None:
    from webui.site import people_of

    with pytest.raises(ConfigError, match="is not there"):
        people_of({"users": str(tmp_path / "users.yaml")}, tmp_path)
    write_users(tmp_path / "users.yaml", {})
    with pytest.raises(ConfigError, match="nobody may log in"):
        people_of({"users": str(tmp_path / "users.yaml")}, tmp_path)
    assert Users(tmp_path / "users.yaml").current() == {}
