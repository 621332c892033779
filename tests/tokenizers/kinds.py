"""Small tokenizers of the kinds that published models have, trained on what the repository holds of text."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from tests.conftest import SENTENCES

_ROOT = Path(__file__).parents[2]
_OTHERS = (
    "Zoë et Élodie déjeunent à Orléans, l’été dernier… coûte 12,50 €.",
    "Größe und Maß: fünf Äpfel für Jürgen, 3.141592 und 100000.",
    "Привет, как дела? Москва, 1 мая 2026 года.",
    "今天天气很好,我们去公园吧。東京は夜の七時。",
    "한국어 문장도 있습니다. 안녕하세요?",
    "مرحبا بالعالم ١٢٣ ، كيف حالك؟ שלום עולם",
    "हिन्दी में लिखा हुआ वाक्य १२३।",
    "👩‍🍳👍🏽 🎉🎉 ok!! :-) \t tabs\r\n\r\n  and   blanks\n\n\n",
    "def f(x):\n    return {'a': [1, 22, 333], \"b\": x**2}  # I'll don't we've they're\n",
)
QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
LLAMA3 = QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
GPT4O = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
ALPHABET = 120
CHAT = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
_BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def texts() -> Iterator[str]:
    """English of the repository's first pages, and other scripts often enough to be learnt."""
    yield from SENTENCES
    yield from (_ROOT / "LICENSE").read_text("utf-8").splitlines()[:60]
    for _ in range(4):
        yield from _OTHERS


def _of_bytes(
    before: pre_tokenizers.PreTokenizer | None,
    specials: list[str],
    normalizer: normalizers.Normalizer | None = None,
    whole_words: bool = False,
    use_regex: bool = False,
    size: int = 640,
) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(ignore_merges=whole_words))
    last = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([before, last]) if before else last
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=specials, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts(), trainer)
    return tokenizer


def smollm2() -> Tokenizer:
    """Digits one by one, then GPT-2's pattern."""
    return _of_bytes(pre_tokenizers.Digits(individual_digits=True), CHAT, use_regex=True)


def qwen2() -> Tokenizer:
    """NFC, a pattern, and an added token that is not special."""
    tokenizer = _of_bytes(pre_tokenizers.Split(Regex(QWEN2), "isolated"), CHAT, normalizers.NFC())
    tokenizer.add_tokens([AddedToken("<tool_call>", special=False, normalized=False)])
    return tokenizer


def llama3() -> Tokenizer:
    """Up to three digits, whole words before merges, a first token around texts."""
    specials = ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"]
    tokenizer = _of_bytes(pre_tokenizers.Split(Regex(LLAMA3), "isolated"), specials, whole_words=True)
    tokenizer.post_processor = processors.TemplateProcessing("<|begin_of_text|> $A", None, [("<|begin_of_text|>", 0)])
    return tokenizer


def gpt4o() -> Tokenizer:
    """Upper and lower case apart, marks inside words, an ending inside the pattern."""
    tokenizer = _of_bytes(pre_tokenizers.Split(Regex(GPT4O), "isolated"), CHAT)
    tokenizer.add_special_tokens([AddedToken("<|pad|>", lstrip=True, rstrip=True)])
    return tokenizer


def _of_pieces(specials: list[str], pre_tokenizer: pre_tokenizers.PreTokenizer, size: int = 900) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizer
    counts = Counter(character for text in texts() for character in text.replace(" ", "▁"))
    alphabet = sorted(counts, key=lambda character: (-counts[character], character))[:ALPHABET]
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[*specials, *_BYTES],
        initial_alphabet=alphabet,
        limit_alphabet=ALPHABET,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(), trainer)
    plain = Tokenizer(tokenizer.model)
    plain.add_special_tokens([AddedToken(text, normalized=False) for text in specials])
    plain.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return plain


def llama2() -> Tokenizer:
    """A blank is put before every text and taken off again; blanks are `▁`, unknown letters bytes."""
    tokenizer = _of_pieces(["<unk>", "<s>", "</s>"], pre_tokenizers.Metaspace(prepend_scheme="always", split=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return tokenizer


def mistral() -> Tokenizer:
    """As Llama 2's is written today: the blank is the pre-tokenizer's, before the first piece alone."""
    tokenizer = _of_pieces(["<unk>", "<s>", "</s>"], pre_tokenizers.Metaspace(prepend_scheme="always", split=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    return tokenizer


def gemma() -> Tokenizer:
    """No blank before a text; runs of blanks and line feeds are added tokens."""
    specials = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
    tokenizer = _of_pieces(specials, pre_tokenizers.Metaspace(prepend_scheme="never", split=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    blanks = ["\n" * count for count in (2, 3, 4)] + ["▁" * count for count in (2, 3, 4)]
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in blanks])
    return tokenizer


def bert() -> Tokenizer:
    """An embedder's: lower case without accents, the longest pieces that fit."""
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    normalizer, pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    split = (pre_tokenizer.pre_tokenize_str(normalizer.normalize_str(text)) for text in texts())
    counts = Counter(word for words in split for word, _ in words)
    letters = sorted({letter for word in counts for letter in word})
    frequent = sorted(counts, key=lambda word: (-counts[word], word))[:300]
    endings = {f"##{word[-length:]}" for word in frequent for length in (2, 3) if len(word) > length}
    pieces = [*specials, *letters, *(f"##{letter}" for letter in letters), *frequent, *sorted(endings)]
    vocabulary = {piece: token for token, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre_tokenizer
    tokenizer.add_special_tokens(specials)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def merging(behaviour: str, invert: bool) -> Tokenizer:
    """A split by blanks and what follows them, by `behaviour`."""
    split = pre_tokenizers.Split(Regex(r"\s|[,;](?=\S)"), behaviour, invert=invert)
    return _of_bytes(split, CHAT, size=400)


KINDS: dict[str, Callable[[], Tokenizer]] = {
    "smollm2": smollm2,
    "qwen2": qwen2,
    "llama3": llama3,
    "gpt4o": gpt4o,
    "llama2": llama2,
    "mistral": mistral,
    "gemma": gemma,
    "bert": bert,
    "removed": partial(merging, "removed", False),
    "merged_with_next": partial(merging, "merged_with_next", False),
    "contiguous": partial(merging, "contiguous", True),
}
