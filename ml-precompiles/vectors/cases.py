"""The calls that are frozen: ordinary ones, and those at edges."""
import random
from math import isqrt, log2
from generate import Model, commit, measure, meta, operate, pin, slice_, verify
from reference import I8, I32, Tensor, matmul, product, taps_of

rng = random.Random(1)

def i8(*dims):
    return Tensor(I8, dims, [rng.randint(-128, 127) for _ in range(product(dims))])

def weights(*dims):
    return Tensor(I8, dims, [rng.randint(-127, 127) for _ in range(product(dims))])

def i32(limit, *dims):
    return Tensor(I32, dims, [rng.randint(-limit, limit - 1) for _ in range(product(dims))])

def i8_of(*rows):
    return Tensor(I8, [len(rows), len(rows[0])], [v for row in rows for v in row])

def i32_of(*data):
    return Tensor(I32, [len(data)], list(data))

def constants(n, k):
    """A requantisation that leaves sums of k products in most of the range."""
    s = 31 + round(log2(0.75 * 5_400 * k**0.5 / 50))
    return Tensor(I32, [3, n], [rng.randint(2**30, 2**31 - 1) for _ in range(n)]
                  + [rng.randint(s - 1, s + 1) for _ in range(n)] + [rng.randint(-20, 20) for _ in range(n)])

def norm(n):
    return Tensor(I32, [3, n], [rng.randint(-900_000, 900_000) for _ in range(n)]
                  + [rng.randint(-300_000, 300_000) for _ in range(n)] + [rng.randint(29, 31) for _ in range(n)])

def exps():
    return Tensor(I32, [256], [max(1, round(65_535 * 0.93**i)) if i < 140 else 0 for i in range(256)])

def write():
    tensors()
    products()
    rows()
    windows()
    attention()
    updates()
    draws()
    metrics()
    perceptron()
    transformer()
    network()
    embedding()
    residents()

def tensors():
    for t in [Tensor(I8, [1], [-128]), i8(3), i8(16, 16), i8(17, 16), i8(16, 17), i8(2, 3, 4, 5), i8(48, 17),
              i8(80, 16), Tensor(I32, [1], [-2]), i32(2**31, 20, 17), i32(2**31, 70), i8(2, 1, 33)]:
        meta(commit(t))
    one, five, tall = i8(4, 4), i8(70, 10), i32(2**31, 20, 40)
    verify(one, 0), verify(one, 0, leaf=bytes(32)), verify(one, 1)
    for index in range(9):
        verify(five, index)
    verify(five, 2, flip=True), verify(five, 3, leaf=five.levels()[0][2]), verify(five, 6, leaf=bytes([1] * 32))
    verify(tall, 4), verify(tall, 2**32 - 1)
    acc = commit(i32(2**31, 21, 18))
    slice_(acc, 0, 1), slice_(acc, 5, 1000), slice_(acc, 21 * 18 * 4 - 3, 3), slice_(acc, 21 * 18 * 4, 0)

def products():
    x, w, bias, c = commit(i8(21, 34)), commit(weights(34, 18)), commit(i32(20_000, 18)), commit(constants(18, 34))
    acc = operate(0x10, [], x, w, None, None)
    operate(0x10, [], x, w, bias, None), operate(0x10, [], x, w, None, c), operate(0x10, [], x, w, bias, c)
    operate(0x10, [], commit(Tensor(I8, [1, 1], [-128])), commit(Tensor(I8, [1, 1], [-127])), None, None)
    operate(0x12, [], acc, c)
    edges = [-2**31, 2**31 - 1, -1, 0, 1, 2**30, -2**30, 3, -3, 6, -6, 5]
    x, n = commit(Tensor(I32, [1, len(edges)], edges)), len(edges)
    for m, s, zp in [(2**30, 31, 0), (2**30, 32, 0), (2**31 - 1, 31, 127), (2**31 - 1, 31, -128), (2**30 + 1, 62, 5),
                     (2**31 - 1, 62, -5), (2**30, 55, 3)]:
        operate(0x12, [], x, commit(Tensor(I32, [3, n], [m] * n + [s] * n + [zp] * n)))
    table = commit(i8(256))
    operate(0x13, [], commit(i8(21, 18)), table), operate(0x13, [], commit(i8(2, 3, 4, 5)), table)

