"""Breaking text into lines: one way for paper and for slips."""

from collections.abc import Callable


def wrap(text: str, width_of: Callable[[str], float], room: float) -> list[str]:
    """Lines that fit into `room`. A word longer than a line is broken; no letter is lost.

    `width_of` measures a text in the unit of `room`.
    """
    if width_of(text) <= room:
        plain = " ".join(text.split())
        return [plain] if plain else []
    lines: list[str] = []
    line = ""
    for word in text.split():
        wider = f"{line} {word}" if line else word
        if width_of(wider) <= room:
            line = wider
            continue
        if line:
            lines.append(line)
        while width_of(word) > room:
            fits = next(n for n in range(len(word), 0, -1) if n == 1 or width_of(word[:n]) <= room)
            # codes, addresses of mail and numbers are parted where their parts end
            part = max(word.rfind(sign, 0, fits) for sign in "-./@_") + 1 or fits
            lines.append(word[:part])
            word = word[part:]
        line = word
    return [*lines, line] if line else lines
