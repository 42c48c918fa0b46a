#!/usr/bin/env python3
"""Reads a snapshot from a folder that holds a cairn store, without cairn: docs/format is all it knows.

read_snapshot.py STORE MANIFEST [OUT]   MANIFEST: snapshots/<run>/<sequence>-<generation>.manifest
Prints id, state digest and every entry with its hash; checks all hashes; writes raw bytes to OUT/<path> when given.
"""
import ctypes, hashlib, json, math, os, struct, sys
from array import array
zstd = ctypes.CDLL("libzstd.so.1")
zstd.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
zstd.ZSTD_decompress.restype = zstd.ZSTD_findFrameCompressedSize.restype = ctypes.c_size_t
TYPES = """1 float32 4, 2 float64 8, 3 float16 2, 4 bfloat16 2, 5 int8 1, 6 uint8 1, 7 int16 2, 8 int32 4, 9 int64 8,
10 bool 1, 32 integer 8, 33 real 8, 34 text 1"""
DTYPE = {int(n): name for n, name, _ in map(str.split, TYPES.split(","))}
WIDTH = {name: int(width) for _, name, width in map(str.split, TYPES.split(","))}
REAL, BLOCK = {"float32", "float64", "float16", "bfloat16", "real"}, 4 << 20

def sha(data): return hashlib.sha256(data).digest()
def whole(data, width): return array({1: "B", 2: "H", 4: "I", 8: "Q"}[width], data)

def unzstd(frame, size):
    out = ctypes.create_string_buffer(max(size, 1))
    done = zstd.ZSTD_decompress(out, ctypes.c_size_t(size), frame, ctypes.c_size_t(len(frame)))
    assert done == size, "damaged zstd frame"
    return out.raw[:size]

def read_manifest(data):
    size = body = zstd.ZSTD_findFrameCompressedSize(data, ctypes.c_size_t(len(data)))
    if struct.unpack_from("<I", data, body)[0] == 0x184D2A5D: body += 104  # a signature; it is not checked here
    frame, trailer, hints = data[:size], data[body:], data[body + 8:-32]
    magic, length = struct.unpack_from("<II", trailer)
    assert magic == 0x184D2A5C and length == len(trailer) - 8 and sha(data[:body] + hints) == trailer[-32:], "damaged manifest"
    text = unzstd(frame, zstd.ZSTD_getFrameContentSize(frame, ctypes.c_size_t(len(frame))))
    return json.loads(text), hashlib.sha256(text).hexdigest()

def read_index(path):
    """Yields (name, header, place) for every block of a pack."""
    with open(path, "rb") as f: data = f.read()
    offset, size, raw, count, index_hash, magic = struct.unpack("<QIII32s8s", data[-60:])
    index = data[offset:offset + size]
    assert magic == b"cairnpe1" and sha(index) == index_hash, "damaged pack " + path
    index, at, place = unzstd(index, raw), 0, 8  # the first block follows the magic
    for _ in range(count):
        _, codec, element, formula, operands, scalars, _, depth, size, stored, _ = struct.unpack_from("<I6BH3I", index, at)
        names = [index[at + 24 + 32 * i:at + 56 + 32 * i] for i in range(operands + 1)]
        numbers = struct.unpack_from("<%dd" % scalars, index, at + 56 + 32 * operands)
        at += (length := 56 + 32 * operands + 8 * scalars)
        yield names[0], dict(codec=codec, dtype=DTYPE[element], formula=formula, operands=names[1:], scalars=numbers,
                             depth=depth, size=size), data[place + length:place + length + stored]
        place += length + stored

