"""Golden inputs: `<operation>.jsonl`, rows of people and values never seen in training."""
