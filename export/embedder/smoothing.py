"""SmoothQuant (arXiv 2211.10438): how large the inputs of each linear get, column by column, on a few sentences."""

import torch
from torch import Tensor, nn

from export.embedder.source import EmbedderSource
from runtime_py.text import Tokenizer

CALIBRATION = (
    "Hi!",
    "yes, sure",
    "Thanks, see you tomorrow.",
    "My sister Anna works as a nurse in Berlin.",
    "What does Anna do for a living?",
    "We adopted a grey cat called Pixel last summer.",
    "I stopped drinking coffee in January 2021 because it kept me awake.",
    "When did Tom and Elena get married?",
    "Tom said he would run the marathon on 14 October, if his knee holds.",
    "The flight to Toronto leaves at 6:45 from gate B12; tickets cost $389.",
    "Her favourite books are about whales, lighthouses and the history of maps.",
    "Nobody told me that the party was cancelled!",
    "Café Zürich, Straße 5, naïve façade",
    "你好,我们明天见。",
    "Он купил машину.",
    ":-) lol omg 😂😂",
    "def add(a, b): return a + b",
    "Blorvik plays the zither with Quenna in Ythmoor.",
    "The quarterly report shows that revenue grew by twelve percent, while costs fell slightly, mostly thanks to "
    "cheaper transport, a milder winter and the new warehouse in Rotterdam, which opened earlier than planned.",
    "She likes hiking. He prefers chess. They both love Thai food, and on Sundays they cook together with their "
    "neighbours, who moved in last spring from a small village near the coast.",
)


def input_peaks(model: nn.Module, source: EmbedderSource) -> dict[str, Tensor]:
    """Path of each linear -> the largest absolute input per column, float32 [K], over `CALIBRATION`."""
    tokenizer = Tokenizer.from_file(source.folder / "tokenizer.json")
    peaks: dict[str, Tensor] = {}

    def record(path: str, x: Tensor) -> None:
        peak = x.abs().reshape(-1, x.shape[-1]).amax(0)
        peaks[path] = torch.maximum(peaks[path], peak) if path in peaks else peak

    hooks = [
        module.register_forward_pre_hook(lambda _m, given, path=path: record(path, given[0]))
        for path, module in model.named_modules()
        if isinstance(module, nn.Linear)
    ]
    with torch.no_grad():
        for text in CALIBRATION:
            tokens = torch.tensor([tokenizer.encode_framed(text, source.max_tokens)])
            model(tokens, torch.ones_like(tokens))
    for hook in hooks:
        hook.remove()
    return peaks
