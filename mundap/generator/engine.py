"""A loaded model that turns token ids into answers, in batches or streamed. Runs in the worker, on one thread.

Does not load models (loading.py) and does not talk to the parent process (worker.py).
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from mundap.errors import GenerationError, ResourceError
from mundap.generator import Decoding, Generation, Request
from mundap.generator.control_tokens import broken, control_ids
from mundap.generator.watcher import Watcher

Report = Callable[[int, Generation], None]


class Engine:
    """A model and its tokenizer, with the number of prompts it takes at a time."""

    def __init__(self, model: Any, tokenizer: Any, *, context: int, batch_size: int) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.context = context
        self.batch_size = batch_size
        self.control_ids = control_ids(tokenizer)
        self.eos_ids = _ids(model.generation_config.eos_token_id) | _ids(tokenizer.eos_token_id)
        self.pad_id = next(iter(_ids(tokenizer.pad_token_id)), min(self.eos_ids, default=0))

    def encode(self, request: Request, decoding: Decoding) -> list[int]:
        """Return the prompt's ids, as the model folder's chat template writes it; no message writes a control token.

        Raises:
            GenerationError: the prompt and its answer do not fit the model's context.
        """
        safe = Request(**{name: broken(text, self.tokenizer, self.control_ids) for name, text in asdict(request).items()})
        encoded = self.tokenizer.apply_chat_template(safe.messages, add_generation_prompt=True, tokenize=True,
                                                     return_dict=True)
        ids = list(encoded["input_ids"])
        if safe.prefix:
            ids += self.tokenizer(safe.prefix, add_special_tokens=False)["input_ids"]
        if len(ids) + decoding.max_new_tokens > self.context:
            raise GenerationError(
                f"the prompt has {len(ids)} tokens and {decoding.max_new_tokens} may be generated, "
                f"but the model's context is {self.context} tokens.", where="generation",
                fix="Lower retrieval.top_k, prompt.lines_per_passage or generation.max_new_tokens.")
        return ids

    def generate(self, prompts: Sequence[Sequence[int]], decoding: Decoding, report: Report, *,
                 cancelled: threading.Event, on_beat: Callable[[], None]) -> None:
        """Answer every prompt, reporting (position, generation); near lengths share a batch, so little is padding.

        Raises:
            ResourceError: memory ran out on a single prompt; larger batches are halved and tried again.
        """
        order = sorted(range(len(prompts)), key=lambda position: (-len(prompts[position]), position))
        size = self.batch_size
        while order:
            if cancelled.is_set():
                for position in order:
                    report(position, _not_begun(prompts[position]))
                return
            batch, rest = order[:size], order[size:]
            watcher = self._watcher([prompts[position] for position in batch], decoding, cancelled, on_beat=on_beat)
            try:
                self._run([prompts[position] for position in batch], decoding, watcher)
            except Exception as error:
                if not out_of_memory(error):
                    raise
                if len(batch) == 1:
                    raise _no_memory(len(prompts[batch[0]])) from error
                size = max(1, len(batch) // 2)
                self._free()
                continue
            for position, generation in zip(batch, watcher.finish(), strict=True):
                report(position, generation)
            order = rest

    def stream(self, prompt: Sequence[int], decoding: Decoding, on_delta: Callable[[str], None], *,
               cancelled: threading.Event, on_beat: Callable[[], None], started: float) -> Generation:
        """Answer one prompt, handing over its text as it becomes final; return the whole.

        Raises:
            ResourceError: memory ran out.
        """
        if cancelled.is_set():
            return _not_begun(prompt)
        watcher = self._watcher([prompt], decoding, cancelled, on_beat=on_beat, on_delta=on_delta, started=started)
        try:
            self._run([prompt], decoding, watcher)
        except Exception as error:
            if not out_of_memory(error):
                raise
            self._free()
            raise _no_memory(len(prompt)) from error
        return watcher.finish()[0]

    def gpu_peak_bytes(self) -> int:
        """Return the most GPU memory torch has held for this process so far, 0 without a GPU."""
        import torch

        return int(torch.cuda.max_memory_reserved()) if torch.cuda.is_available() else 0

    def _watcher(self, prompts: Sequence[Sequence[int]], decoding: Decoding, cancelled: threading.Event,
                 **callbacks: Any) -> Watcher:
        return Watcher(self.tokenizer, prompts, self.eos_ids, decoding, cancelled=cancelled, **callbacks)

    def _run(self, prompts: Sequence[Sequence[int]], decoding: Decoding, watcher: Watcher) -> None:
        import torch
        from transformers import LogitsProcessorList, RepetitionPenaltyLogitsProcessor, StoppingCriteriaList

        if decoding.temperature > 0:
            torch.manual_seed(decoding.seed)
        width = max(map(len, prompts))
        device = self.model.device
        ids = torch.tensor([[self.pad_id] * (width - len(prompt)) + list(prompt) for prompt in prompts], device=device)
        mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=device)
        penalty = decoding.repetition_penalty
        # transformers counts the prompt unless told its width; see Decoding for why the prompt must not count.
        ignored = None if decoding.penalise_prompt else width
        processors = [RepetitionPenaltyLogitsProcessor(float(penalty), prompt_ignore_length=ignored)] * (penalty != 1.0)
        with torch.inference_mode():
            self.model.generate(
                input_ids=ids, attention_mask=mask, generation_config=self._config(decoding),
                logits_processor=LogitsProcessorList(processors),
                stopping_criteria=StoppingCriteriaList([watcher]))

    def _config(self, decoding: Decoding) -> Any:
        """Return the model folder's generation_config.json with this decoding laid over it."""
        config = copy.deepcopy(self.model.generation_config)
        config.max_new_tokens, config.max_length = decoding.max_new_tokens, None
        config.repetition_penalty = 1.0
        config.pad_token_id = self.pad_id
        config.eos_token_id = sorted(self.eos_ids) or None
        config.do_sample = decoding.temperature > 0
        config.temperature = decoding.temperature if config.do_sample else None
        config.top_p = decoding.top_p if config.do_sample else None
        config.top_k = (decoding.top_k or config.top_k) if config.do_sample else None
        return config

    def _free(self) -> None:
        import gc

        import torch

        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def out_of_memory(error: BaseException) -> bool:
    """Return whether an error means that memory ran out, on a GPU or in the machine."""
    import torch

    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and ("allocate memory" in str(error) or "out of memory" in str(error)))


def _not_begun(prompt: Sequence[int]) -> Generation:
    return Generation(text="", finish_reason="cancelled", prompt_tokens=len(prompt), completion_tokens=0,
                      first_token_s=0.0, seconds=0.0)


def _no_memory(tokens: int) -> ResourceError:
    return ResourceError(f"memory ran out on a prompt of {tokens} tokens.", where="generation",
                         fix="Lower retrieval.top_k or generation.max_new_tokens, close other programs,\n"
                             "or set infer_dtype: bfloat16 in the chat recipe.")


def _ids(value: int | list[int] | None) -> frozenset[int]:
    return frozenset() if value is None else frozenset(value if isinstance(value, list) else [value])
