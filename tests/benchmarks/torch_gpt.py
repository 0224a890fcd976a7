"""A training step of the same GPTs as bench_gpt in PyTorch: tokens a second, and memory of the process.

    pip install torch==2.13.0
    python torch_gpt.py --config nanogpt-cpu --mode compile --seconds 10 --threads 2 --json torch.json
"""

import argparse
import json
import pathlib
import resource
import statistics
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

CONFIGS = json.loads(pathlib.Path(__file__).with_name("configs.json").read_text())


class Block(nn.Module):
    def __init__(self, C, H):
        super().__init__()
        self.H = H
        self.ln_1, self.ln_2 = nn.LayerNorm(C), nn.LayerNorm(C)
        self.c_attn, self.attn_proj = nn.Linear(C, 3 * C), nn.Linear(C, C)
        self.c_fc, self.mlp_proj = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)

    def attention(self, x):
        B, T, C = x.shape
        q, k, v = (t.view(B, T, self.H, C // self.H).transpose(1, 2) for t in self.c_attn(x).split(C, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.attn_proj(y.transpose(1, 2).reshape(B, T, C))

    def forward(self, x):
        x = x + self.attention(self.ln_1(x))
        return x + self.mlp_proj(F.gelu(self.c_fc(self.ln_2(x))))


class GPT(nn.Module):
    def __init__(self, n_layer, n_head, n_embd, block_size, vocab_size, **_):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocab_size, n_embd), nn.Embedding(block_size, n_embd)
        self.h = nn.ModuleList([Block(n_embd, n_head) for _ in range(n_layer)])
        self.ln_f = nn.LayerNorm(n_embd)
        for p in self.parameters():
            if p.ndim == 2:
                nn.init.normal_(p, 0, 0.02)

    def forward(self, idx, targets):
        x = self.wte(idx) + self.wpe.weight[: idx.shape[1]]
        for block in self.h:
            x = block(x)
        logits = self.ln_f(x) @ self.wte.weight.T
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1))


class Training:
    def __init__(self, config, compiled, bf16):
        self.model = GPT(**config)
        self.loss = torch.compile(self.model) if compiled else self.model
        self.bf16 = bf16
        matrices = [p for p in self.model.parameters() if p.ndim >= 2]
        others = [p for p in self.model.parameters() if p.ndim < 2]
        self.optimizer = torch.optim.AdamW(
            [dict(params=matrices, weight_decay=0.1), dict(params=others, weight_decay=0.0)],
            lr=1e-3, betas=(0.9, 0.99), fused=True)
        shape = config["batch"], config["block_size"]
        self.x, self.y = (torch.randint(config["vocab_size"], shape) for _ in range(2))

    def step(self):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            loss = self.loss(self.x, self.y)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()


def measure(training, seconds):
    for _ in range(3):
        training.step()
    times = []
    while sum(times) < seconds or len(times) < 3:
        start = time.perf_counter()
        training.step()
        times.append(time.perf_counter() - start)
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", choices=CONFIGS, default="nanogpt-cpu")
    parser.add_argument("--mode", choices=["eager", "compile"], default="eager")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--json")
    options = parser.parse_args()
    torch.manual_seed(1337)
    torch.set_num_threads(options.threads)
    config = CONFIGS[options.config]
    times = measure(Training(config, options.mode == "compile", options.precision == "bf16"), options.seconds)
    median = statistics.median(times)
    result = dict(torch=torch.__version__, mode=options.mode, threads=options.threads,
                  step_ms=dict(median=median * 1e3, min=min(times) * 1e3),
                  tokens_per_second=config["batch"] * config["block_size"] / median,
                  peak_process_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    print(f"PyTorch {torch.__version__} {options.mode}, {options.threads} threads: {median * 1e3:.3f} ms, "
          f"{result['tokens_per_second']:.0f} tokens/s, {result['peak_process_bytes'] * 1e-6:.0f} MB at most")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=2))


main()
