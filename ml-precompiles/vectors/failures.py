"""Calls that fail, and calls on what is not available: what is wrong with each, and which trouble comes first."""
from cases import exps, i32_of, i8, i8_of, weights
from generate import GAS, Model, by, commit, fails, graph, operate, reverts
from reference import I8, I32, Tensor, product

def write():
    meta_and_data()
    products()
    rows()
    windows()
    attention()
    updates()
    draws()
    metrics()
    graphs()
    models()

# Of this no tensor was made.
ABSENT = bytes([7] * 32)

def i32s(value, *dims):
    return Tensor(I32, dims, [value] * product(dims))

def columns(n, m=2**30, s=31, zp=0):
    """Constants that are in range, but for the first column's."""
    return commit(Tensor(I32, [3, n], [m] + [2**30] * (n - 1) + [s] + [31] * (n - 1) + [zp] + [0] * (n - 1)))

def meta_and_data():
    reverts(0xA100, GAS["META"] + GAS["LOOKUP"], ABSENT)
    reverts(0xA100, GAS["META"] + GAS["LOOKUP"], 0)
    fails(0xA100), fails(0xA100, ABSENT, 0)
    for shape in [(2, 1, 4, 0, 0, 0), (0, 0, 0, 0, 0, 0), (0, 5, 1, 1, 1, 4), (0, 2, 4, 0, 0, 0), (0, 1, 4, 1, 0, 0),
                  (0, 1, 65_537, 0, 0, 0), (0, 1, 5, 0, 0, 0), (1, 1, 4, 0, 0, 0), (2**32, 1, 4, 0, 0, 0),
                  (1, 4, 65_536, 65_536, 1, 1)]:
        fails(0xA101, *shape, bytes(4))
    fails(0xA101, 0, 1, 4, 0, 0), fails(0xA101, 0, 2, 1, 65_536, 0, 0, bytes(131_073)), fails(0xA101)
    t = commit(i8(3, 5))
    fails(0xA102, t, 0, 16), fails(0xA102, t, 15, 1), fails(0xA102, t, 16, 0), fails(0xA102, t, 2**32 - 1, 1)
    fails(0xA102, t, 2**32, 0), fails(0xA102, t, 0, 4_097), fails(0xA102, ABSENT, 0, 4_097)
    reverts(0xA102, by(4_096, "SLICE_BYTES_PER_GAS") + GAS["LOOKUP"], ABSENT, 0, 4_096)
    fails(0xA103, t.levels()[-1][0], 2**32, t.levels()[0][0]), fails(0xA103, 0, 0)
    fails(0xA103, 0, 0, 0, bytes(32 * 27)), fails(0xA103, 0, 0, 0, bytes(33))

def products():
    x, w, bias = commit(i8(5, 18)), commit(weights(18, 17)), commit(i32s(2**30, 17))
    tall, wide = commit(i8(5_000, 1)), commit(weights(1, 5_000))
    good = columns(17)
    least = commit(Tensor(I8, [18, 17], w.data[:-1] + [-128]))
    fails(0xA110, x, least, 0, 0), fails(0xA110, x, least, bias, good)
    for value in (2**30 + 1, -2**30 - 1, -2**31):
        fails(0xA110, x, w, commit(Tensor(I32, [17], [0] * 16 + [value])), 0)
    spoilt = [columns(17, m=2**30 - 1), columns(17, m=-2**30), columns(17, s=30), columns(17, s=63), columns(17, zp=128), columns(17, zp=-129)]
    acc = operate(0x10, [], x, w, bias, None)
    for constants in spoilt:
        fails(0xA110, x, w, bias, constants), fails(0xA112, acc, constants)
    fails(0xA110, w, w, 0, 0), fails(0xA110, acc, w, 0, 0), fails(0xA110, x, w, commit(i32s(0, 18)), 0)
    fails(0xA110, x, w, commit(i32s(0, 1, 17)), 0), fails(0xA110, x, w, 0, commit(i32s(2**30, 3, 18)))
    fails(0xA110, commit(i8(1, 5, 18)), w, 0, 0), fails(0xA110, x, w, 0), fails(0xA110, x, w, 0, 0, 0)
    # As accumulators they are above 64 MiB, requantised or not.
    fails(0xA110, tall, wide, 0, 0), fails(0xA110, tall, wide, 0, columns(5_000))
    fails(0xA112, x, good), fails(0xA112, acc, commit(i32s(31, 3, 16)))
    table = commit(i8(256))
    fails(0xA113, acc, table), fails(0xA113, x, commit(i8(255))), fails(0xA113, x, commit(i8(1, 256)))
    # Look-ups come before shapes, and in their order; zero is absent only where that is admitted.
    reverts(0xA110, GAS["LOOKUP"], acc, ABSENT, 0, 0), reverts(0xA110, GAS["LOOKUP"], 0, w, 0, 0)
    reverts(0xA110, GAS["LOOKUP"], ABSENT, w, ABSENT, 0), reverts(0xA110, GAS["LOOKUP"], x, w, ABSENT, commit(i32s(0, 1)))
    reverts(0xA113, GAS["LOOKUP"], x, 0)
    fails(0xA110, ABSENT, w, 0), fails(0xA100 + 0x13, ABSENT, ABSENT, 0)

