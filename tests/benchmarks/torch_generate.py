"""Generation by the same GPTs as bench_generate in PyTorch, with kept keys and values: eager and compiled.

    pip install torch==2.13.0
    python torch_generate.py --config gpt2-124m --tokens 100 --threads 2 --json torch.json
"""

import argparse
import json
import pathlib
import statistics
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

CONFIGS = json.loads(pathlib.Path(__file__).with_name("configs.json").read_text())


class Block(nn.Module):
    def __init__(self, C, H, length):
        super().__init__()
        self.H = H
        self.ln_1, self.ln_2 = nn.LayerNorm(C), nn.LayerNorm(C)
        self.c_attn, self.attn_proj = nn.Linear(C, 3 * C), nn.Linear(C, C)
        self.c_fc, self.mlp_proj = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)
        self.register_buffer("k", torch.zeros(1, H, length, C // H))
        self.register_buffer("v", torch.zeros(1, H, length, C // H))

    def attention(self, x, at, seen):
        B, T, C = x.shape
        q, k, v = (t.view(B, T, self.H, C // self.H).transpose(1, 2) for t in self.c_attn(x).split(C, 2))
        self.k.index_copy_(2, at, k)
        self.v.index_copy_(2, at, v)
        if isinstance(seen, int):  # eager: of what is kept, a view
            y = F.scaled_dot_product_attention(q, self.k[:, :, :seen], self.v[:, :, :seen], is_causal=T > 1)
        else:  # compiled: all of it, under a mask, so that shapes stay
            y = F.scaled_dot_product_attention(q, self.k, self.v, attn_mask=seen)
        return self.attn_proj(y.transpose(1, 2).reshape(B, T, C))

    def forward(self, x, at, seen):
        x = x + self.attention(self.ln_1(x), at, seen)
        return x + self.mlp_proj(F.gelu(self.c_fc(self.ln_2(x))))


class GPT(nn.Module):
    def __init__(self, n_layer, n_head, n_embd, vocab_size, length, **_):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocab_size, n_embd), nn.Embedding(1024, n_embd)
        self.h = nn.ModuleList([Block(n_embd, n_head, length) for _ in range(n_layer)])
        self.ln_f = nn.LayerNorm(n_embd)
        for p in self.parameters():
            if p.ndim == 2:
                nn.init.normal_(p, 0, 0.02)

    def forward(self, tokens, at, seen):
        x = self.wte(tokens) + self.wpe(at)
        for block in self.h:
            x = block(x, at, seen)
        return F.linear(self.ln_f(x[:, -1]), self.wte.weight).argmax(-1, keepdim=True)


@torch.inference_mode()
def measure(config, compiled, prompt, tokens):
    model = GPT(**CONFIGS[config], length=prompt + tokens).eval()
    step = torch.compile(model) if compiled else model
    places = torch.arange(prompt + tokens)
    token = model(torch.randint(65, (1, prompt)), places[:prompt], prompt)
    times = []
    for i in range(prompt, prompt + tokens):
        seen = (places <= i).view(1, 1, 1, -1) if compiled else i + 1
        start = time.perf_counter()
        token = step(token, places[i:i + 1], seen)
        times.append(time.perf_counter() - start)
    return times[5:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", choices=CONFIGS, default="gpt2-124m")
    parser.add_argument("--mode", choices=["eager", "compile", "both"], default="both")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=100)
    parser.add_argument("--json")
    options = parser.parse_args()
    torch.manual_seed(1337)
    torch.set_num_threads(options.threads)
    result = dict(torch=torch.__version__)
    for mode in ["eager", "compile"] if options.mode == "both" else [options.mode]:
        median = statistics.median(measure(options.config, mode == "compile", options.prompt, options.tokens))
        result[mode] = dict(token_ms=median * 1e3, tokens_per_second=1 / median)
        print(f"PyTorch {torch.__version__} {mode}, {options.threads} threads: "
              f"{median * 1e3:.3f} ms a token, {1 / median:.1f} tokens/s")
    if options.json:
        with open(options.json, "w") as file:
            json.dump(result, file, indent=2)


main()
