"""OpenAI's shapes: chat with a memory, operations of the bundle by their schema, Mem0's own prompts, embeddings."""

from serving.http.openai.chat import complete_chat
from serving.http.openai.embeddings import embed_texts
from serving.http.openai.models import list_models

__all__ = ["complete_chat", "embed_texts", "list_models"]
