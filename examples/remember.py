"""A memory in ten lines: `python examples/remember.py BUNDLE`."""

import sys
from datetime import date

import memlora

with memlora.open(sys.argv[1], store="example.db") as memory:
    exchange = [
        {"role": "user", "name": "Maria", "content": "Hi John! I just moved to Kluvo."},
        {"role": "assistant", "name": "John", "content": "That sounds great! I work as a baker."},
    ]
    print(memory.add(exchange, user_id="maria", said_on=date(2023, 5, 12)))
    print(memory.ask("Where does Maria live?", user_id="maria")["answer"])
