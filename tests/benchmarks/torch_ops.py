#!/usr/bin/env python3
"""The ops of bench_ops in PyTorch: times, and how many times faster xtape is.

    python torch_ops.py build/release/bin/bench_ops --threads 2
"""

import argparse
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


def seconds_of(f):
    start = time.perf_counter()
    f()
    return time.perf_counter() - start


def measure(op, inputs, seconds):
    forward, backward, gy = [], [], None
    while sum(forward) + sum(backward) < seconds or len(forward) < 5:
        start = time.perf_counter()
        y = op(inputs)
        forward.append(time.perf_counter() - start)
        gy = torch.randn_like(y) if gy is None else gy
        backward.append(seconds_of(lambda: y.backward(gy)))
        for x in (inputs.x, inputs.other, inputs.row, inputs.column):
            x.grad = None
    return statistics.median(forward), statistics.median(backward)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bench_ops")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=0.3, help="of each op")
    o = parser.parse_args()
    torch.set_num_threads(o.threads)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "ops.json"
        subprocess.run([o.bench_ops, "--threads", str(o.threads), "--json", str(file)], check=True,
                       stdout=subprocess.DEVNULL)
        ours = json.loads(file.read_text())
    for size in ours:
        inputs = Inputs(size["floats"])
        print(f"{size['floats']} floats: times faster than PyTorch {torch.__version__}\n{'op':<20} forward backward")
        for row in size["ops"]:
            if row["op"] in OPS:
                forward, backward = measure(OPS[row["op"]], inputs, o.seconds)
                print(f"{row['op']:<20} {forward / row['forward_seconds']:>7.2f} "
                      f"{backward / row['backward_seconds']:>8.2f}")


main()
