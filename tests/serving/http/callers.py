"""The released clients against a server: `python callers.py NAME URL FOLDER` uses one and prints JSON."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

TOKEN = "none"


def use_openai(url: str, _folder: Path) -> dict[str, Any]:
    """Chat, chat in a stream, embeddings, models, and an error as the client tells it."""
    import openai

    client = openai.OpenAI(base_url=f"{url}/v1", api_key=TOKEN)

    def say(text: str) -> Any:
        given: Any = [{"role": "user", "content": text}]
        return client.chat.completions.create(model="memlora", user="ana", messages=given)

    told = say("I live in Kluvo.").choices[0].message.content
    answered = say("Where do I live?").choices[0].message.content
    question: Any = [{"role": "user", "content": "Where do I live?"}]
    stream = client.chat.completions.create(model="memlora", user="ana", messages=question, stream=True)
    pieces = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
    vectors = client.embeddings.create(model="memlora", input=["Kluvo", "Leeds"])
    try:
        client.chat.completions.create(model="memlora", user="ana", messages=question, n=2)
        refused = "nothing"
    except openai.BadRequestError as e:
        refused = e.message
    return {
        "told": told,
        "answered": answered,
        "streamed": "".join(pieces),
        "dimension": len(vectors.data[0].embedding),
        "models": [model.id for model in client.models.list()],
        "refused": refused,
    }


def use_mem0_client(url: str, _folder: Path) -> dict[str, Any]:
    """Everything that the hosted API's client does with memories."""
    from mem0 import MemoryClient
    from mem0.exceptions import MemoryNotFoundError

    client = MemoryClient(api_key=TOKEN, host=url)
    mine: Any = {"user_id": "tom"}
    added = client.add("I live in Kluvo.", user_id="tom")["results"]
    client.add([{"role": "user", "content": "I work as a baker."}], user_id="tom", metadata={"mood": "good"})
    client.add("I live in Leeds.", user_id="eve")
    number = added[0]["id"]
    searched = client.search("Kluvo", filters=mine)["results"]
    listed = client.get_all(filters=mine)["results"]
    client.update(number, text="I live in Paris")
    shown = client.get(number)["memory"]
    history = client.history(number)
    client.batch_update([{"memory_id": listed[1]["id"], "text": "I work as a cook"}])
    users = [row["name"] for row in client.users()["results"]]
    client.delete(number)
    try:
        client.get(number)
        gone = False
    except MemoryNotFoundError:
        gone = True
    left = [row["memory"] for row in client.get_all(filters=mine)["results"]]
    client.delete_all(user_id="tom")
    client.delete_users(user_id="eve")
    return {
        "added": [(row["memory"], row["event"]) for row in added],
        "searched": searched[0]["memory"],
        "users_found": sorted({row["user_id"] for row in searched}),
        "listed": [row["memory"] for row in listed],
        "metadata": listed[1]["metadata"],
        "shown": shown,
        "history": [(row["event"], row["new_memory"]) for row in history],
        "users": users,
        "gone": gone,
        "left": left,
        "at_last": client.users()["count"],
    }


def use_mem0_memory(url: str, folder: Path) -> dict[str, Any]:
    """Mem0's own memory, whose model and embedder are the bundle's."""
    from mem0 import Memory

    place = {"model": "memlora", "openai_base_url": f"{url}/v1", "api_key": TOKEN}
    config = {
        "llm": {"provider": "openai", "config": place},
        "embedder": {"provider": "openai", "config": {**place, "embedding_dims": 384}},
        "vector_store": {"provider": "qdrant", "config": {"path": str(folder / "qdrant"), "embedding_model_dims": 384}},
        "history_db_path": str(folder / "history.db"),
    }
    memory = Memory.from_config(config)
    added = memory.add("I live in Kluvo.", user_id="kim")["results"]
    again = memory.add("I live in Kluvo.", user_id="kim")["results"]
    found = memory.search("Where does she live?", filters={"user_id": "kim"})["results"]
    return {"added": [row["memory"] for row in added], "again": again, "found": [row["memory"] for row in found]}


def ask_older_prompts(url: str, _folder: Path) -> dict[str, Any]:
    """The prompts of Mem0 before 2.0, as the released package still holds them, sent as its pipeline sent them."""
    import openai
    from mem0.configs import prompts

    client = openai.OpenAI(base_url=f"{url}/v1", api_key=TOKEN)

    def ask(*given: tuple[str, str]) -> Any:
        messages: Any = [{"role": role, "content": text} for role, text in given]
        form: Any = {"type": "json_object"}
        answer = client.chat.completions.create(model="memlora", messages=messages, response_format=form)
        return json.loads(answer.choices[0].message.content or "")

    said = "Input:\nuser: I live in Kluvo.\nassistant: Nice.\n"
    old = [{"id": "0", "text": "I work as a baker"}]
    facts = ["I live in Kluvo"]
    return {
        "facts": ask(("system", prompts.FACT_RETRIEVAL_PROMPT), ("user", said)),
        "users_facts": ask(("system", prompts.USER_MEMORY_EXTRACTION_PROMPT), ("user", said)),
        "agents_facts": ask(("system", prompts.AGENT_MEMORY_EXTRACTION_PROMPT), ("user", said)),
        "changes": ask(("user", prompts.get_update_memory_messages(old, facts))),
        "first_changes": ask(("user", prompts.get_update_memory_messages([], facts))),
    }


CALLERS: dict[str, Callable[[str, Path], dict[str, Any]]] = {
    "openai": use_openai,
    "mem0_client": use_mem0_client,
    "mem0_memory": use_mem0_memory,
    "older_prompts": ask_older_prompts,
}

if __name__ == "__main__":
    os.environ["MEM0_TELEMETRY"] = "False"  # before its import
    sys.stdout.write(json.dumps(CALLERS[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))))
