"""Pictures for golden inputs, painted by their names: a ground that fades, and a few discs and boxes on it."""

import hashlib

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 200, 150
_MOST_THINGS = 9


def paint(name: str) -> NDArray[np.uint8]:
    """uint8 `[150, 200, 3]`, the same for the same name on every machine: whole numbers only."""
    numbers = hashlib.shake_256(name.encode()).digest(8 + 8 * _MOST_THINGS)
    top, bottom = np.array(list(numbers[:6])).reshape(2, 1, 1, 3)
    x, y = np.arange(WIDTH)[None, :, None], np.arange(HEIGHT)[:, None, None]
    picture = np.broadcast_to((top * (HEIGHT - y) + bottom * y) // HEIGHT, (HEIGHT, WIDTH, 3)).copy()
    for thing in range(1 + numbers[6] % _MOST_THINGS):
        red, green, blue, left, up, size, form, _ = numbers[8 + 8 * thing : 16 + 8 * thing]
        across, down, radius = left * WIDTH // 256, up * HEIGHT // 256, 8 + size // 8
        is_disc = (x - across) ** 2 + (y - down) ** 2 <= radius**2
        is_box = (abs(x - across) <= radius) & (abs(y - down) <= radius // 2)
        picture[(is_disc if form % 2 else is_box)[:, :, 0]] = (red, green, blue)
    return picture.astype(np.uint8)
