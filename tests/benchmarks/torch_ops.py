#!/usr/bin/env python3
"""The ops of bench_ops in PyTorch, in turns with it: times, and how many times faster xtape is.

    python torch_ops.py build/release/bin/bench_ops

PyTorch runs on 2 threads and on 1, eager and compiled, and the fastest counts. On both sides results and gradients are
dropped while the clock stands, and a copy as large as the op's input goes before each op. What PyTorch drops goes back
to the system where it is large, and comes again page by page; with --keep-memory the C library keeps it, as xtape's
pool does.
"""

import argparse
import ctypes
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import torch
import torch.nn.functional as F

COLUMNS = 512


class Inputs:
    def __init__(self, n):
        rows = n // COLUMNS
        self.x, self.other = (torch.randn(rows, COLUMNS, requires_grad=True) for _ in range(2))
        self.row, self.column = torch.randn(COLUMNS, requires_grad=True), torch.randn(rows, 1, requires_grad=True)
        self.source, self.copy = torch.ones(n), torch.ones(n)
        self.ids, self.classes = torch.randint(rows, (rows,)), torch.randint(COLUMNS, (rows,))


OPS = {
    "exp": lambda i: torch.exp(i.x),
    "gelu": lambda i: F.gelu(i.x),
    "a * b": lambda i: i.x * i.other,
    "a + row": lambda i: i.x + i.row,
    "a * row": lambda i: i.x * i.row,
    "a * column": lambda i: i.x * i.column,
    "sum": lambda i: i.x.sum(),
    "sum over rows": lambda i: i.x.sum(0),
    "sum over columns": lambda i: i.x.sum(1),
    "amax over columns": lambda i: i.x.amax(1),
    "transpose": lambda i: i.x.t().contiguous(),
    "softmax": lambda i: F.softmax(i.x, -1),
    "log_softmax": lambda i: F.log_softmax(i.x, -1),
    "layer_norm": lambda i: F.layer_norm(i.x, (COLUMNS,), i.row, i.row),
    "cross_entropy": lambda i: F.cross_entropy(i.x, i.classes),
    "embedding": lambda i: F.embedding(i.ids, i.x),
    "dropout": lambda i: F.dropout(i.x, 0.1),
}


def keep_memory():
    libc = ctypes.CDLL(None)
    M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
    libc.mallopt(M_MMAP_MAX, 0)
    libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def once(op, inputs, gy):
    """Seconds forward and backward, and the result's like."""
    inputs.copy.copy_(inputs.source)
    start = time.perf_counter()
    y = op(inputs)
    forward = time.perf_counter() - start
    gy = torch.randn_like(y) if gy is None else gy
    start = time.perf_counter()
    y.backward(gy)
    backward = time.perf_counter() - start
    del y
    for x in (inputs.x, inputs.other, inputs.row, inputs.column):
        x.grad = None
    return forward, backward, gy


def measure(op, inputs, seconds):
    _, _, gy = once(op, inputs, None)
    forward, backward = [], []
    while sum(forward) + sum(backward) < seconds or len(forward) < 5:
        there, back, _ = once(op, inputs, gy)
        forward.append(there)
        backward.append(back)
    return statistics.median(forward), statistics.median(backward)


def run_torch(o, ways, floats):
    """Of each op the least seconds, forward and backward, and the way that took the least in all."""
    inputs, rows = Inputs(floats), {}
    for name in OPS:
        times = {}
        for threads in o.threads:
            torch.set_num_threads(threads)
            for mode, ops in ways.items():
                times[f"{mode}, {threads}"] = measure(ops[name], inputs, o.seconds)
        forward, backward = (min(side) for side in zip(*times.values()))
        rows[name] = dict(forward=forward, backward=backward, fastest=min(times, key=lambda way: sum(times[way])))
    return rows


def run_xtape(o):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "ops.json"
        subprocess.run([o.bench_ops, "--threads", str(o.xtape_threads), "--json", str(file)], check=True,
                       stdout=subprocess.DEVNULL)
        return {size["floats"]: {row["op"]: row for row in size["ops"]} for size in json.loads(file.read_text())}


def ratios(rounds, floats, name):
    """How many times PyTorch's time over xtape's, the less of the rounds."""
    return [min(theirs[floats][name][side] / ours[floats][name][f"{side}_seconds"] for ours, theirs in rounds)
            for side in ("forward", "backward")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bench_ops")
    parser.add_argument("--threads", type=int, default=[2, 1], nargs="+", help="PyTorch's, of which the best counts")
    parser.add_argument("--modes", default=["eager", "compiled"], nargs="+", help="PyTorch's, of which the best counts")
    parser.add_argument("--xtape-threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=0.3, help="of each op")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--keep-memory", action="store_true", help="let the C library keep what PyTorch drops")
    parser.add_argument("--json")
    o = parser.parse_args()
    if o.keep_memory:
        keep_memory()
    ways = {"eager": OPS, "compiled": {name: torch.compile(op, dynamic=False) for name, op in OPS.items()}}
    ways = {mode: ways[mode] for mode in o.modes}
    rounds = []
    for _ in range(o.rounds):
        ours = run_xtape(o)
        rounds.append((ours, {floats: run_torch(o, ways, floats) for floats in ours}))
    figures = []
    for floats in rounds[0][0]:
        print(f"{floats} floats: times faster than PyTorch {torch.__version__}\n{'op':<20} forward backward  PyTorch")
        for name in OPS:
            (forward, backward), fastest = ratios(rounds, floats, name), rounds[-1][1][floats][name]["fastest"]
            print(f"{name:<20} {forward:>7.2f} {backward:>8.2f}  {fastest}")
            figures.append(dict(floats=floats, op=name, forward=forward, backward=backward, fastest=fastest))
    if o.json:
        pathlib.Path(o.json).write_text(json.dumps(figures, indent=2))


main()
