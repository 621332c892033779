"""Random strings and what the tokenizers package makes of them, for other readers of the table.

`python -m tests.tokenizers.goldens` writes the committed ones; `--out FOLDER --count N --also NAME=tokenizer.json` a
large comparison, which `mvn -Dmemlora.tokenizers=FOLDER` replays.
"""

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

import tokenizers

from export.tokenizer.compile import compile_table
from runtime_py.errors import BundleError
from runtime_py.text import Tokenizer
from tests.tokenizers.kinds import KINDS
from tests.tokenizers.strings import Strings

COMMITTED = Path(__file__).parents[1] / "conformance" / "tokenizers"
COUNT, SEED, FRAMED, LAST = 40, 7, 24, 12


def rows(document: bytes, count: int, seed: int) -> Iterator[list[object]]:
    """Text, its ids, those with specials, those in a frame, the decoded text; then ids, their text, what is settled.

    What says nothing new is null: ids with specials that are the same, a decoded text that is the text itself; most ids
    in a frame, too.
    """
    tokenizer = Tokenizer(document)
    backend = tokenizers.Tokenizer.from_str(document.decode())
    added = sorted(token.content for token in backend.get_added_tokens_decoder().values())
    chance = random.Random(seed)
    strings = Strings(seed, [*added, *chance.sample(sorted(backend.get_vocab()), 50)])
    reads_only = "WordPiece" in json.dumps(json.loads(document)["decoder"])
    for place in range(count):
        text = strings.next()
        ids, special = tokenizer.encode(text), tokenizer.encode(text, specials=True)
        decoded = None if reads_only else tokenizer.decode(ids)
        odd = [] if reads_only else [chance.randrange(tokenizer.vocab_size + 2) for _ in range(chance.randint(0, 12))]
        yield [
            text,
            ids,
            None if special == ids else special,
            tokenizer.encode_framed(text, FRAMED) if place % 8 == 0 else None,
            None if decoded == text else decoded,
            odd,
            None if reads_only else tokenizer.decode(odd),
            None if reads_only else tokenizer.settled(odd),
        ]


def facts(document: bytes) -> dict[str, object]:
    """What a reader says of the tokenizer itself."""
    tokenizer = Tokenizer(document)
    try:
        spelt = [written.hex() if (written := tokenizer.token_bytes(t)) is not None else None for t in range(600)]
    except BundleError:
        spelt = []
    named = tokenizers.Tokenizer.from_str(document.decode()).get_vocab(with_added_tokens=True)
    return {
        "sha256": tokenizer.sha256,
        "vocab_size": tokenizer.vocab_size,
        "special_ids": sorted(tokenizer.special_ids),
        "bytes": spelt,
        "plain": tokenizer.plain_tokens_from(tokenizer.vocab_size - LAST),
        "ids": dict(sorted(named.items(), key=lambda item: item[1])[:400]),
    }


def write(folder: Path, name: str, document: bytes, count: int, seed: int) -> None:
    """`tables/NAME.bin`, and `texts/NAME.jsonl`: the facts, then a row a line."""
    table, texts = folder / "tables" / f"{name}.bin", folder / "texts" / f"{name}.jsonl"
    for path in (table, texts):
        path.parent.mkdir(parents=True, exist_ok=True)
    table.write_bytes(compile_table(document))
    with texts.open("w", encoding="utf-8") as file:
        for value in (facts(document), *rows(document, count, seed)):
            file.write(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=COMMITTED)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", nargs="*", default=list(KINDS))
    parser.add_argument("--also", nargs="*", default=[], metavar="NAME=PATH")
    options = parser.parse_args()
    documents = {name: KINDS[name]().to_str().encode() for name in options.only}
    documents |= {name: Path(path).read_bytes() for name, path in (pair.split("=", 1) for pair in options.also)}
    for name, document in documents.items():
        write(options.out, name, document, options.count, options.seed)


if __name__ == "__main__":
    main()
