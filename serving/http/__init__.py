"""A memory over HTTP: OpenAI's and Mem0's shapes, and a page."""

from serving.http.app import build_app
from serving.http.opened import Opened
from serving.http.run import serve
from serving.http.settings import ANYONE, Settings, check_token, read_tokens

__all__ = ["ANYONE", "Opened", "Settings", "build_app", "check_token", "read_tokens", "serve"]