def rows():
    x, acc = commit(i8(6, 18)), commit(i32s(5, 6, 18))
    for first, rest in [(0, 5), (-1, 5), (65_536, 5), (5, 65_536), (5, -1)]:
        fails(0xA114, x, commit(Tensor(I32, [256], [first] + [5] * 254 + [rest])))
    fails(0xA114, x, commit(i32s(5, 255))), fails(0xA114, acc, commit(exps())), fails(0xA114, commit(i8(18)), commit(exps()))
    for s in (16, 47, -1):
        fails(0xA115, x, commit(Tensor(I32, [3, 18], [1] * 36 + [30] * 17 + [s])))
    fails(0xA115, x, commit(i32s(30, 3, 17))), fails(0xA115, acc, commit(i32s(30, 3, 18)))
    one = commit(i8(1, 18))
    for values in [(2**22, 0, 0, 5), (0, -2**22, 0, 5), (0, 0, 2**29 + 1, 5), (0, 0, -2**29 - 1, 5), (1, 1, 1, 0), (1, 1, 1, 31)]:
        fails(0xA116, x, one, commit(i32_of(*values)))
    fails(0xA116, x, commit(i8(4, 18)), commit(i32_of(1, 1, 0, 1))), fails(0xA116, one, x, commit(i32_of(1, 1, 0, 1)))
    fails(0xA116, x, commit(i8(6, 17)), commit(i32_of(1, 1, 0, 1))), fails(0xA116, x, one, commit(i32_of(1, 1, 0, 1, 0)))
    for index in (6, -1, 2**31 - 1, -2**31):
        fails(0xA118, x, commit(i32_of(0, index)))
    fails(0xA118, x, commit(i8(2, 1))), fails(0xA118, x, commit(i32s(0, 2, 2))), fails(0xA118, commit(i8(6)), commit(i32_of(0)))
    for n, d in [(0, 1), (2, 1), (1, 2**32), (0, 0), (2**32, 2**32)]:
        fails(0xA131, n, d, x, x)
    fails(0xA131, 1, 2, x, one), fails(0xA131, 1, 2, acc, acc), reverts(0xA131, GAS["LOOKUP"], 1, 2, x, ABSENT)

def windows():
    x, w = commit(i8(30, 3)), commit(weights(18, 4))
    good = [5, 6, 2, 3, 1, 1, 0, 0, 0, 0]
    for place, value in [(0, 0), (1, 7), (2, 6), (3, 7), (4, 0), (5, 0), (6, 2), (7, 3), (8, 2), (9, 3), (4, 65_537), (0, 2**32)]:
        bad = good[:place] + [value] + good[place + 1:]
        fails(0xA111, *bad, 128, x, w, 0, 0), fails(0xA117, 0, *bad, x)
    fails(0xA111, *good, 256, x, w, 0, 0), fails(0xA117, 2, *good, x), fails(0xA111, *good, 256, ABSENT, w, 0, 0)
    fails(0xA111, *good, 128, x, commit(weights(17, 4)), 0, 0), fails(0xA117, 0, *good, commit(i32s(0, 30, 3)))
    reverts(0xA111, GAS["LOOKUP"], *good, 128, commit(i8(29, 3)), ABSENT, 0, 0)
    # More taps than a sum of 32 bits takes; more multiplications than a call does; X' of more than 65,536 columns.
    pixel = commit(i8(1, 1_025))
    fails(0xA117, 1, 1, 1, 4_097, 4_096, 65_536, 65_536, 4_096, 4_095, 0, 0, pixel)
    fails(0xA117, 1, 1, 1, 4_096, 4_096, 65_536, 65_536, 4_095, 4_095, 0, 0, pixel)
    fails(0xA111, 1, 1, 8, 8, 1, 1, 7, 7, 0, 0, 128, pixel, commit(weights(64, 1)), 0, 0)

