"""Collects the figures of a run in one file, and prints what was asked beside what was reached.

    python summary.py FOLDER --build build/release --json benchmarks.json
"""

import argparse
import importlib.metadata
import json
import os
import pathlib
import platform
import subprocess


def output_of(*command):
    result = subprocess.run(command, capture_output=True, text=True)
    return result.stdout.strip()


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def compiler(build):
    for line in (pathlib.Path(build) / "CMakeCache.txt").read_text().splitlines():
        if line.startswith("CMAKE_CXX_COMPILER:"):
            return output_of(line.split("=")[1], "--version").splitlines()[0]


def torch_version():
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return None


def header(build):
    return dict(commit=output_of("git", "describe", "--always", "--dirty"), compiler=compiler(build),
                processor=processor(), processors=os.cpu_count(), torch=torch_version())


def at_most(limit, form="{:.2f}"):
    return f"at most {form.format(limit)}", lambda x: x <= limit, form


def at_least(limit, form="{:.2f}"):
    return f"at least {form.format(limit)}", lambda x: x >= limit, form


def speed_over(figures, name, other):
    return figures[name]["tokens_per_second"] / figures[other]["tokens_per_second"]


def same_bits(figures, name):
    return "same" if figures[name]["same_bits"] else "OTHER"


def least_share(sizes):
    """Of the larger size's ops, of what a copy reaches, forward and backward; AdamW has no backward."""
    ops = max(sizes, key=lambda size: size["floats"])["ops"]
    return min(row[side] for row in ops for side in ("forward", "backward") if row[side] > 0)


def least_ratio(rows):
    """In cache, over PyTorch."""
    floats = min(row["floats"] for row in rows)
    return min(row[side] for row in rows for side in ("forward", "backward") if row["floats"] == floats)


def bytes_a_position(rows, T):
    return next(row["peak_bytes"] / (row["T"] * row["B"]) for row in rows if row["T"] == T)


def headlines():
    """What is measured, what is asked, and how to find it among the figures."""
    steps = {config: f"bench_gpt {config}" for config in ("nanogpt-cpu", "baby-gpt", "gpt2-124m")}
    large = list(steps.items())[1:]
    for (config, step), most in zip(steps.items(), (1.25, 1.15, 1.15)):
        yield f"step / products, {config}", at_most(most), lambda f, s=step: f[s]["step_over_products"]
    for config, least in zip(steps, (1.5, 1.2, 1.1)):
        yield f"tokens/s over PyTorch, {config}", at_least(least), lambda f, c=config: f[f"against_torch {c}"]["ratio"]
    yield "a step of gpt2-124m, ms", at_most(1100, "{:.0f}"), lambda f: f["bench_gpt gpt2-124m"]["step_ms"]["median"]
    for config, step in large:
        yield f"bf16 over float, {config}", at_least(1.5), lambda f, s=step: speed_over(f, f"{s}, bf16", s)
    for config, step in large:
        yield f"two threads over one, {config}", at_least(1.8), lambda f, s=step: speed_over(f, s, f"{s}, 1 thread")
    for config, step in steps.items():
        for many in "4 threads", "8 threads":  # no collapse
            yield f"{many} over two, {config}", at_least(0.8), lambda f, s=step, m=many: speed_over(f, f"{s}, {m}", s)
    yield "ops out of cache over a copy, the least", at_least(0.75), lambda f: least_share(f["bench_ops"])
    yield "ops in cache over PyTorch, the least", at_least(1), lambda f: least_ratio(f["torch_ops"])
    yield ("attention of 8192 positions, MB", at_most(1000, "{:.0f}"),
           lambda f: bytes_a_position(f["bench_attention"], 8192) * 8192e-6)
    yield ("its memory a position, over that of 1024", at_most(1.05),
           lambda f: bytes_a_position(f["bench_attention"], 8192) / bytes_a_position(f["bench_attention"], 1024))
    yield ("a node of the tape, ns, the most", at_most(250, "{:.0f}"),
           lambda f: max(row["total_ns"] for row in f["bench_tape"] if "total_ns" in row))
    yield "a step of the MLP of width 4, us", at_most(5), lambda f: f["bench_tape"][-1]["step_us"]
    for config, step in steps.items():
        yield f"growth, {config}, bytes", at_most(0, "{:.0f}"), lambda f, s=step: f[s]["growth_bytes"]
        yield f"page faults a step, {config}", at_most(10), lambda f, s=step: f[s]["page_faults_a_step"]
        yield f"copied by layout, {config}, bytes", at_most(0, "{:.0f}"), lambda f, s=step: f[s]["layout_bytes_a_step"]
        yield f"memory over PyTorch's, {config}", at_most(1), lambda f, c=config: f[f"against_torch {c}"]["memory"]
    same = "same", lambda x: x == "same", "{}"
    yield "bits on 1, 2, 3, 4, 8 threads", same, lambda f: same_bits(f, "check_bits")
    yield "bits, BLAS alone", same, lambda f: same_bits(f, "check_bits, BLAS alone")
    yield "time to compile over PyTorch's", at_most(1), lambda f: f["compile_time"]["xtape"] / f["compile_time"]["PyTorch"]


def print_summary(figures):
    print(f"{'':<42} {'asked':>15} {'reached':>10}")
    for what, (asked, holds, form), find in headlines():
        try:
            reached = find(figures)
            print(f"{what:<42} {asked:>15} {form.format(reached):>10}{'' if holds(reached) else '  missed'}")
        except KeyError:
            print(f"{what:<42} {asked:>15} {'-':>10}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--build", required=True)
    parser.add_argument("--json", required=True)
    o = parser.parse_args()
    figures = {file.stem: json.loads(file.read_text()) for file in sorted(pathlib.Path(o.folder).glob("*.json"))}
    pathlib.Path(o.json).write_text(json.dumps(dict(header=header(o.build), figures=figures), indent=2) + "\n")
    print_summary(figures)
    print(f"figures: {o.json}")


main()