def rows():
    table = commit(exps())
    ends = commit(i8_of([-128] * 17, [127] * 17, [-128] * 16 + [127], [127] * 16 + [126]))
    operate(0x14, [], commit(i8(19, 33)), table), operate(0x14, [], ends, table), operate(0x14, [], commit(i8(5, 1)), table)
    largest = commit(Tensor(I32, [256], [65_535] * 256))
    operate(0x14, [], ends, largest), operate(0x14, [], ends, commit(Tensor(I32, [256], [1] + [0] * 255)))
    operate(0x14, [], ends, commit(Tensor(I32, [256], [1, 65_535] + [3] * 254)))
    # A tie: 1 * 127 of 254.
    operate(0x14, [], commit(i8_of([5, 4])), commit(Tensor(I32, [256], [253, 1] + [0] * 254)))

    operate(0x15, [], commit(i8(19, 33)), commit(norm(33))), operate(0x15, [], commit(i8(5, 1)), commit(norm(1)))
    operate(0x15, [], ends, commit(norm(17)))
    alternate = commit(i8_of([-128, 127] * 8, [0, 1] * 8, [5] * 15 + [6], [-7] * 16))
    for m, c, s in [(655_360, 0, 30), (2**31 - 1, 2**31 - 1, 17), (-2**31, -2**31, 17), (-2**31, 2**31 - 1, 46), (1, -1, 17), (3, 5, 46)]:
        operate(0x15, [], alternate, commit(Tensor(I32, [3, 16], [m] * 16 + [c] * 16 + [s] * 16)))
    normalised()

    a, c = commit(i8(12, 18)), commit(i32_of(1_100, -700, 900, 11))
    for b in [commit(i8(12, 18)), commit(i8(4, 18)), commit(i8(1, 18)), a]:
        operate(0x16, [], a, b, c)
    corners = commit(i8_of([-128, -128, 127, 127, 1, 0]))
    others = commit(i8_of([-128, 127, -128, 127, -1, 0]))
    for values in [(2**22 - 1, 2**22 - 1, 2**29, 30), (1 - 2**22, 1 - 2**22, -2**29, 30), (1, 1, 0, 1), (-1, -1, -1, 1), (3, -3, 7, 2)]:
        operate(0x16, [], corners, others, commit(i32_of(*values)))

    indices = commit(Tensor(I32, [5, 1], [0, 11, 3, 3, 7]))
    for t in [a, commit(i32(2**31, 12, 18))]:
        operate(0x18, [], t, indices), operate(0x18, [], t, commit(i32_of(11, 0)))

    equal = commit(i8_of([3, 4], [3, 4], [-3, -4], [0, 0], [0, 0], [-128, -128], [1, 0]))
    other = commit(i8_of([4, 3], [3, 4], [3, 4], [0, 0], [1, 1], [-128, -128], [0, 1]))
    for n, d in [(24, 25), (25, 26), (1, 1), (1, 2**32 - 1), (2**32 - 1, 2**32 - 1), (2**32 - 2, 2**32 - 1)]:
        operate(0x31, [n, d], equal, other)
    operate(0x31, [1, 100], commit(i8(20, 40)), commit(i8(20, 40)))

def normalised():
    """LAYERNORM_I8 with y = t, which shows how the elements next to the mean are rounded; and the largest inverse."""
    plain = lambda n: commit(Tensor(I32, [3, n], [2**17] * n + [0] * n + [17] * n))
    near = []
    for remainder in (1, 7, 19, 33, -2, -28):
        row = [rng.randint(-120, 120) for _ in range(300)]
        for i in range((sum(row) - remainder) % 300):
            row[i] -= 1
        near.append(row)
    operate(0x15, [], commit(i8_of(*near)), plain(300))
    operate(0x15, [], commit(i8_of([0, 1])), plain(2))
    # r is 2^17, and an element is 1 / n above the mean: t is half a unit, and a little less by the inverse's limit.
    for pairs in range(1_024):
        row = [-1, 0] + [64, -64] * (1_024 - pairs) + [63, -63] * pairs
        if isqrt(len(row) * sum(v * v for v in row) - sum(row) ** 2) == 2**17:
            break
    operate(0x15, [], commit(i8_of(row)), plain(len(row)))

