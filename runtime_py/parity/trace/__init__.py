"""The protocol by which another runtime shows that it computes what Python does (docs/parity-trace.md)."""

from runtime_py.parity.trace.judge import judge_runner, judge_trace
from runtime_py.parity.trace.requests import conversation, dialogue_requests, requests_of, to_line
from runtime_py.parity.trace.verdict import Finding, Report, Verdict

__all__ = [
    "Finding",
    "Report",
    "Verdict",
    "conversation",
    "dialogue_requests",
    "judge_runner",
    "judge_trace",
    "requests_of",
    "to_line",
]