def attention():
    q, c, h = commit(i8(14, 15)), columns(3), [3, 7, 5]
    p, v = commit(i8(42, 7)), commit(i8(14, 15))
    scale = columns(15)
    fails(0xA119, *h, 1, 0, q, q, c), fails(0xA119, *h, 0, 1, q, q, c), fails(0xA119, 3, 6, 5, 0, 0, q, q, c)
    fails(0xA119, *h, 0, 0, q, commit(i8(7, 15)), c), fails(0xA119, *h, 0, 0, q, q, columns(4)), fails(0xA119, *h, 65_536, 0, q, q, c)
    fails(0xA119, *h, 0, 0, q, q, columns(3, s=63)), fails(0xA11A, *h, 0, p, v, columns(15, m=0))
    fails(0xA11A, *h, 1, p, v, scale), fails(0xA11A, *h, 0, commit(i8(21, 7)), v, scale), fails(0xA11A, *h, 0, p, v, c)
    for bad in ([0, 7, 5], [3, 0, 5], [3, 7, 0], [65_537, 7, 5]):
        fails(0xA119, *bad, 0, 0, q, q, c), fails(0xA11A, *bad, 0, p, v, scale)

def updates():
    u, other, narrow = commit(i32s(3, 2, 3)), commit(i32s(3, 3, 2)), commit(i8(2, 3))
    fails(0xA140, 0, u), fails(0xA140, 0, 0, u, u), fails(0xA140, 2**64, u), fails(0xA140, 1, 1, u, other), fails(0xA140, 1, narrow)
    fails(0xA140), fails(0xA140, 1, 1, u), fails(0xA140, *[1] * 65, *[u] * 65), fails(0xA140, 0, ABSENT)
    fails(0xA141, 1, u, u), fails(0xA141, 0), fails(0xA141, 0, u, other), fails(0xA141, 32, *[u] * 64), fails(0xA141, 0, *[u] * 65)
    reverts(0xA141, GAS["LOOKUP"], 1, u, ABSENT), reverts(0xA140, GAS["LOOKUP"], 1, 0)
    for n, d in [(0, 1), (1, 0), (2**31, 1), (1, 2**31)]:
        fails(0xA142, n, d, u, u)
    fails(0xA142, 1, 1, u, other), fails(0xA142, 1, 1, narrow, narrow)

def draws():
    for counter, n in [(0, 0), (0, 65_537), (2**48, 1), (2**256 - 1, 1)]:
        fails(0xA150, 0, 0, counter, n)
    for counter, population, n in [(0, 0, 0), (0, 3, 0), (0, 3, 4), (0, 65_537, 1), (2**48, 3, 1)]:
        fails(0xA151, 0, 0, counter, population, n)
    fails(0xA150, 0, 0, 0), fails(0xA151, 0, 0, 0, 3)

def metrics():
    p, truth, wide = commit(i8(4, 3)), commit(i8_of([0, 1, 2, 0])), commit(i8(2, 129))
    labels = commit(Tensor(I8, [4], [0, 1, 2, 0]))
    fails(0xA130, 0, p, truth), fails(0xA130, 0, p, commit(i8(3))), fails(0xA130, 0, wide, commit(i8(2))), fails(0xA130, 3, p, p)
    fails(0xA130, 0, p, commit(i32_of(0, 1, 2, 0))), fails(0xA130, 1, p, labels), fails(0xA130, 2, p, commit(i8(3, 4)))
    fails(0xA130, 1, commit(i32s(1, 4, 3)), p), fails(0xA130, 2**64, p, p), fails(0xA130, 3, ABSENT, p)
    reverts(0xA130, GAS["LOOKUP"], 1, p, ABSENT)

def price(data, nodes):
    """What is paid before the parameters are looked up."""
    return by(len(data), "LOAD_BYTES_PER_GAS") + GAS["NODE"] * nodes

