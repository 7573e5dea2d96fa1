#!/usr/bin/env python3
"""Writes calls.json: inputs, outputs and gas of the ML precompiles, computed without the Rust code.

Graphs are registered, and residents pinned until then, in their storage encoding. All calls are of one transaction. A call
with an output returns it; one with gas alone reverts, as a tensor or a model is not available; one with neither fails.
"""
import json, os, sys
sys.dont_write_bytecode = True
from reference import I8, I32, OPERATIONS, Window, ceil, metric, oid, product, word
from keccak import keccak

# The numbers of src/gas.rs.
GAS = dict(
    BASE=500, META=100, LOOKUP=2_100, LOAD_BYTES_PER_GAS=16, TILE_I8=128, TILE_I32=384, SLICE_BYTES_PER_GAS=64,
    MACS_PER_GAS=1_024, OPERANDS_PER_GAS=64, ROWS_PER_GAS=2, ACCUMULATORS_PER_GAS=8, IM2COL_PER_GAS=64,
    REQUANT_PER_GAS=16, COLUMNS_PER_GAS=2, TAPS_PER_GAS=4,
    LUT8_PER_GAS=32, ROW_OPERATION_PER_GAS=8, ROW=2, ADD_PER_GAS=32, POOL_TAPS_PER_GAS=32, POOL_PER_GAS=8,
    GATHER_BYTES_PER_GAS=64, ATTENTION_MACS_PER_GAS=512, HEAD=16, COSINE_PER_GAS=16, UPDATES_PER_GAS=16,
    DIVISIONS_PER_GAS=4,
    PRNG_BLOCK=36, POPULATION_PER_GAS=64, METRIC_PER_GAS=16, NODE=200, VERIFY_LEVEL=60,
)

def by(elements, name):
    return ceil(elements, GAS[name])

def product_gas(m, k, n):
    return by(m * k * n, "MACS_PER_GAS") + by(m * k, "OPERANDS_PER_GAS") + by(m * n, "ACCUMULATORS_PER_GAS")

