"""Amounts as people write them: times of day, prices, numbers of phones, distances and weights."""

from random import Random


def clock(random: Random) -> str:
    """`19:40`, `7.30 pm`, `8am`."""
    hour, minute = random.randint(1, 12), random.choice((0, 0, 0, 15, 30, 30, 45, 10, 20, 40, 50))
    if random.random() < 0.4:
        return f"{hour + random.choice((0, 12)) if hour < 12 else 12:02d}:{minute:02d}"
    half = random.choice((" am", " pm", "am", "pm"))
    return (
        f"{hour}{half}"
        if not minute
        else f"{hour}.{minute:02d}{half}"
        if random.random() < 0.3
        else f"{hour}:{minute:02d}{half}"
    )


def price(random: Random) -> str:
    """`£1,200`, `45 euros`."""
    amount = random.choice((random.randint(2, 99), random.randint(10, 99) * 10, random.randint(11, 60) * 50))
    shown = f"{amount:,}"
    return random.choice(
        (f"£{shown}", f"€{shown}", f"${shown}", f"{shown} euros", f"{shown} pounds", f"{shown} dollars")
    )


def phone(random: Random) -> str:
    """`07700 900412`, `+31 6 1234 5678`."""
    digits = "".join(str(random.randint(0, 9)) for _ in range(9))
    return random.choice(
        (
            f"07{digits[:3]} {digits[3:]}",
            f"+31 6 {digits[:4]} {digits[4:8]}",
            f"0{digits[:3]} {digits[3:6]} {digits[6:]}",
        )
    )


def distance(random: Random) -> str:
    """`8.5 km`, `400 metres`."""
    number = random.choice((str(random.randint(2, 90)), f"{random.randint(1, 12)}.{random.randint(1, 9)}"))
    return random.choice(
        (f"{number} km", f"{number} miles", f"{number} kilometres", f"{random.randint(3, 19) * 50} metres")
    )


def weight(random: Random) -> str:
    """`72 kilos`, `3.4 kg`, `11 stone`."""
    number = random.randint(4, 110)
    return random.choice(
        (f"{number} kilos", f"{number} kg", f"{number}.{random.randint(1, 9)} kg", f"{random.randint(8, 17)} stone")
    )
