"""A memory in ten lines: `python examples/remember.py BUNDLE`."""

import sys
from datetime import date
from pathlib import Path

from runtime_py.bundle import Bundle, Experts
from runtime_py.memory import Memory
from runtime_py.store import Store

bundle = Bundle.open(Path(sys.argv[1]))
embedder = bundle.embedder()
with Memory(Experts(bundle), embedder, Store(Path("example.db"), embedder)) as memory:
    exchange = [
        {"role": "user", "name": "Maria", "content": "Hi John! I just moved to Kluvo."},
        {"role": "assistant", "name": "John", "content": "That sounds great! I work as a baker."},
    ]
    print(memory.add(exchange, user_id="maria", session_date=date(2023, 5, 12)).to_json())
    print(memory.ask("Where does Maria live?", user_id="maria").text)