def windows():
    x, w, bias = commit(i8(2 * 5 * 6, 3)), commit(weights(2 * 3 * 3, 17)), commit(i32(2**14, 17))
    c = commit(constants(17, 18))
    for window in [[5, 6, 2, 3, 1, 1, 0, 0, 0, 0], [5, 6, 2, 3, 2, 3, 1, 2, 1, 2], [10, 6, 2, 3, 3, 1, 1, 0, 0, 2]]:
        operate(0x11, window + [128], x, w, bias, c), operate(0x11, window + [0], x, w, None, None)
        operate(0x11, window + [255], x, w, bias, None)
        for kind in range(2):
            operate(0x17, [kind] + window, x)
    for kind in range(2):
        operate(0x17, [kind, 5, 6, 5, 6, 1, 1, 0, 0, 0, 0], x)
        operate(0x17, [kind, 1, 1, 4, 3, 2, 1, 3, 2, 3, 0], commit(i8(7, 2)))
    # Halves, and a mean that is below zero.
    operate(0x17, [1, 2, 1, 2, 1, 2, 1, 0, 0, 0, 0], commit(i8_of([1, -1, -128, 127], [2, -2, -127, 127])))
    # A convolution is a product with the taps.
    attributes = [5, 6, 2, 3, 2, 3, 1, 2, 1, 2, 100]
    taps = commit(taps_of(attributes, x))
    assert operate(0x11, attributes, x, w, bias, c).id() == operate(0x10, [], taps, w, bias, c).id()

def attention():
    # Two sequences of seven tokens, three heads of five columns, queries, keys and values side by side.
    qkv, h, t, d = commit(i8(14, 47)), 3, 7, 5
    c, scale = commit(constants(h, d)), commit(constants(h * d, t))
    s = operate(0x19, [h, t, d, 0, 15], qkv, qkv, c)
    operate(0x19, [h, t, d, 1, 0], commit(i8(14, 16)), commit(i8(14, 15)), c)
    p = operate(0x14, [], s, commit(exps()))
    operate(0x1a, [h, t, d, 30], p, qkv, scale), operate(0x1a, [h, t, d, 32], s, qkv, scale)
    # One token; and more than a tile of them.
    one = commit(i8(3, 4))
    operate(0x19, [4, 1, 1, 0, 0], one, one, commit(constants(4, 1)))
    operate(0x1a, [4, 1, 1, 0], commit(i8(12, 1)), one, commit(constants(4, 1)))
    many = commit(i8(18, 17))
    square = operate(0x19, [1, 18, 17, 0, 0], many, many, commit(constants(1, 17)))
    operate(0x1a, [1, 18, 17, 0], square, many, commit(constants(17, 18)))

def updates():
    us = [commit(i32(2**31, 3, 20)) for _ in range(5)]
    operate(0x40, [1], us[0]), operate(0x40, [3, 0, 2**64 - 1, 7, 1], *us), operate(0x40, [2**64 - 1] * 5, *us)
    small = [commit(i32_of(*row)) for row in [(-1, 1, -2**31, 2**31 - 1), (0, 0, -2**31, 2**31 - 1), (0, -1, -2**31, 2**31 - 1)]]
    operate(0x40, [1, 1, 1], *small), operate(0x40, [1] * 64, *(small[i % 3] for i in range(64)))
    for trim, count in [(0, 1), (0, 5), (1, 3), (2, 5), (1, 4)]:
        operate(0x41, [trim], *us[:count])
    operate(0x41, [0], *small), operate(0x41, [31], *(small[i % 3] for i in range(64)))
    for n, d in [(1, 1), (2, 3), (2**31 - 1, 1), (1, 2**31 - 1), (2**31 - 1, 2**31 - 1)]:
        operate(0x42, [n, d], us[0], us[1]), operate(0x42, [n, d], small[0], small[1])

