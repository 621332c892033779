"""The server: the SDK's, with errors that are one sentence."""

from typing import Any

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp_types import ToolAnnotations
from pydantic import ValidationError

from runtime_py.errors import MemloraError
from runtime_py.memory import Memory
from serving.mcp.tools import Tools

NAME = "memlora"
_INSTRUCTIONS = (
    "A private memory of one user, kept on this machine. Search it before you answer what depends on the user; "
    "add what he tells of himself, in his own words."
)


class _MemoryTool(Tool):  # type: ignore[misc]  # the SDK is optional
    """A tool whose every mistake of the caller is one sentence: what, expected, got, what to do."""

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:
        known = self.parameters["properties"]
        if unknown := sorted(set(arguments) - set(known)):
            raise ToolError(f"unknown argument {unknown[0]!r}: expected some of {', '.join(known)}; leave it out")
        try:
            return await super().run(arguments, context, convert_result)
        except ToolError as e:
            if isinstance(e.__cause__, MemloraError):
                raise ToolError(" ".join(str(e.__cause__).split())) from e
            if isinstance(e.__cause__, ValidationError):
                raise ToolError(_sentence(e.__cause__)) from e
            raise


def _sentence(error: ValidationError) -> str:
    """The first of the faults that pydantic lists over several lines."""
    fault = error.errors()[0]
    name = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "missing":
        return f"missing {name}: expected a value, got none; give one"
    expected = fault["msg"].removeprefix("Input should be ")
    return f"wrong {name}: expected {expected}, got {fault['input']!r:.60}; correct it"


def make_server(memory: Memory, user: str, speaker: str, version: str) -> MCPServer[Any]:
    """The tools of one user's memory, for any transport of the SDK."""
    tools: list[Tool] = []
    for title, (function, reads) in Tools(memory, user, speaker).by_title().items():
        annotations = ToolAnnotations(
            title=title,
            read_only_hint=reads,
            destructive_hint=function.__name__ == "forget",
            idempotent_hint=True,
            open_world_hint=False,  # it reaches nobody
        )
        description = " ".join((function.__doc__ or "").split())
        tool = _MemoryTool.from_function(
            function, title=title, description=description, annotations=annotations, structured_output=True
        )
        tools.append(tool)
    return MCPServer(
        NAME,
        title="Private memory",
        instructions=_INSTRUCTIONS,
        version=version,
        tools=tools,
        subscriptions=False,
        log_level="WARNING",
    )


def serve(memory: Memory, user: str, speaker: str, version: str) -> None:
    """Answer a client on stdin and stdout until it closes stdin; what else is printed goes to stderr."""
    anyio.run(make_server(memory, user, speaker, version).run_stdio_async)
