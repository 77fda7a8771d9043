"""The fields of LLaMA Board's training form that hold one recipe key each: id, kind, and the range the page allows.

What a field shows and what the Board makes of it are two directions of the same table. Fields that stand for several
keys at once (booster, compute type, quantisation, PiSSA, DeepSpeed) are in arguments.py and form.py.
Source: llamafactory 0.9.5, webui/components/top.py and train.py; a slow test holds the table against the installed one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mundap.board import defaults

# number: a slider; number_or_off: a slider whose 0 means that the key is left out; figure and count: a text box with a
# number; check: a box to tick; choice: a closed list; text: free text; names: text with commas, empty for the default.
Kind = Literal["number", "number_or_off", "figure", "count", "check", "choice", "text", "names"]
UNFIT = object()
_EMPTY = {"rope_scaling": "none"}   # how a closed list shows that nothing is chosen, where it is not an empty box


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: the recipe's key, the Board's id of the element, and what the page takes there."""

    key: str
    element: str
    kind: Kind
    low: float = 0
    high: float = 0
    allowed: tuple[Any, ...] = ()

    @property
    def choices(self) -> tuple[Any, ...]:
        """Return what a closed list offers."""
        return self.allowed or defaults.choices(self.key)


def _fields(prefix: str, kind: Kind, *keys: str) -> tuple[Field, ...]:
    return tuple(Field(key=key, element=f"{prefix}.{key}", kind=kind) for key in keys)


def _slider(key: str, low: float, high: float, *, element: str = "", kind: Kind = "number") -> Field:
    return Field(key=key, element=f"train.{element or key}", kind=kind, low=low, high=high)


# Extra arguments are laid over these, so a value that the page has no room for is told there.
BASE: tuple[Field, ...] = (
    *_fields("top", "choice", "finetuning_type", "template", "rope_scaling"),
    *_fields("train", "figure", "learning_rate", "num_train_epochs", "max_grad_norm"),
    *_fields("train", "count", "max_samples"),
    _slider("cutoff_len", 4, 131072),
    _slider("per_device_train_batch_size", 1, 1024, element="batch_size"),
    _slider("gradient_accumulation_steps", 1, 1024),
    *_fields("train", "choice", "lr_scheduler_type"),
    _slider("logging_steps", 1, 1000),
    _slider("save_steps", 10, 5000),
    _slider("warmup_steps", 0, 5000),
    _slider("neftune_noise_alpha", 0, 10, element="neftune_alpha", kind="number_or_off"),
    *_fields("train", "check", "neat_packing", "train_on_prompt", "mask_history", "resize_vocab", "use_llama_pro",
             "enable_thinking", "use_galore", "use_apollo", "use_badam", "use_swanlab"),
    *_fields("train", "text", "report_to"),
)
# Each of these groups is laid over the extra arguments, but only when it is in use.
FREEZE: tuple[Field, ...] = (
    _slider("freeze_trainable_layers", -128, 128),
    *_fields("train", "text", "freeze_trainable_modules"),
    *_fields("train", "names", "freeze_extra_modules"),
)
LORA: tuple[Field, ...] = (
    _slider("lora_rank", 1, 1024),
    _slider("lora_alpha", 1, 2048),
    _slider("lora_dropout", 0, 1),
    _slider("loraplus_lr_ratio", 0, 64, kind="number_or_off"),
    *_fields("train", "check", "create_new_adapter", "use_rslora", "use_dora"),
    *_fields("train", "names", "lora_target", "additional_target"),
)
LLAMA_PRO: tuple[Field, ...] = FREEZE[:1]
PREFERENCE: tuple[Field, ...] = (_slider("pref_beta", 0, 1), _slider("pref_ftx", 0, 10),
                                 *_fields("train", "choice", "pref_loss"))
PPO: tuple[Field, ...] = _fields("train", "check", "ppo_score_norm", "ppo_whiten_rewards")
VISION: tuple[Field, ...] = _fields("train", "check", "freeze_vision_tower", "freeze_multi_modal_projector",
                                    "freeze_language_model")
GALORE: tuple[Field, ...] = (_slider("galore_rank", 1, 1024), _slider("galore_update_interval", 1, 2048),
                             _slider("galore_scale", 0, 100), *_fields("train", "text", "galore_target"))
APOLLO: tuple[Field, ...] = (_slider("apollo_rank", 1, 1024), _slider("apollo_update_interval", 1, 2048),
                             _slider("apollo_scale", 0, 100), *_fields("train", "text", "apollo_target"))
BADAM: tuple[Field, ...] = (*_fields("train", "choice", "badam_mode", "badam_switch_mode"),
                            _slider("badam_switch_interval", 1, 1024), _slider("badam_update_ratio", 0, 1))
# The fifth field of this group, the key to the service, is never read and never written.
SWANLAB: tuple[Field, ...] = (*_fields("train", "text", "swanlab_project", "swanlab_run_name", "swanlab_workspace"),
                              *_fields("train", "choice", "swanlab_mode"))
PIXELS: tuple[str, ...] = ("image_max_pixels", "image_min_pixels", "video_max_pixels", "video_min_pixels")

GROUPS = (FREEZE, LORA, LLAMA_PRO, PPO, PREFERENCE, GALORE, APOLLO, BADAM, SWANLAB)


def groups(values: Mapping[str, Any]) -> tuple[tuple[Field, ...], ...]:
    """Return the groups in use for some arguments; the others' keys are the extra arguments' business."""
    def value(key: str) -> Any:
        return values[key] if values.get(key) is not None else defaults.default(key)

    method, stage = value("finetuning_type"), value("stage")
    used = {FREEZE: method == "freeze", LORA: method == "lora", LLAMA_PRO: method == "lora" and value("use_llama_pro"),
            PPO: stage == "ppo", PREFERENCE: stage in ("dpo", "kto"), GALORE: value("use_galore"),
            APOLLO: value("use_apollo"), BADAM: value("use_badam"), SWANLAB: value("use_swanlab")}
    return tuple(group for group in GROUPS if used[group])


def shown(field: Field, value: Any) -> Any:
    """Return what a field shows for a key's value, None meaning that the key is left out; UNFIT where it has no room."""
    if value is None:
        value = defaults.default(field.key)
    if field.kind in ("number", "number_or_off"):
        return _slid(field, value)
    if field.kind in ("figure", "count"):
        return str(value) if isinstance(value, int if field.kind == "count" else int | float) \
            and not isinstance(value, bool) else UNFIT
    if field.kind == "check":
        return value if isinstance(value, bool) else UNFIT
    if field.kind == "choice":
        return _EMPTY.get(field.key) if value is None else value if value in field.choices else UNFIT
    if field.kind == "names" and isinstance(value, list):
        value = ",".join(map(str, value))
    return "" if value is None else value if isinstance(value, str) else UNFIT


def meant(field: Field, value: Any) -> Any:
    """Return the argument the Board makes of what a field shows.

    Raises:
        ValueError: text stands where a number belongs.
    """
    if field.kind == "figure":
        return float(value)
    if field.kind == "count":
        return int(value)
    if field.kind == "number_or_off":
        return value or None
    if field.kind == "names":
        return value or defaults.default(field.key)
    return None if value == _EMPTY.get(field.key, UNFIT) else value


def _slid(field: Field, value: Any) -> Any:
    if value is None and field.kind == "number_or_off":
        return 0
    if isinstance(value, bool) or not isinstance(value, int | float) or not field.low <= value <= field.high:
        return UNFIT
    # 0 would read as "left out", which is another thing
    return UNFIT if field.kind == "number_or_off" and value == 0 else value