def planes(data, width, size):
    out, at = bytearray(size), 4 * width
    for p in range(width):
        word, = struct.unpack_from("<I", data, 4 * p)
        mode, length = word >> 30, word & (1 << 30) - 1
        plane, at = data[at:at + length], at + length
        out[p::width] = unzstd(plane, size // width) if mode == 1 else plane * (size // width) if mode == 2 else plane
    return bytes(out)

def unrotate(data, width):
    return array(whole(b"", width).typecode, [v >> 1 | (v & 1) << 8 * width - 1 for v in whole(data, width)]).tobytes()

def undo(folded, prediction, dtype):
    width = WIDTH[dtype]
    bits, mask, half = 8 * width, (1 << 8 * width) - 1, (1 << 8 * width - 1) - 1
    order = (lambda v: v ^ (half if v >> bits - 1 else 0)) if dtype in REAL else (lambda v: v)
    out = [order(order(p) + (z >> 1 ^ (mask if z & 1 else 0)) & mask) for z, p in zip(folded, prediction)]
    return array(folded.typecode, out).tobytes()

def f(x):
    """Rounds to float32. Python computes in float64, which makes each single operation exact enough for that."""
    try: return struct.unpack("<f", struct.pack("<f", x))[0]
    except OverflowError: return math.copysign(math.inf, x)

def power(base, exponent, result=1.0):
    while exponent:
        result, base, exponent = result * base if exponent & 1 else result, base * base, exponent >> 1
    return result

def predict(formula, ops, s, gradients):
    ops = [array("f", o) for o in ops]
    if formula == 2: return [f(f(f(s[0]) * a) + f(f(s[1]) * m)) for a, m in zip(*ops)]
    if formula == 3: return [f(w - f(f(s[0]) * f(f(f(1 + s[1]) * m) - f(f(s[1]) * o)))) for w, m, o in zip(*ops)]
    if formula == 4:
        g = array("f", b"".join(b"\0\0" + struct.pack("<H", v) for v in gradients))
        return [f(f(f(s[0]) * m) + f(f(x * f(s[2])) + f(f(s[1]) * w))) for x, m, w in zip(g, *ops)]
    if formula == 5:
        size, root = f(s[0] / (1 - power(s[1], int(s[5])))), f(math.sqrt(1 - power(s[2], int(s[5]))))
        shrink, eps = f(1 - s[0] * s[4]), f(s[3])
        return [f(f(w * shrink) - f(f(size * m) / f(f(f(math.sqrt(v)) / root) + eps))) for w, m, v in zip(*ops)]
    if formula == 6:
        grads = [f(o + f(f(m - o) / f(1 - s[0]))) for _, o, m in zip(*ops)]
        return [f(f(f(s[1]) * v) + f(f(f(1 - s[1]) * g) * g)) for v, g in zip(ops[0], grads)]
    if formula == 7: return [v if v > x else x for x, v in zip(*ops)]
    if formula == 8: return [f(f(f(s[0]) * a) + f(f(f(s[1]) * o) + f(f(s[2]) * m))) for a, o, m in zip(*ops)]
    raise ValueError("unknown formula %d" % formula)

class Store:
    def __init__(self, root):
        self.blocks, self.known = {}, {}
        for folder, _, files in os.walk(os.path.join(root, "packs")):
            for name in (n for n in files if n.endswith(".pack")):
                for block, header, payload in read_index(os.path.join(folder, name)):
                    self.blocks.setdefault(block, []).append((header, payload))

    def block(self, name):
        for header, payload in sorted(self.blocks[name], key=lambda copy: copy[0]["depth"]):
            if name in self.known: break
            try: self.known[name] = self.decode(header, payload)
            except KeyError: continue  # an operand is gone; another copy stands
            assert sha(self.known[name]) == name, "damaged block " + name.hex()
        return self.known[name]

    def decode(self, h, data):
        width, size, gradients = WIDTH[h["dtype"]], h["size"], None
        if h["codec"] == 0: return data
        if h["codec"] == 1:
            out = planes(data, width, size)
            return unrotate(out, width) if h["dtype"] in REAL else out
        ops = [self.block(name) for name in h["operands"]]
        if h["formula"] == 4:
            length, = struct.unpack_from("<I", data)
            gradients = whole(unrotate(planes(data[4:4 + length], 2, size // 2), 2), 2)
            data = data[4 + length:]
        made = ops[0] if h["formula"] == 1 else array("f", predict(h["formula"], ops, h["scalars"], gradients)).tobytes()
        return undo(whole(planes(data, width, size), width), whole(made, width), h["dtype"])

def main(root, manifest, out=None):
    with open(os.path.join(root, "repo.json")) as file: features = json.load(file)["features"]["read"]
    if features: sys.exit("the store needs %s; copy the snapshot into an open one first" % ", ".join(features))
    with open(os.path.join(root, manifest), "rb") as file: info, identity = read_manifest(file.read())
    print("id", identity)
    store, digest = Store(root), hashlib.sha256()
    for table in (b for part in info["parts"] for b in part["table"]):
        for path, dtype, shape, content in json.loads(store.block(bytes.fromhex(table))):
            inline = isinstance(content, str)
            data = bytes.fromhex(content) if inline else b"".join(store.block(bytes.fromhex(b)) for b in content)
            tensor = sha(b"".join(sha(data[i:i + BLOCK]) for i in range(0, len(data), BLOCK)))
            print(tensor.hex(), dtype, "x".join(map(str, shape)) or "-", path)
            if path.startswith("state/"):
                for text in (path.encode(), dtype.encode()): digest.update(struct.pack("<I", len(text)) + text)
                digest.update(struct.pack("<I%dQ" % len(shape), len(shape), *shape) + tensor)
            if out:
                os.makedirs(os.path.dirname(os.path.join(out, path)), exist_ok=True)
                with open(os.path.join(out, path), "wb") as file: file.write(data)
    assert digest.hexdigest() == info["digest"], "the state has another digest"
    print("digest", digest.hexdigest())

if __name__ == "__main__": main(*sys.argv[1:])
