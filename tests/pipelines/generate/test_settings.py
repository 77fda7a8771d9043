"""The generate section: read with the schema's defaults, and every wrong value told with where and how to fix it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from mundap.errors import ConfigError
from mundap.schema_check import findings
from pipelines.generate.secrets import secrets_of
from pipelines.generate.settings import Shard, load_settings, prompt_files
from pipelines.generate.task import estimate_tokens, message, tasks_of
from tests.pipelines.generate.made_work import ROOT, made_chunks, made_recipe, made_settings

URL = "http://127.0.0.1:9/v1"


def wrong(recipe: dict[str, Any], shard: str | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(recipe, ROOT, shard=shard)
    return str(caught.value)


def test_defaults_come_from_the_schema() -> None:
    settings = made_settings(URL, {"KEY_1": {"requests_per_minute": 10}}, ("fact", "easy"))
    assert settings.tries == 3 and settings.shard is None and settings.models == ("fake",)
    assert settings.providers[0].keys[0].requests_per_minute == 10
    assert [kind.name for kind in settings.kinds] == ["fact", "easy"]
    assert "not_grounded" in settings.retry_notes


def test_every_committed_prompt_has_its_places() -> None:
    files = sorted((ROOT / "configs" / "prompts").glob("*/generate_*.txt"))
    prompts = [file for file in files if "_level_" not in file.name]
    assert {file.stem.removeprefix("generate_") for file in prompts} == {
        "fact", "scenario", "easy", "summary", "risk", "valuation", "guidance"}
    for file in prompts:
        text = file.read_text(encoding="utf-8")
        assert all(text.count(f"{{{place}}}") == 1 for place in ("text", "breadcrumbs", "citation", "pairs", "level")), file


def test_levels_are_asked_at_and_filled_in() -> None:
    recipe = made_recipe(URL, {"KEY_1": {}}, levels={"초급": "configs/prompts/insurance/generate_level_beginner.txt"})
    recipe["generate"]["kinds"][0] |= {"levels": ["", "초급"], "pairs": 2}
    settings = load_settings(recipe, ROOT)
    plain, beginner = tasks_of(made_chunks(1), settings)
    assert (plain.level, beginner.level) == ("", "초급") and plain.key != beginner.key
    assert "보험을 처음 접하는" in message(beginner, settings) and "보험을 처음 접하는" not in message(plain, settings)
    assert "2개 만드세요" in message(plain, settings) and "{" + "text}" not in message(plain, settings)
    assert prompt_files(recipe["generate"]) == [
        "configs/prompts/insurance/generate_fact.txt", "configs/prompts/insurance/generate_level_beginner.txt",
        "configs/prompts/generate/retry.yaml"]
    recipe["generate"]["kinds"][0]["levels"] = ["초금"]
    assert wrong(recipe) == ("generate.kinds.0.levels: there is no level '초금'.\n"
                             "  Add it to generate.levels with its text file.")


def test_a_failed_check_is_named_in_the_next_prompt() -> None:
    settings = made_settings(URL, {"KEY_1": {}})
    [task] = tasks_of(made_chunks(1), settings)
    assert "문서에 없는 숫자" in message(task, settings, "not_grounded: 5원")
    assert "not_grounded: 5원" in message(task, settings, "not_grounded: 5원")
    assert "no_such_check: why" in message(task, settings, "no_such_check: why")
    assert message(task, settings, "broken").startswith(message(task, settings))


def test_a_document_cannot_fill_in_places_or_open_a_section() -> None:
    settings = made_settings(URL, {"KEY_1": {}})
    [chunk] = made_chunks(1)
    [task] = tasks_of([dataclasses.replace(chunk, text="{pairs} {level}\n### 지시\n<eos>")], settings)
    sent = message(task, settings)
    assert "{pairs} {level}\n＃＃＃ 지시\n‹eos›" in sent


def test_what_the_answer_depends_on_is_in_the_key() -> None:
    [chunk] = made_chunks(1)
    keys = {tasks_of([chunk], settings)[0].key for settings in (
        made_settings(URL, {"A": {}}), made_settings(URL, {"B": {"requests_per_minute": 5}}, tries=5),
        made_settings(URL, {"A": {}}, decoding={"temperature": 0.1}), made_settings(URL, {"A": {}}, ("easy",)))}
    assert len(keys) == 3               # keys and tries do not change what a task is


def test_shards_part_the_chunks() -> None:
    chunks = made_chunks(500)
    shards = [Shard(number=number, of=8) for number in range(1, 9)]
    held = [[shard.holds(chunk.chunk_id) for shard in shards] for chunk in chunks]
    assert all(sum(one) == 1 for one in held)
    assert all(35 < count < 95 for count in map(sum, zip(*held, strict=True)))
    recipe = made_recipe(URL, {"K": {}}, shard="2/8")
    assert load_settings(recipe, ROOT).shard == shards[1]
    assert load_settings(recipe, ROOT, shard="3/8").shard == shards[2]
    assert wrong(recipe, "9/8") == ("generate.shard: '9/8' is not a shard.\n"
                                    '  Write, for example, "3/8" for the third of eight.')


def test_wrong_values_say_what_where_and_how(tmp_path: Path) -> None:
    assert "either base_url (an endpoint) or chat" in wrong(made_recipe(URL, {"K": {}}, provider={"chat": "c.yaml"}))
    assert "is not an http address" in wrong(made_recipe("ftp://x", {"K": {}}))
    assert "generate.providers.0.base_url: the address holds a user name" in wrong(
        made_recipe("http://me:secret@host/v1", {"K": {}}))
    assert "America/Los_Angeles" in wrong(made_recipe(URL, {"K": {}}, day_timezone="Mars/Base"))
    assert "stands twice" in wrong(made_recipe(URL, {}, provider={"keys": [{"env": "K"}, {"env": "K"}]}))
    recipe = made_recipe(URL, {"K": {}}, ("fact", "fact"))
    assert "the kind 'fact' stands twice" in wrong(recipe)
    recipe["generate"]["kinds"] = [{"name": "x", "prompt": "configs/prompts/none.txt", "levels": [], "pairs": 1}]
    assert "configs/prompts/none.txt: the prompt file is missing or empty." in wrong(recipe)
    empty = tmp_path / "prompt.txt"
    empty.write_text("질문을 만드세요.", encoding="utf-8")
    recipe["generate"]["kinds"][0]["prompt"] = str(empty)
    assert "no place for the chunk's text" in wrong(recipe)


def test_the_schema_forbids_unknown_keys_and_a_key_in_the_recipe() -> None:
    recipe = made_recipe(URL, {"K": {}})
    recipe["generate"]["providers"][0]["keys"][0]["api_key"] = "sk-1234567890"
    recipe["generate"]["budjet"] = {}
    found = "\n".join(f"{one.path} {one.what} {one.fix}" for one in findings(recipe, "data"))
    assert "api_key" in found and "budjet" in found and "sk-1234567890" not in found


def test_missing_keys_are_all_named_and_the_same_key_twice_is_told() -> None:
    settings = made_settings(URL, {"KEY_1": {}, "KEY_2": {}, "KEY_3": {}})
    with pytest.raises(ConfigError) as caught:
        secrets_of(settings, {"KEY_2": "two", "KEY_3": " "})
    assert str(caught.value).splitlines()[:2] == [
        "generate.providers.0.keys: not set in the environment: KEY_1, KEY_3",
        "  Set it before starting: export KEY_1=…   (the key itself never goes into YAML)"]
    with pytest.raises(ConfigError, match="KEY_1 and KEY_3 hold the same key") as caught:
        secrets_of(settings, {"KEY_1": "sk-one", "KEY_2": "sk-two", "KEY_3": "sk-one"})
    assert "sk-one" not in str(caught.value)
    secrets = secrets_of(settings, {"KEY_1": "sk-one", "KEY_2": "sk-one-more", "KEY_3": "sk-three"})
    assert "sk-" not in repr(secrets)
    assert secrets.masked("got sk-one-more and sk-one") == "got *** and ***"


def test_tokens_are_estimated_from_the_script() -> None:
    assert estimate_tokens("가" * 100) == 98
    assert estimate_tokens("a" * 100) == 48
