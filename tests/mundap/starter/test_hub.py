"""Starter models from the hub: which token is sent, and what a failure says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mundap.errors import ModelError
from mundap.starter import hub


@pytest.mark.parametrize(("given", "sent"), [(None, False), ("hf_abc", "hf_abc")])
def test_only_the_environments_token_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None,
                                             sent: str | bool) -> None:
    """None would let the library send a token that somebody once stored on this machine."""
    if given:
        monkeypatch.setenv("HF_TOKEN", given)
    asked: list[dict[str, Any]] = []

    def fetch(model: str, **options: Any) -> str:
        asked.append(options)
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)
    assert hub.download("someone/model") == tmp_path
    assert asked[0]["token"] == sent


def test_what_cannot_be_reached_is_told_with_another_way() -> None:
    with pytest.raises(ModelError, match="could not be downloaded") as caught:
        hub.download("someone/model")   # the hub is switched off in tests
    assert "mundap models" in caught.value.fix


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    assert hub.download(str(tmp_path)) == tmp_path
