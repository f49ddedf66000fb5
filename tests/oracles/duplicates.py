"""Row by row: which rows repeat an earlier one."""

import math


def repeats(payload: list[int], t_unix_s: list[float], window_s: float, window_rows: int, max_rows: int) -> list[bool]:
    opened: dict[int, tuple[int, float]] = {}
    out = []
    for row, (key, t) in enumerate(zip(payload, t_unix_s, strict=True)):
        is_repeat = False
        if key in opened:
            open_row, open_t = opened[key]
            if math.isnan(t) or math.isnan(open_t):
                is_repeat = row - open_row <= window_rows
            else:
                is_repeat = abs(t - open_t) <= window_s
            is_repeat = is_repeat and row - open_row <= max_rows
        if not is_repeat:
            opened[key] = (row, t)
        out.append(is_repeat)
    return out