def graphs():
    table, w, acc = commit(i8(256)), commit(weights(3, 3)), commit(i32s(0, 3, 3))
    lut = (0x13, [], [0, table])
    good = graph(I8, 1, 3, [lut])
    for cut in (0, 1, 11, 12, len(good) - 1):
        fails(0xA121, good[:cut])
    fails(0xA121, good + b"\0"), fails(0xA121, graph(I8, 1, 3, [lut], version=1)), fails(0xA121, graph(2, 1, 3, [lut]))
    for rows_per_item, cols in [(0, 3), (65_537, 3), (1, 0), (1, 65_537)]:
        fails(0xA121, graph(I8, rows_per_item, cols, [lut]))
    for nodes in [[], [lut] * 257,                                     # too few or too many nodes
                  [(0x13, [], [1, table])], [lut, (0x13, [], [3, table])],   # values of the node itself, or later ones
                  [lut, lut],                                          # a result that is not read
                  [(0x13, [], [table, table])],                        # no value
                  [(0x13, [], [0, None])], [(0x13, [], [0, bytes(32)])],   # no table
                  [(0x31, [1, 2], [0, 0])], [(0x50, [], [])],          # not in graphs
                  [(0x17, [2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0], [0])],    # an attribute out of range
                  [(0x10, [], [0, acc, None, None])], [(0x10, [], [w, 0, None, None])]]:   # a wrong type; one item's shape
        fails(0xA121, graph(I8, 1, 3, nodes))
    fails(0xA121, graph(I32, 1, 3, [lut])), fails(0xA121, good[:-33] + b"\3" + good[-32:]), fails(0xA121, bytes(24_001))
    two = graph(I8, 1, 3, [(0x13, [], [0, table]), (0x13, [], [1, ABSENT])])
    reverts(0xA121, price(two, 2) + GAS["LOOKUP"], two)
    # One item is no tensor, though every node's result is one.
    fails(0xA121, graph(I8, 65_536, 65_536, [(0x17, [0, 65_536, 1, 65_536, 1, 1, 1, 0, 0, 0, 0], [0])]))
    # All look-ups come before any shape, and attributes before all look-ups.
    misfit = graph(I8, 1, 3, [(0x10, [], [0, acc, None, None]), (0x13, [], [1, ABSENT])])
    reverts(0xA121, price(misfit, 2) + GAS["LOOKUP"], misfit)
    fails(0xA121, graph(I8, 1, 3, [(0x13, [], [0, ABSENT]), (0x17, [2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0], [1])]))

def models():
    table = commit(i8(256))
    steps = Model(I8, 2, 3, [(0x13, [], [0, table]), (0x13, [], [0, table]), (0x16, [], [1, 2, commit(i32_of(1, 1, 0, 1))])], i8(2, 3))
    x = commit(i8(4, 3))
    fails(0xA120, steps.id, commit(i8(3, 3)), 0, 0), fails(0xA120, steps.id, commit(i8(4, 2)), 0, 0)
    fails(0xA120, steps.id, commit(i32s(0, 4, 3)), 0, 0), fails(0xA120, steps.id, commit(i8(2, 2, 3)), 0, 0)
    for start, end in [(1, 1), (2, 1), (0, 4), (3, 4), (4, 4), (1, 0), (257, 0), (0, 257)]:
        fails(0xA120, steps.id, x, start, end)
    # Node 2 reads values 1 and 2; the second is its input then.
    fails(0xA120, steps.id, x, 2, 3), fails(0xA120, steps.id, x, 0), fails(0xA120, steps.id, x, 0, 0, 0)
    first = GAS["LOOKUP"] + by(len(steps.data), "LOAD_BYTES_PER_GAS") + 3 * GAS["NODE"]
    reverts(0xA120, GAS["LOOKUP"], ABSENT, x, 0, 0), reverts(0xA120, GAS["LOOKUP"], table, x, 0, 0)
    # The look-up of x comes before the range, and pays for a model's first use: the calls above are undone.
    reverts(0xA120, first + GAS["LOOKUP"], steps.id, ABSENT, 2, 1)
    steps.forward(x)
    reverts(0xA120, 3 * GAS["NODE"] + GAS["LOOKUP"], steps.id, ABSENT, 0, 0)
    # Values: an index that the item of registration did not have.
    names = Model(I32, 1, 1, [(0x18, [], [commit(i8(30, 12)), 0])], Tensor(I32, [1, 1], [0]))
    names.forward(commit(Tensor(I32, [2, 1], [0, 29])))
    fails(0xA120, names.id, commit(Tensor(I32, [2, 1], [0, 30])), 0, 0)
