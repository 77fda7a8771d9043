"""Keys whose values are secrets are known by their names, and no message repeats such a value."""

from __future__ import annotations

import pytest

from mundap.schema_check import findings, schema
from mundap.secret_keys import is_secret


@pytest.mark.parametrize(("key", "secret"), [
    ("hf_hub_token", True), ("hub_token", True), ("ms_hub_token", True), ("swanlab_api_key", True), ("API_KEY", True),
    ("swanlab_lark_secret", True), ("swanlab_lark_webhook_url", True), ("hf_token", True), ("password", True),
    ("api_key_env", False), ("max_new_tokens", False), ("tokenized_path", False), ("add_tokens", False)])
def test_secrets_are_known_by_name(key: str, secret: bool) -> None:
    assert is_secret(key) is secret


def test_every_secret_of_upstream_is_known() -> None:
    assert {key for key in schema("train")["properties"] if is_secret(key)} == {
        "hf_hub_token", "hub_token", "ms_hub_token", "om_hub_token", "swanlab_api_key", "swanlab_lark_secret",
        "swanlab_lark_webhook_url"}


@pytest.mark.parametrize("values", [{"api_key": "geheim"}, {"hf_hub_token": ["geheim"]}, {"hf_token": "geheim"}])
def test_a_wrong_secret_is_not_repeated(values: dict[str, object]) -> None:
    [found] = findings(values, "train", partial=True)
    assert "geheim" not in found.what + found.fix and "(not shown)" in found.what
