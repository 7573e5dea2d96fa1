"""Keccak-256."""

def permutation_constants():
    out, r = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if r & 1:
                constant |= 1 << ((1 << j) - 1)
            r = (r << 1) ^ (0x171 if r & 0x80 else 0)
        out.append(constant)
    return out

RC, MASK = permutation_constants(), 2**64 - 1
rol = lambda x, n: ((x << n) | (x >> (64 - n))) & MASK

def permute(a):
    for constant in RC:
        c = [a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4] for x in range(5)]
        d = [c[x - 1] ^ rol(c[(x + 1) % 5], 1) for x in range(5)]
        a = [[a[x][y] ^ d[x] for y in range(5)] for x in range(5)]
        x, y, current = 1, 0, a[1][0]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, a[x][y] = a[x][y], rol(current, ((t + 1) * (t + 2) // 2) % 64)
        for y in range(5):
            row = [a[x][y] for x in range(5)]
            for x in range(5):
                a[x][y] = row[x] ^ (~row[(x + 1) % 5] & MASK & row[(x + 2) % 5])
        a[0][0] ^= constant
    return a

def keccak(data):
    message = bytearray(data) + b"\x01"
    message += b"\0" * (-len(message) % 136)
    message[-1] |= 0x80
    a = [[0] * 5 for _ in range(5)]
    for start in range(0, len(message), 136):
        for j in range(17):
            a[j % 5][j // 5] ^= int.from_bytes(message[start + 8 * j:start + 8 * j + 8], "little")
        a = permute(a)
    return b"".join(a[j % 5][j // 5].to_bytes(8, "little") for j in range(4))
