"""The constant-velocity Kalman filter from the textbook: one track, lists of floats, loops; no closed forms."""

Matrix = list[list[float]]


def times(a: Matrix, b: Matrix) -> Matrix:
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]


def turned(a: Matrix) -> Matrix:
    return [list(row) for row in zip(*a, strict=True)]


def plus(a: Matrix, b: Matrix, sign: float = 1.0) -> Matrix:
    return [[x + sign * y for x, y in zip(p, q, strict=True)] for p, q in zip(a, b, strict=True)]


def unit(n: int) -> Matrix:
    return [[float(i == j) for j in range(n)] for i in range(n)]


def inverted(a: Matrix) -> Matrix:
    """Gauss and Jordan, with pivots."""
    n = len(a)
    rows = [list(row) + unit(n)[i] for i, row in enumerate(a)]
    for i in range(n):
        best = max(range(i, n), key=lambda k: abs(rows[k][i]))
        rows[i], rows[best] = rows[best], rows[i]
        rows[i] = [x / rows[i][i] for x in rows[i]]
        for k in range(n):
            if k != i:
                rows[k] = [x - rows[k][i] * y for x, y in zip(rows[k], rows[i], strict=True)]
    return [row[n:] for row in rows]


def predicted(x: list[float], p: Matrix, dt: float, q: float) -> tuple[list[float], Matrix]:
    f = [[1.0, 0.0, dt, 0.0], [0.0, 1.0, 0.0, dt], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    a, b, c = q * dt**3 / 3, q * dt**2 / 2, q * dt
    noise = [[a, 0.0, b, 0.0], [0.0, a, 0.0, b], [b, 0.0, c, 0.0], [0.0, b, 0.0, c]]
    moved = [row[0] for row in times(f, [[v] for v in x])]
    return moved, plus(times(times(f, p), turned(f)), noise)


def updated(x: list[float], p: Matrix, z: list[float], r: Matrix, lag: float) -> tuple[list[float], Matrix, float]:
    """State, covariance and squared distance after one plot; the plain form, without Joseph's."""
    h = [[1.0, 0.0, lag, 0.0], [0.0, 1.0, 0.0, lag]]
    residual = [[z[i] - sum(a * b for a, b in zip(h[i], x, strict=True))] for i in range(2)]
    spread = plus(times(times(h, p), turned(h)), r)
    gain = times(times(p, turned(h)), inverted(spread))
    state = [v + row[0] for v, row in zip(x, times(gain, residual), strict=True)]
    distance2 = times(times(turned(residual), inverted(spread)), residual)[0][0]
    return state, times(plus(unit(4), times(gain, h), -1.0), p), distance2