def price(code, attributes, operands, y):
    """What grows with the rows, and what does not."""
    x = operands[0] if operands else None
    if code in (0x10, 0x11):
        w, constants = operands[1], operands[3]
        gas = product_gas(y.rows, w.rows, w.cols)
        if code == 0x11:
            taps = attributes[2] * attributes[3]
            gas += y.rows + by(y.rows * taps, "TAPS_PER_GAS") + by(y.rows * w.rows, "IM2COL_PER_GAS")
        gas += by(y.rows * y.cols, "REQUANT_PER_GAS") if constants else 0
        fixed = by(w.rows, "ROWS_PER_GAS") + by(w.rows * w.cols, "OPERANDS_PER_GAS")
        return gas, fixed + (by(w.cols, "COLUMNS_PER_GAS") if constants else 0)
    if code in (0x19, 0x1a):
        heads, tokens, depth = attributes[:3]
        p = (operands[1].rows // tokens) * heads
        k, n = (depth, tokens) if code == 0x19 else (tokens, depth)
        gas = p * GAS["HEAD"] + by(p * tokens * k * n, "ATTENTION_MACS_PER_GAS") + by(p * k, "ROWS_PER_GAS")
        gas += by(p * (tokens + n) * k, "OPERANDS_PER_GAS") + by(p * tokens * n, "ACCUMULATORS_PER_GAS")
        return gas + by(p * tokens * n, "REQUANT_PER_GAS"), by(operands[2].cols, "COLUMNS_PER_GAS")
    size, count = len(y.data), len(operands)
    if code == 0x17:
        taps = y.rows * attributes[3] * attributes[4]
        gas = y.rows + by(size, "POOL_PER_GAS") + by(taps, "TAPS_PER_GAS") + by(taps * y.cols, "POOL_TAPS_PER_GAS")
        return gas, 0
    if code in (0x12, 0x15):
        name = "REQUANT_PER_GAS" if code == 0x12 else "ROW_OPERATION_PER_GAS"
        return (y.rows * GAS["ROW"] if code == 0x15 else 0) + by(size, name), by(y.cols, "COLUMNS_PER_GAS")
    return {
        0x13: lambda: by(size, "LUT8_PER_GAS"),
        0x14: lambda: y.rows * GAS["ROW"] + by(size, "ROW_OPERATION_PER_GAS"),
        0x16: lambda: by(size, "ADD_PER_GAS"),
        0x18: lambda: y.rows + by(y.size(), "GATHER_BYTES_PER_GAS"),
        0x31: lambda: x.rows * GAS["ROW"] + by(x.rows * x.cols, "COSINE_PER_GAS"),
        0x40: lambda: by(size, "DIVISIONS_PER_GAS") + by(size * count, "UPDATES_PER_GAS"),
        0x41: lambda: by(size, "DIVISIONS_PER_GAS") + by(size * count * count.bit_length(), "UPDATES_PER_GAS"),
        0x42: lambda: by(size, "DIVISIONS_PER_GAS"),
        0x50: lambda: ceil(size, 8) * GAS["PRNG_BLOCK"],
        0x51: lambda: size * GAS["PRNG_BLOCK"] + by(attributes[3], "POPULATION_PER_GAS"),
    }[code](), 0

def tiles_gas(t):
    return t.count_tiles() * GAS["TILE_I8" if t.dtype == I8 else "TILE_I32"]

calls, graphs, residents, used, pinned = [], [], [], set(), {}

def call(address, data, gas, output):
    calls.append({"address": f"0x{address:040x}", "input": "0x" + data.hex(), "gas": GAS["BASE"] + gas,
                  "output": "0x" + output.hex()})

def fails(address, *parts):
    """A call that burns its limit. Parts are numbers, tensors or bytes, an absent operand None."""
    calls.append({"address": f"0x{address:040x}", "input": "0x" + joined(parts).hex()})

def reverts(address, gas, *parts):
    """A call on something that is not available, after so much gas beside the base."""
    calls.append({"address": f"0x{address:040x}", "input": "0x" + joined(parts).hex(), "gas": GAS["BASE"] + gas})

def joined(parts):
    return b"".join(word(p) if isinstance(p, int) else p if isinstance(p, bytes) else oid(p) for p in parts)

def commit(t):
    dims = t.dims + [0] * (4 - len(t.dims))
    call(0xA101, b"".join(map(word, [t.dtype, len(t.dims)] + dims)) + t.bytes(), tiles_gas(t), t.id())
    return t

def pin(t, paid_until):
    """Makes a tensor resident, before the first call."""
    dims = b"".join(d.to_bytes(4, "big") for d in t.dims)
    stored = bytes([t.dtype, len(t.dims)]) + dims + t.bytes()
    residents.append({"stored": "0x" + stored.hex(), "paidUntil": paid_until})
    pinned[t.id()] = paid_until
    return t

def look_up(t, made=False):
    """A resident tensor's first use; free for one that was made in the transaction, which are all others here."""
    if made or t is None or t.id() not in pinned or t.id() in used:
        return 0
    used.add(t.id())
    return GAS["LOOKUP"] + by(t.size(), "LOAD_BYTES_PER_GAS")

def meta(t, made=True):
    dims = t.dims + [1] * (4 - len(t.dims))
    output = [t.dtype, len(t.dims)] + dims + [t.size(), pinned.get(t.id(), 0)]
    gas = look_up(t, made) + (GAS["LOOKUP"] if made else 0)
    call(0xA100, t.id(), GAS["META"] + gas, b"".join(map(word, output)))

def slice_(t, offset, length):
    data = t.bytes()[offset:offset + length]
    gas = by(length, "SLICE_BYTES_PER_GAS") + look_up(t)
    call(0xA102, t.id() + word(offset) + word(length), gas, data)

def verify(t, index, leaf=None, flip=False):
    levels = t.levels()
    siblings = [level[(index >> height) % len(level) ^ 1] for height, level in enumerate(levels[:-1])]
    inside = index < len(levels[0])
    leaf = leaf or levels[0][index % len(levels[0])]
    if flip:
        siblings[-1] = keccak(siblings[-1])
    expected = int(inside and leaf == levels[0][index] and not flip)
    data = levels[-1][0] + word(index) + leaf + b"".join(siblings)
    call(0xA103, data, len(siblings) * GAS["VERIFY_LEVEL"], word(expected))

def operate(code, attributes=(), *operands):
    """Calls an operation on tensors that have been made; None for an absent one."""
    attributes = list(attributes)
    y = OPERATIONS[code](attributes, *operands)
    gas, fixed = price(code, attributes, operands, y)
    output = y.id()
    if code == 0x31:
        output = word(sum(y.data)) + output
    data = b"".join(map(word, attributes)) + b"".join(map(oid, operands))
    gas += fixed + sum(map(look_up, operands))
    call(0xA100 + code, data, gas + tiles_gas(y), output)
    return y

def measure(kind, p, truth):
    gas = by(len(p.data), "METRIC_PER_GAS") + look_up(p) + look_up(truth)
    call(0xA130, word(kind) + p.id() + truth.id(), gas, word(metric(kind, p, truth)))

def graph(dtype, rows_per_item, cols, nodes, version=2):
    """nodes: (code, attributes, operands), where an operand is a tensor or an id, the number of a value, or None."""
    data = bytes([version, dtype]) + b"".join(n.to_bytes(4, "big") for n in (rows_per_item, cols))
    data += len(nodes).to_bytes(2, "big")
    for code, attributes, operands in nodes:
        data += bytes([code]) + b"".join(a.to_bytes(4, "big") for a in attributes)
        for operand in operands:
            if operand is None:
                data += b"\0"
            elif isinstance(operand, int):
                data += b"\1" + operand.to_bytes(2, "big")
            else:
                data += b"\2" + (operand if isinstance(operand, bytes) else operand.id())
    return data

class Model:
    """Of nodes as in graph."""
    def __init__(self, dtype, rows_per_item, cols, nodes, item):
        self.rows_per_item, self.nodes = rows_per_item, nodes
        self.data = data = graph(dtype, rows_per_item, cols, nodes)
        self.id = keccak(data)
        assert item.rows == rows_per_item and item.cols == cols and item.dtype == dtype
        y, self.per_item, fixed = self.run(item, 0, len(nodes))
        self.fixed = fixed + GAS["NODE"] * len(nodes)
        graphs.append({"graph": "0x" + data.hex(), "fixed": self.fixed, "perItem": self.per_item})
        output = b"".join(map(word, [self.fixed, self.per_item, y.rows, y.cols, y.dtype]))
        call(0xA121, data, by(len(data), "LOAD_BYTES_PER_GAS") + GAS["NODE"] * len(nodes), self.id + output)

    def run(self, x, start, end):
        values, gas, fixed = {start: x}, 0, 0
        for i in range(start, end):
            code, attributes, operands = self.nodes[i]
            operands = [values[o] if isinstance(o, int) else o for o in operands]
            values[i + 1] = OPERATIONS[code](attributes, *operands)
            more, once = price(code, attributes, operands, values[i + 1])
            gas, fixed = gas + more, fixed + once
        return values[end], gas, fixed

    def forward(self, x, start=0, end=0):
        first, last = (0, len(self.nodes)) if (start, end) == (0, 0) else (start, end)
        y, gas, fixed = self.run(x, first, last)
        if (first, last) == (0, len(self.nodes)):
            gas = self.fixed + x.rows // self.rows_per_item * self.per_item
        else:
            gas += fixed + GAS["NODE"] * len(self.nodes)
        if self.id not in used:
            gas += GAS["LOOKUP"] + by(len(self.data), "LOAD_BYTES_PER_GAS")
            used.add(self.id)
        call(0xA120, self.id + x.id() + word(start) + word(end), gas + tiles_gas(y), y.id())
        return y

def main():
    import cases, failures
    cases.write()
    failures.write()
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "calls.json")
    with open(path, "w") as file:
        json.dump({"graphs": graphs, "residents": residents, "calls": calls}, file, indent=1)
        file.write("\n")

if __name__ == "__main__":
    # So that the cases and this file are the same module.
    import generate
    generate.main()
