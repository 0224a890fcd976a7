"""Makes the tiny training run in gpt/: a GPT in plain PyTorch, in float, with every batch, loss and gradient norm.

    pip install torch==2.13.0 numpy safetensors
    python make_gpt.py

init.safetensors: the weights at the start. run.json: configuration, optimiser, schedule, the character offsets of every
batch, and per step the loss (before the update) and the gradient norm (before clipping). final.safetensors: the weights
at the end, and the logits of the last position for check.input. text.txt: the text it trains on.
"""

import json
import math
import pathlib

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent / "gpt"
TALES = pathlib.Path(__file__).parents[2] / "examples/data/tales.txt"
CONFIG = dict(n_layer=2, n_head=2, n_embd=16, block_size=8, bias=False, dropout=0.0)
STEPS, BATCH = 30, 4
OPTIMIZER = dict(name="AdamW", beta1=0.9, beta2=0.99, eps=1e-8, weight_decay=0.1,
                 decays="matrices only (ndim >= 2)", grad_clip=1.0)
SCHEDULE = dict(warmup=5, lr=1e-2, min_lr=1e-3,
                rule="linear warm-up lr*(i+1)/(warmup+1), then cosine to min_lr at i=steps")


class Attention(nn.Module):
    def __init__(self, C, H):
        super().__init__()
        self.c_attn, self.c_proj, self.H = nn.Linear(C, 3 * C, bias=False), nn.Linear(C, C, bias=False), H

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (t.view(B, T, self.H, C // self.H).transpose(1, 2) for t in self.c_attn(x).split(C, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).reshape(B, T, C))


class Mlp(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.c_fc, self.c_proj = nn.Linear(C, 4 * C, bias=False), nn.Linear(4 * C, C, bias=False)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, C, H):
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(C, bias=False), Attention(C, H)
        self.ln_2, self.mlp = nn.LayerNorm(C, bias=False), Mlp(C)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Gpt(nn.Module):
    def __init__(self, V, n_layer, n_head, n_embd, block_size, **_):
        super().__init__()
        self.transformer = nn.ModuleDict(dict(
            wte=nn.Embedding(V, n_embd), wpe=nn.Embedding(block_size, n_embd),
            h=nn.ModuleList([Block(n_embd, n_head) for _ in range(n_layer)]), ln_f=nn.LayerNorm(n_embd, bias=False)))
        for name, p in self.named_parameters():
            if p.ndim == 2:
                std = 0.02 / math.sqrt(2 * n_layer) if name.endswith("c_proj.weight") else 0.02
                nn.init.normal_(p, 0, std)

    def forward(self, idx):
        t = self.transformer
        x = t.wte(idx) + t.wpe(torch.arange(idx.shape[1]))
        for block in t.h:
            x = block(x)
        return t.ln_f(x) @ t.wte.weight.T


def learning_rate(i):
    s = SCHEDULE
    if i < s["warmup"]:
        return s["lr"] * (i + 1) / (s["warmup"] + 1)
    done = (i - s["warmup"]) / (STEPS - s["warmup"])
    return s["min_lr"] + 0.5 * (1 + math.cos(math.pi * done)) * (s["lr"] - s["min_lr"])


def main():
    torch.manual_seed(20260102)
    torch.set_num_threads(1)
    HERE.mkdir(exist_ok=True)
    text = TALES.read_text()[:4000]
    (HERE / "text.txt").write_text(text)
    vocabulary = sorted(set(text))
    ids = torch.tensor([vocabulary.index(c) for c in text])
    train = ids[: int(0.9 * len(ids))]
    model = Gpt(len(vocabulary), **CONFIG)
    T = CONFIG["block_size"]
    save_file({k: v.clone() for k, v in model.state_dict().items()}, HERE / "init.safetensors")

    parameters = list(model.parameters())
    groups = [dict(params=[p for p in parameters if p.ndim >= 2], weight_decay=OPTIMIZER["weight_decay"]),
              dict(params=[p for p in parameters if p.ndim < 2], weight_decay=0.0)]
    optimizer = torch.optim.AdamW(groups, betas=(OPTIMIZER["beta1"], OPTIMIZER["beta2"]), eps=OPTIMIZER["eps"])
    offsets, losses, norms = [], [], []
    for step in range(STEPS):
        at = torch.randint(len(train) - T, (BATCH,)).tolist()
        x = torch.stack([train[i : i + T] for i in at])
        y = torch.stack([train[i + 1 : i + 1 + T] for i in at])
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step)
        loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, OPTIMIZER["grad_clip"])
        optimizer.step()
        offsets.append(at)
        losses.append(loss.item())
        norms.append(norm.item())

    check = train[:T][None]
    final = {k: v.clone() for k, v in model.state_dict().items()}
    with torch.no_grad():
        final |= {"check.input": check.clone(), "check.last_logits": model(check)[:, -1:].clone()}
    save_file(final, HERE / "final.safetensors")
    run = dict(config=CONFIG | dict(vocab_size=len(vocabulary)), batch_size=BATCH, steps=STEPS, optimizer=OPTIMIZER,
               schedule=SCHEDULE, offsets=offsets, loss=losses, grad_norm=norms, torch=torch.__version__)
    (HERE / "run.json").write_text(json.dumps(run) + "\n")
    print(f"loss {losses[0]:.4f} -> {losses[-1]:.4f}")


if __name__ == "__main__":
    main()
