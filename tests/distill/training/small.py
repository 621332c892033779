"""A training of seconds: its configuration, its rows, and an end before the end."""

from typing import Any

from distill.training import TrainingConfig

CONFIG = TrainingConfig(
    learning_rate=5e-2, batch_size=4, steps=12, evaluate_every=4, patience=9, validation_rows=6, seed=3
)
WEIGHTS = "adapter_model.safetensors"


def row(operation: str, split: str, i: int) -> dict[str, Any]:
    """Row `i` of extract or generate: where Maria lives."""
    place = "Kluvo" + "ta" * (i % 5)
    if operation == "extract":
        message = {"role": "user", "speaker": "Maria", "text": f"I live in {place}."}
        return {
            "id": f"{split}-{i}",
            "input": {"date": "2023-05-12", "messages": [message]},
            "target": f'{{"facts":["Maria lives in {place}"]}}',
        }
    memory = {"text": f"Maria lives in {place}", "date": "2023-05-12"}
    return {
        "id": f"{split}-{i}",
        "input": {"question": "Where does Maria live?", "memories": [memory]},
        "target": place,
    }


class Stop(Exception):
    """The end of a run, as a kill would be."""


def stop_at(step: int) -> Any:
    """The trainer's callback that raises `Stop` after a step."""
    from transformers import TrainerCallback

    class StopAt(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, _args: Any, state: Any, _control: Any, **_given: Any) -> None:
            if state.global_step == step:
                raise Stop

    return StopAt()
