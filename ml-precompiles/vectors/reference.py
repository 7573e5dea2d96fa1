"""Tensors and operations of docs/ml-spec.md, written from that page: slow, and without the Rust code."""
from math import isqrt
from keccak import keccak

I8, I32 = 0, 1
word = lambda n: n.to_bytes(32, "big")
ceil = lambda a, b: -(-a // b)
clamp8 = lambda v: max(-128, min(127, v))

def product(dims):
    return dims[0] * product(dims[1:]) if dims else 1

class Tensor:
    def __init__(self, dtype, dims, data):
        assert len(data) == product(dims)
        limit = 2 ** (7 if dtype == I8 else 31)
        assert all(-limit <= v < limit for v in data)
        self.dtype, self.dims, self.data = dtype, list(dims), data
        self.cols = dims[-1]
        self.rows = len(data) // self.cols
        self.width = 1 if dtype == I8 else 4
        self.known = None

    def row(self, i):
        return self.data[i * self.cols:(i + 1) * self.cols]

    def at(self, i, j):
        return self.data[i * self.cols + j]

    def element(self, value):
        return (value % 256**self.width).to_bytes(self.width, "little")

    def bytes(self):
        return b"".join(map(self.element, self.data))

    def size(self):
        return len(self.data) * self.width

    def tiles(self):
        for top in range(0, self.rows, 16):
            for left in range(0, self.cols, 16):
                inside = lambda y, x: y < self.rows and x < self.cols
                yield b"".join(self.element(self.at(y, x) if inside(y, x) else 0)
                               for y in range(top, top + 16) for x in range(left, left + 16))

    def levels(self):
        level = [keccak(b"\0" + tile) for tile in self.tiles()]
        while len(level) & (len(level) - 1):
            level.append(bytes(32))
        levels = [level]
        while len(level) > 1:
            level = [keccak(b"\1" + level[i] + level[i + 1]) for i in range(0, len(level), 2)]
            levels.append(level)
        return levels

    def id(self):
        if self.known is None:
            dims = b"".join(d.to_bytes(4, "big") for d in self.dims)
            self.known = keccak(b"AUT1" + bytes([self.dtype, len(self.dims)]) + dims + self.levels()[-1][0])
        return self.known

    def count_tiles(self):
        return ceil(self.rows, 16) * ceil(self.cols, 16)

def oid(t):
    return t.id() if t else bytes(32)

def requant(acc, constants, column):
    m, s, zp = (constants.at(row, column) for row in range(3))
    assert 2**30 <= m < 2**31 and 31 <= s <= 62 and -128 <= zp <= 127
    return clamp8(((acc * m + (1 << (s - 1))) >> s) + zp)

def matmul(attributes, x, w, bias, constants):
    n = w.cols
    assert x.cols == w.rows and -128 not in w.data
    acc = [(bias.data[j] if bias else 0) + sum(x.at(i, k) * w.at(k, j) for k in range(x.cols))
           for i in range(x.rows) for j in range(n)]
    if not constants:
        return Tensor(I32, [x.rows, n], acc)
    return do_requant([], Tensor(I32, [x.rows, n], acc), constants)

class Window:
    def __init__(self, attributes, rows):
        self.h, self.w, self.kh, self.kw, self.sh, self.sw, self.top, self.left, bottom, right = attributes
        assert rows % (self.h * self.w) == 0 and max(self.top, bottom) < self.kh and max(self.left, right) < self.kw
        self.images = rows // (self.h * self.w)
        self.oh = (self.h + self.top + bottom - self.kh) // self.sh + 1
        self.ow = (self.w + self.left + right - self.kw) // self.sw + 1

    def outputs(self):
        return [(b, oy, ox) for b in range(self.images) for oy in range(self.oh) for ox in range(self.ow)]

    def taps(self, b, oy, ox):
        """Rows of x, None outside."""
        for ky in range(self.kh):
            for kx in range(self.kw):
                y, x = oy * self.sh + ky - self.top, ox * self.sw + kx - self.left
                inside = 0 <= y < self.h and 0 <= x < self.w
                yield (b * self.h + y) * self.w + x if inside else None

def taps_of(attributes, x):
    """X' of a convolution."""
    window, pad = Window(attributes[:10], x.rows), attributes[10] - 128
    rows = [[v for tap in window.taps(*o) for v in ([pad] * x.cols if tap is None else x.row(tap))]
            for o in window.outputs()]
    return Tensor(I8, [len(rows), len(rows[0])], [v for row in rows for v in row])

def conv2d(attributes, x, w, bias, constants):
    return matmul([], taps_of(attributes, x), w, bias, constants)

def do_requant(attributes, x, constants):
    return Tensor(I8, x.dims, [requant(a, constants, i % x.cols) for i, a in enumerate(x.data)])

def lut8(attributes, x, table):
    return Tensor(I8, x.dims, [table.data[v + 128] for v in x.data])

def softmax(attributes, x, table):
    assert table.data[0] >= 1 and all(0 <= e <= 65535 for e in table.data)
    out = []
    for i in range(x.rows):
        e = [table.data[max(x.row(i)) - v] for v in x.row(i)]
        out += [(v * 127 + sum(e) // 2) // sum(e) for v in e]
    return Tensor(I8, x.dims, out)

def layernorm(attributes, x, constants):
    out = []
    for i in range(x.rows):
        row, n = x.row(i), x.cols
        total, squares = sum(row), sum(v * v for v in row)
        r = max(1, isqrt(n * squares - total**2))
        g = r.bit_length() - 1
        inv = min(2**31 - 1, 2**54 // (r * 2 ** (23 - g)))
        for j, v in enumerate(row):
            t = ((n * v - total) * inv + 2 ** (14 + g)) >> (15 + g)
            m, c, s = (constants.at(k, j) for k in range(3))
            out.append(clamp8((t * m + c * 2**16 + 2 ** (s - 1)) >> s))
    return Tensor(I8, x.dims, out)

def add(attributes, a, b, constants):
    ma, mb, c, s = constants.data
    assert a.rows % b.rows == 0
    return Tensor(I8, a.dims, [clamp8((v * ma + b.at(i // a.cols % b.rows, i % a.cols) * mb + c + 2 ** (s - 1)) >> s)
                               for i, v in enumerate(a.data)])

def pool(attributes, x):
    window, out = Window(attributes[1:], x.rows), []
    for o in window.outputs():
        taps = [x.row(tap) for tap in window.taps(*o) if tap is not None]
        for j in range(x.cols):
            column, n = [tap[j] for tap in taps], len(taps)
            out.append(max(column) if attributes[0] == 0 else (2 * sum(column) + n) // (2 * n))
    return Tensor(I8, [len(window.outputs()), x.cols], out)

def gather(attributes, table, indices):
    assert all(0 <= i < table.rows for i in indices.data)
    return Tensor(table.dtype, [len(indices.data), table.cols], [v for i in indices.data for v in table.row(i)])

def scores(attributes, q, k, constants):
    heads, t, d, q0, k0 = attributes
    out = [requant(sum(q.at(b * t + i, q0 + h * d + e) * k.at(b * t + j, k0 + h * d + e) for e in range(d)), constants, h)
           for b in range(q.rows // t) for h in range(heads) for i in range(t) for j in range(t)]
    return Tensor(I8, [q.rows * heads, t], out)

def mix(attributes, p, v, constants):
    heads, t, d, v0 = attributes
    out = [requant(sum(p.at((b * heads + h) * t + i, j) * v.at(b * t + j, v0 + h * d + e) for j in range(t)), constants, h * d + e)
           for b in range(v.rows // t) for i in range(t) for h in range(heads) for e in range(d)]
    return Tensor(I8, [v.rows, heads * d], out)

def cosine_ge(attributes, a, b):
    n, d = attributes
    dot = lambda u, v: sum(x * y for x, y in zip(u, v))
    out = []
    for i in range(a.rows):
        ab, aa, bb = dot(a.row(i), b.row(i)), dot(a.row(i), a.row(i)), dot(b.row(i), b.row(i))
        out.append(int(ab > 0 and ab**2 * d**2 >= n**2 * aa * bb))
    return Tensor(I8, [a.rows], out)

def fedavg(weights, *updates):
    assert len(weights) == len(updates)
    return Tensor(I32, updates[0].dims, [sum(w * v for w, v in zip(weights, values)) // sum(weights)
                                         for values in zip(*(u.data for u in updates))])

def trimmed_mean(attributes, *updates):
    trim, = attributes
    kept = len(updates) - 2 * trim
    return Tensor(I32, updates[0].dims, [sum(sorted(values)[trim:trim + kept]) // kept
                                         for values in zip(*(u.data for u in updates))])

def apply_delta(attributes, base, delta):
    n, d = attributes
    return Tensor(I32, base.dims, [min(max(b + v * n // d, -2**31), 2**31 - 1) for b, v in zip(base.data, delta.data)])

def block(seed, domain, index):
    hashed = keccak(word(seed) + word(domain) + word(index))
    return [int.from_bytes(hashed[i:i + 4], "big") for i in range(0, 32, 4)]

def prng(attributes):
    seed, domain, counter, n = attributes
    words = [block(seed, domain, counter + i // 8)[i % 8] for i in range(n)]
    return Tensor(I32, [n], [w - 2**32 if w >= 2**31 else w for w in words])

def sample(attributes):
    seed, domain, counter, population, n = attributes
    numbers = list(range(population))
    for i in range(n):
        span = population - i
        drawn = next(w for w in block(seed, domain, counter + i) if w < 2**32 - 2**32 % span) % span
        numbers[i], numbers[i + drawn] = numbers[i + drawn], numbers[i]
    return Tensor(I32, [n], numbers[:n])

OPERATIONS = {
    0x10: matmul, 0x11: conv2d, 0x12: do_requant, 0x13: lut8, 0x14: softmax, 0x15: layernorm, 0x16: add, 0x17: pool,
    0x18: gather, 0x19: scores, 0x1a: mix, 0x31: cosine_ge, 0x40: fedavg, 0x41: trimmed_mean, 0x42: apply_delta,
    0x50: prng, 0x51: sample,
}

def metric(kind, p, truth):
    if kind == 0:
        return sum(p.row(i).index(max(p.row(i))) == t for i, t in enumerate(truth.data))
    if kind == 1:
        return (sum((a - b) ** 2 for a, b in zip(p.data, truth.data)) << 32) // len(p.data)
    return sum(a == b and b != 0 for a, b in zip(p.data, truth.data))
