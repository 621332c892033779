"""A Hugging Face model on this machine as the teacher."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from distill.teachers.cache import AnswerCache
from distill.teachers.teacher import Advance, TeacherError, prompt_for
from runtime_py.errors import MissingExtraError
from runtime_py.files import Example
from runtime_py.operations import AnyOperation


class LocalTeacher:
    """Greedy decoding in batches of similar length; answers are cached like those of an endpoint."""

    def __init__(self, model: Path, cache: Path, batch_size: int = 8, max_tokens: int = 1024) -> None:
        self._name = str(model)
        self._cache = AnswerCache(cache)
        self._batch_size = batch_size
        self._max_tokens = max_tokens
        self._loaded: tuple[Any, Any] | None = None

    @property
    def description(self) -> Mapping[str, Any]:
        return {"teacher": "local", "model": self._name, "max_tokens": self._max_tokens}

    def label(self, operation: AnyOperation, examples: Sequence[Example], advance: Advance | None = None) -> list[str]:
        """Texts for `examples`; raises `TeacherError` for a model that cannot be loaded."""
        requests = [self._request(prompt_for(operation, example)) for example in examples]
        texts = {i: text for i, request in enumerate(requests) if (text := self._cache.get(request)) is not None}
        for _ in texts:
            if advance:
                advance()
        left = sorted(set(range(len(requests))) - set(texts), key=lambda i: len(requests[i]["prompt"]))
        for start in range(0, len(left), self._batch_size):
            batch = left[start : start + self._batch_size]
            for i, text in zip(batch, self._generate([requests[i]["prompt"] for i in batch]), strict=True):
                self._cache.put(requests[i], text)
                texts[i] = text
                if advance:
                    advance()
        return [texts[i] for i in range(len(requests))]

    def _request(self, prompt: str) -> dict[str, Any]:
        return {"model": self._name, "max_tokens": self._max_tokens, "prompt": prompt}

    def _generate(self, prompts: list[str]) -> list[str]:
        import torch

        model, tokenizer = self._load()
        chats = [[{"role": "user", "content": prompt}] for prompt in prompts]
        given = tokenizer.apply_chat_template(
            chats, add_generation_prompt=True, padding=True, return_tensors="pt", return_dict=True
        ).to(model.device)
        with torch.inference_mode():
            made = model.generate(
                input_ids=given["input_ids"],
                attention_mask=given["attention_mask"],
                max_new_tokens=self._max_tokens,
                do_sample=False,
                pad_token_id=tokenizer.pad_token_id,
            )
        answers = tokenizer.batch_decode(made[:, given["input_ids"].shape[1] :], skip_special_tokens=True)
        return [str(answer) for answer in answers]

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            try:
                import torch
                from transformers import AutoModelForCausalLM, AutoTokenizer
            except ModuleNotFoundError as e:
                raise MissingExtraError(
                    f"a local teacher needs the package {e.name}: expected the extra 'export', found none; "
                    "pip install 'memlora[export]'"
                ) from e
            try:
                tokenizer = AutoTokenizer.from_pretrained(self._name, padding_side="left")
                model = AutoModelForCausalLM.from_pretrained(self._name, dtype="auto").eval()
            except (OSError, ValueError) as e:
                raise TeacherError(
                    f"local teacher {self._name}: expected a folder with a Hugging Face model, got {e}"
                ) from e
            if not tokenizer.chat_template:
                raise TeacherError(
                    f"local teacher {self._name}: expected a model with a chat template, found none; use an instruct "
                    "model"
                )
            if tokenizer.pad_token is None:
                tokenizer.pad_token = tokenizer.eos_token
            device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else "cpu"
            self._loaded = (model.to(device), tokenizer)
        return self._loaded