def draws():
    seed, domain = rng.getrandbits(256), rng.getrandbits(256)
    operate(0x50, [seed, domain, 0, 1]), operate(0x50, [seed, domain, 5, 19]), operate(0x50, [0, 2**256 - 1, 2**48 - 1, 24])
    operate(0x51, [seed, domain, 0, 1, 1]), operate(0x51, [seed, domain, 5, 17, 17]), operate(0x51, [domain, seed, 2**48 - 1, 300, 20])
    operate(0x51, [seed, domain, 9, 65_536, 3])
    # The first word is in the last part of 2^32, which 65,175 does not fill.
    operate(0x51, [0, 0, 10_584, 65_175, 1])

def metrics():
    p, labels = commit(i32(2**31, 21, 10)), commit(Tensor(I8, [21], [rng.randint(0, 9) for _ in range(21)]))
    measure(0, p, labels)
    ties = commit(Tensor(I8, [4, 3], [5, 5, 5, -128, -128, -128, 1, 2, 2, 0, 1, 2]))
    measure(0, ties, commit(Tensor(I8, [4], [0, 0, 2, 2])))
    # The last column is not -1.
    measure(0, ties, commit(Tensor(I8, [4], [-3, -3, -2, -1])))
    a, b = commit(i8(9, 20)), commit(Tensor(I8, [9, 20], [rng.randint(-1, 1) for _ in range(180)]))
    c = commit(Tensor(I8, [9, 20], [rng.randint(-1, 1) for _ in range(180)]))
    for kind in (1, 2):
        measure(kind, a, a), measure(kind, a, b), measure(kind, b, c)
        measure(kind, commit(Tensor(I8, [3], [-128, 0, 0])), commit(Tensor(I8, [3], [127, 0, 0])))

def perceptron():
    x, w1, b1, c1 = commit(i8(21, 34)), commit(weights(34, 18)), commit(i32(20_000, 18)), commit(constants(18, 34))
    table, w2, b2 = commit(i8(256)), commit(weights(18, 10)), commit(i32(2**30, 10))
    mlp = Model(I8, 1, 34, [(0x10, [], [0, w1, b1, c1]), (0x13, [], [1, table]), (0x10, [], [2, w2, b2, None])], i8(1, 34))
    h = operate(0x10, [], x, w1, b1, c1)
    a = operate(0x13, [], h, table)
    y = operate(0x10, [], a, w2, b2, None)
    assert mlp.forward(x).id() == y.id() == mlp.forward(x, 0, 3).id()
    mlp.forward(x, 0, 2), mlp.forward(h, 1, 2), mlp.forward(h, 1, 3), mlp.forward(a, 2, 3)
    split = Model(I8, 1, 34, [(0x10, [], [0, w1, None, None]), (0x12, [], [1, c1])], i8(1, 34))
    acc = commit(matmul([], x, w1, None, None))
    split.forward(x), split.forward(acc, 1, 2)

