"""What a node costs in PyTorch's eager mode: the graphs of bench_tape, and how many times cheaper xtape's are.

    pip install torch==2.13.0
    python torch_tape.py build/release/bin/bench_tape

Python's own part is in the figures: called from C++, libtorch took 8 to 12 us a node, and 50 us for the step.
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

LENGTH = 1000


def leaf(*shape):
    return (torch.randn(shape) * 0.1).requires_grad_()


def chain(f):
    x = leaf()

    def build():
        y = x
        for _ in range(LENGTH):
            y = f(y)
        return y
    return LENGTH, build


def graphs():
    """Of each graph: how many nodes it has, and a function that builds it."""
    w, b = leaf(), leaf()
    row, w1, b1, w2, b2 = leaf(1, 4), leaf(4, 4), leaf(4), leaf(4, 4), leaf(4)

    def network():
        y = row
        for _ in range(LENGTH // 4):
            y = F.linear(torch.tanh(F.linear(y, w1, b1)), w2, b2)
        return y.sum()

    return {"-x": chain(lambda y: -y), "x w": chain(lambda y: y * w), "x + b": chain(lambda y: y + b),
            "tanh(x)": chain(torch.tanh), "MLP of width 4": (LENGTH // 4 * 3 + 1, network)}


def step():
    x, parameters = leaf(1, 4).detach(), [leaf(4, 4), leaf(4), leaf(4, 4), leaf(4)]
    w1, b1, w2, b2 = parameters

    def run():
        for p in parameters:
            p.grad = None
        F.linear(torch.tanh(F.linear(x, w1, b1)), w2, b2).sum().backward()
    return run


def median_seconds(f, seconds):
    times = []
    while sum(times) < seconds:
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def measure_torch(seconds):
    """Nanoseconds a node of each graph, and microseconds of the step."""
    figures = {name: median_seconds(lambda: build().backward(), seconds) / nodes * 1e9
               for name, (nodes, build) in graphs().items()}
    return figures, median_seconds(step(), seconds) * 1e6


def measure_xtape(program, seconds):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "result.json"
        subprocess.run([program, "--seconds", str(seconds), "--json", str(file)], check=True,
                       stdout=subprocess.DEVNULL)
        rows = json.loads(file.read_text())
    return {row["graph"]: row["total_ns"] for row in rows if "total_ns" in row}, rows[-1]["step_us"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bench_tape")
    parser.add_argument("--seconds", type=float, default=1, help="of each measurement")
    parser.add_argument("--json")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch_ns, torch_us = measure_torch(options.seconds)
    xtape_ns, xtape_us = measure_xtape(options.bench_tape, options.seconds)
    print(f"{'ns a node':<16} {'PyTorch':>9} {'xtape':>9} {'ratio':>7}")
    for name, ns in torch_ns.items():
        print(f"{name:<16} {ns:>9.0f} {xtape_ns[name]:>9.0f} {ns / xtape_ns[name]:>7.1f}")
    print(f"2-layer MLP of width 4, a step: {torch_us:.1f} us, {xtape_us:.1f} us, ratio {torch_us / xtape_us:.1f}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(
            dict(torch_ns=torch_ns, xtape_ns=xtape_ns, torch_step_us=torch_us, xtape_step_us=xtape_us), indent=2))


main()
