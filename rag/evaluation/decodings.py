"""How a system decodes: rag.yaml's own way, a named setting, or keys laid over either.

before and after are the reference project's: before, nothing held an answer back; after, a penalty, little chance, and
phrases at which what runs on is cut. Its penalty counted the prompt's tokens, as transformers does by itself, and
therefore also punished every figure that was to be copied; "after, own" is the same with only the answer counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mundap.generator import Decoding, decoding_of

_FREE = {"stop": [], "stop_phrases": [], "stop_repetition": False, "stop_script": False}
_AFTER = {**_FREE, "max_new_tokens": 256, "temperature": 0.1, "top_p": 0.9, "repetition_penalty": 1.2,
          "stop_phrases": ["이번에 새로 나온", "Este es", "Ich möchte", "이번엔", "이번에"]}
NAMED: Mapping[str, Mapping[str, Any]] = {
    "before": {**_FREE, "max_new_tokens": 256, "temperature": 0.7, "top_p": 1.0, "repetition_penalty": 1.0,
               "penalise_prompt": True},
    "after": {**_AFTER, "penalise_prompt": True},
    "after_own": {**_AFTER, "penalise_prompt": False},
    "greedy": {"temperature": 0.0, "repetition_penalty": 1.0, "penalise_prompt": False},
}


def settings_of(asked: str | Mapping[str, Any] | None, generation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the generation keys a system decodes with: rag.yaml's, the named setting over them, own keys over those.

    asked is None, a name of NAMED, or keys, of which `like` may name a setting to start from.
    """
    if asked is None:
        return dict(generation)
    if isinstance(asked, str):
        return {**generation, **NAMED[asked]}
    own = {key: value for key, value in asked.items() if key != "like"}
    return {**generation, **NAMED.get(asked.get("like", ""), {}), **own}


def in_words(generation: Mapping[str, Any]) -> str:
    """Return a decoding as one line for a reader: "greedy, 96 tokens, stops" or "T 0.7, penalty 1.2 (prompt too), …"."""
    decoding: Decoding = decoding_of(generation)
    parts = ["greedy" if decoding.temperature == 0 else f"temperature {decoding.temperature:g}"]
    if decoding.temperature and decoding.top_p < 1:
        parts.append(f"top_p {decoding.top_p:g}")
    if decoding.temperature and decoding.top_k:
        parts.append(f"top_k {decoding.top_k}")
    if decoding.repetition_penalty != 1:
        parts.append(f"repetition_penalty {decoding.repetition_penalty:g} "
                     + ("counting the prompt" if decoding.penalise_prompt else "on the answer alone"))
    parts.append(f"{decoding.max_new_tokens} tokens")
    stops = [name for name, on in (("texts", decoding.stop), ("phrases", decoding.stop_phrases),
                                   ("repetition", decoding.stop_repetition), ("script", decoding.stop_script)) if on]
    parts.append(f"stops on {', '.join(stops)}" if stops else "no stops")
    return ", ".join(parts)
