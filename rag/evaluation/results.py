"""What came of an evaluation: each system's replies with their values. Reports are made from it; nothing here computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.evaluation.asked import Gold, Reply
from rag.evaluation.statistics import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One reply with the value of every metric that applies to it, and what in it was found to be invented: (kind, text)."""

    gold: Gold
    reply: Reply
    values: Mapping[str, float]
    invented: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast a system is. Latencies are of questions asked one at a time (asked of them).

    first_token_s and latency_s hold p50 and p95 by name; tokens_per_s is of writing alone, one question at a time;
    answers_per_minute is of the batched run; peak_bytes is the largest memory of the process that holds the model, 0 where
    it is not known (an endpoint).
    """

    asked: int = 0
    first_token_s: Mapping[str, float] = field(default_factory=dict)
    latency_s: Mapping[str, float] = field(default_factory=dict)
    tokens_per_s: float = 0.0
    answers_per_minute: float = 0.0
    peak_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemResult:
    """One system: its name, its settings as (what, value) texts for a reader, and its replies in the questions' order."""

    name: str
    settings: Mapping[str, str]
    scored: tuple[Scored, ...]
    speed: Speed = field(default_factory=Speed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A whole run. baseline is the name of the system the others are compared with.

    data are names and hashes of what was measured with (questions, index, recipes, versions, seed, day). verifier holds the
    verifier's own precision and recall on labelled answers; human what raters gave, where there is any; judge likewise.
    """

    domain: str
    title: str
    baseline: str
    systems: tuple[SystemResult, ...]
    data: Mapping[str, Any] = field(default_factory=dict)
    verifier: Mapping[str, Any] = field(default_factory=dict)
    human: Mapping[str, Any] = field(default_factory=dict)
    judge: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One decoding setting of a sweep and what it came to: rates of invented and of right answers, and its speed in batches."""

    name: str
    settings: Mapping[str, Any]
    hallucinated: Interval
    right: Interval
    tokens_per_s: float
    seconds_per_answer: float
    best: bool = False
