"""llama.cpp by its C interface: Q4_0 (`llamacpp_q8`: Q8_0), adapters swapped on a context, a sequence an operation."""

import ctypes
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import llama_cpp as llama
import numpy as np
from gguf import GGMLQuantizationType

from benchmarks.made.gguf_files import write_adapter, write_model
from benchmarks.peer.peer import Peer, Row, context_length, operations_of

GRAMMARS = Path(__file__).with_name("grammars")
BATCH_TOKENS = 512


class LlamaCpp(Peer):
    """One context of the model's length for all operations, key/value cache in float16 as llama.cpp has it by default.

    The grammar is asked as llama.cpp's own sampling does it: about the most likely token first, and about the whole
    vocabulary only when that one is illegal, which here never happens.
    """

    version = f"llama-cpp-python {version('llama-cpp-python')}"
    drafts = True
    weights = GGMLQuantizationType.Q4_0

    def __init__(self, model: Path, out: Path, threads: int) -> None:
        super().__init__(model, out, threads)
        llama.llama_backend_init()
        config = json.loads((model / "checkpoint" / "config.json").read_text("utf-8"))
        self._vocabulary: int = config["vocab_size"]
        self._sequences = {name: number for number, name in enumerate((None, *operations_of(model)))}
        self._model = llama.llama_model_load_from_file(
            str(out / "model.gguf").encode(), llama.llama_model_default_params()
        )
        if not self._model:
            raise RuntimeError("llama.cpp refused model.gguf")
        settings = llama.llama_context_default_params()
        settings.n_ctx = context_length(model)
        settings.n_batch = settings.n_ubatch = BATCH_TOKENS
        settings.n_seq_max = len(self._sequences)
        settings.kv_unified = True
        settings.n_threads = settings.n_threads_batch = threads
        self._context = llama.llama_init_from_model(self._model, settings)
        self._batch = llama.llama_batch_init(BATCH_TOKENS, 0, 1)
        self._held = dict.fromkeys(self._sequences, 0)
        self._adapters: dict[str, ctypes.c_void_p] = {}
        self._grammars: dict[str, ctypes.c_void_p] = {}
        self._grammar: ctypes.c_void_p | None = None
        self._selected: str | None = None

    @classmethod
    def prepare(cls, model: Path, out: Path, group_size: int) -> None:
        write_model(model / "checkpoint", out / "model.gguf", cls.weights)
        for name in operations_of(model):
            write_adapter(model / "adapters" / name, model / "checkpoint", out / f"{name}.gguf")

    def open(self, operation: str | None) -> None:
        if operation is not None and operation not in self._adapters:
            path = str(self.out / f"{operation}.gguf").encode()
            self._adapters[operation] = llama.llama_adapter_lora_init(self._model, path)
            if (GRAMMARS / f"{operation}.gbnf").is_file():
                words = llama.llama_model_get_vocab(self._model)
                made = llama.llama_sampler_init_grammar(words, (GRAMMARS / f"{operation}.gbnf").read_bytes(), b"root")
                if not made:
                    raise RuntimeError(f"llama.cpp refused the grammar of {operation}")
                self._grammars[operation] = made

    def select(self, operation: str | None) -> None:
        wanted = [self._adapters[operation]] if operation is not None else []
        pointers = (llama.llama_adapter_lora_p_ctypes * len(wanted))(*wanted)
        scales = (ctypes.c_float * len(wanted))(*([1.0] * len(wanted)))
        if llama.llama_set_adapters_lora(self._context, pointers, len(wanted), scales):
            raise RuntimeError(f"llama.cpp refused the adapter of {operation}")
        self._selected = operation

    def feed(self, tokens: Sequence[int]) -> Row:
        return self._run(tokens, False)[0]

    def feed_rows(self, tokens: Sequence[int]) -> Sequence[Row]:
        return self._run(tokens, True)

    def rewind(self, length: int) -> None:
        memory = llama.llama_get_memory(self._context)
        llama.llama_memory_seq_rm(memory, self._sequences[self._selected], length, -1)
        self._held[self._selected] = min(length, self._held[self._selected])

    def begin(self, operation: str) -> None:
        self._grammar = self._grammars.get(operation)
        if self._grammar:
            llama.llama_sampler_reset(self._grammar)

    def choose(self, row: Row, token: int) -> None:
        super().choose(row, token)
        if not self._grammar:
            return
        one = (llama.llama_token_data * 1)(llama.llama_token_data(token, 1.0, 0.0))
        candidates = llama.llama_token_data_array(one, 1, -1, False)
        llama.llama_sampler_apply(self._grammar, ctypes.byref(candidates))
        if one[0].logit == -np.inf:
            raise RuntimeError(f"the grammar of {self._selected} refuses token {token}")
        llama.llama_sampler_accept(self._grammar, token)

    def _run(self, tokens: Sequence[int], every: bool) -> list[Row]:
        sequence, held = self._sequences[self._selected], self._held[self._selected]
        batch = self._batch
        for start in range(0, len(tokens), BATCH_TOKENS):
            part = tokens[start : start + BATCH_TOKENS]
            batch.n_tokens = len(part)
            for i, token in enumerate(part):
                batch.token[i] = token
                batch.pos[i] = held + start + i
                batch.n_seq_id[i] = 1
                batch.seq_id[i][0] = sequence
                batch.logits[i] = every or start + i == len(tokens) - 1
            if code := llama.llama_decode(self._context, batch):
                raise RuntimeError(f"llama_decode gave {code}")
        self._held[self._selected] = held + len(tokens)
        places = range(len(tokens)) if every else [-1]
        pointers = [llama.llama_get_logits_ith(self._context, place) for place in places]
        return [np.ctypeslib.as_array(pointer, (self._vocabulary,)) for pointer in pointers]


PEER = LlamaCpp
