"""`POST /v1/embeddings` by the bundle's embedder."""

import base64
from threading import Event
from typing import Any

from runtime_py.memory import whole_text
from serving.http.access import Caller
from serving.http.app_state import State
from serving.http.body import field, read_body
from serving.http.errors import RequestError, wrong
from serving.http.worker import GivenUpError

MOST_TEXTS = 256
_AT_ONCE = 16  # texts between looks whether somebody still waits


async def embed_texts(state: State, request: Any, _caller: Caller) -> dict[str, Any]:
    """`{"input": text or texts, "encoding_format"?: "float" | "base64"}` to unit vectors of float32."""
    body = await read_body(request, state.settings)
    given = body.get("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise wrong("input", "a text or a list of texts", given)
    if len(texts) > MOST_TEXTS:
        raise RequestError(400, f"too many texts: expected at most {MOST_TEXTS}, got {len(texts)}; send them in parts")
    embedder = state.opened.embedder
    if (wanted := field(body, "dimensions", int, embedder.dimension)) != embedder.dimension:
        raise RequestError(
            400, f"wrong dimensions: expected {embedder.dimension}, which is the embedder's, got {wanted}; leave it out"
        )
    encoding = field(body, "encoding_format", str, "float")
    if encoding not in ("float", "base64"):
        raise RequestError(400, "wrong encoding_format: expected float or base64, got another; correct it")
    whole = [whole_text(text) for text in texts]

    def work(gone: Event) -> list[Any]:
        rows: list[Any] = []
        for start in range(0, len(whole), _AT_ONCE):
            if gone.is_set():
                raise GivenUpError
            rows += list(embedder.embed(whole[start : start + _AT_ONCE]))
        return rows

    vectors = await state.worker.run(work, request)
    data = [
        {
            "object": "embedding",
            "index": place,
            "embedding": vector.tolist()
            if encoding == "float"
            else base64.b64encode(vector.astype("<f4").tobytes()).decode(),
        }
        for place, vector in enumerate(vectors)
    ]
    tokens = state.opened.tokens(*whole)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": embedder.id, "usage": usage}