def transformer():
    """Images of 8x8 pixels, patches of 4x4, one block of two heads, ten classes."""
    t, h, d, n = 4, 2, 5, 10
    dense = lambda k, n: [commit(weights(k, n)), commit(i32(2**13, n)), commit(constants(n, k))]
    same = commit(i32_of(900, 850, 0, 10))
    patch, position = dense(16, n), commit(i8(t, n))
    qkv, out, up, down = dense(n, 3 * n), dense(n, n), dense(n, 2 * n), dense(2 * n, n)
    scale, mixed, table, gelu = commit(constants(h, d)), commit(constants(n, t)), commit(exps()), commit(i8(256))
    head = [commit(weights(n, 10)), commit(i32(2**13, 10)), None]
    vit = Model(I8, 64, 1, [
        (0x11, [8, 8, 4, 4, 4, 4, 0, 0, 0, 0, 128], [0] + patch),   # 1: [B*4, 10]
        (0x16, [], [1, position, same]),                            # 2
        (0x15, [], [2, commit(norm(n))]),                           # 3
        (0x10, [], [3] + qkv),                                      # 4: [B*4, 30]
        (0x19, [h, t, d, 0, n], [4, 4, scale]),                     # 5: [B*2*4, 4]
        (0x14, [], [5, table]),                                     # 6
        (0x1a, [h, t, d, 2 * n], [6, 4, mixed]),                    # 7: [B*4, 10]
        (0x10, [], [7] + out),                                      # 8
        (0x16, [], [2, 8, same]),                                   # 9
        (0x15, [], [9, commit(norm(n))]),                           # 10
        (0x10, [], [10] + up),                                      # 11
        (0x13, [], [11, gelu]),                                     # 12
        (0x10, [], [12] + down),                                    # 13
        (0x16, [], [9, 13, same]),                                  # 14
        (0x17, [1, t, 1, t, 1, 1, 1, 0, 0, 0, 0], [14]),            # 15: [B, 10]
        (0x10, [], [15] + head),                                    # 16
    ], i8(64, 1))
    x = commit(i8(3 * 64, 1))
    tokens = vit.forward(x, 0, 2)
    block = vit.forward(tokens, 2, 14)
    assert vit.forward(block, 14, 16).id() == vit.forward(x).id()
    vit.forward(commit(i8(64, 1)))

def network():
    """Images of 6x6 pixels in two channels."""
    table = commit(Tensor(I8, [256], [max(v, 0) for v in range(-128, 128)]))
    first = [commit(weights(18, 6)), commit(i32(2**13, 6)), commit(constants(6, 18))]
    second = [commit(weights(54, 20)), None, commit(constants(20, 54))]
    cnn = Model(I8, 36, 2, [
        (0x11, [6, 6, 3, 3, 1, 1, 1, 1, 1, 1, 130], [0] + first),   # 1: [B*36, 6]
        (0x13, [], [1, table]),                                     # 2
        (0x17, [0, 6, 6, 2, 2, 2, 2, 0, 0, 0, 0], [2]),             # 3: [B*9, 6]
        (0x11, [3, 3, 3, 3, 1, 1, 0, 0, 0, 0, 128], [3] + second),  # 4: [B, 20]
        (0x10, [], [4, commit(weights(20, 4)), commit(i32(2**13, 4)), None]),
    ], i8(36, 2))
    x = commit(i8(5 * 36, 2))
    cnn.forward(cnn.forward(x, 0, 3), 3, 5), cnn.forward(x)

def embedding():
    """Words by their numbers; and values in the place of parameters: a product that has one item only."""
    tokens, table = commit(Tensor(I32, [15, 1], [rng.randint(0, 29) for _ in range(15)])), commit(i8(30, 12))
    words = Model(I32, 5, 1, [
        (0x18, [], [table, 0]),
        (0x15, [], [1, commit(norm(12))]),
        (0x17, [1, 5, 1, 5, 1, 1, 1, 0, 0, 0, 0], [2]),
    ], Tensor(I32, [5, 1], [0] * 5))
    words.forward(tokens)
    x = commit(weights(7, 9))
    gram = Model(I8, 7, 9, [(0x10, [], [commit(i8(20, 7)), 0, None, None])], x)
    gram.forward(x)

def residents():
    """Tensors that are looked up, and loaded once in the transaction, whatever uses them first."""
    x, table, labels = pin(i8(40, 33), 1_900_000_000), pin(i8(256), 2**64 - 1), pin(i8(40), 1)
    meta(x, made=False), meta(x, made=False), slice_(x, 33, 40)
    y = operate(0x13, [], x, table)
    operate(0x13, [], y, table), measure(0, y, labels), measure(0, x, labels)
    acc, twice = pin(i32(2**31, 3, 20), 2), pin(i8(5, 5), 3)
    slice_(acc, 7, 200), operate(0x42, [1, 2], acc, acc), operate(0x16, [], twice, twice, commit(i32_of(1, 1, 0, 1)))
    # Pinned, and made in the transaction as well.
    both = commit(pin(i8(2, 7), 1_800_000_000))
    meta(both), meta(commit(twice))
