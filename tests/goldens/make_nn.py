"""Makes the cases of nn/: modules and optimisers in PyTorch, in double.

    pip install torch==2.13.0 numpy safetensors
    python make_nn.py

linear, layer_norm, embedding, *_attention_*.safetensors: parameters by name, inputs `x` or `query`, `key`, `value` or
`idx`, `bias` on scores, masks `keep` (true: may be seen), result `y`, `cotangent`, and the gradients `grad.NAME`.
gpt.safetensors: a GPT with biases under nanoGPT's names, `idx`, `targets`, `logits`, `loss` and the gradients.
optimizers.safetensors: parameters `start.I`, gradients `grad.STEP.I`, and per case the parameters after each step,
`CASE.STEP.I`; the cases are those of CASES. `clip.norm` and `clip.I` are grad.0.I clipped to norm 0.5.
"""

import pathlib

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent / "nn"
torch.manual_seed(20260102)
torch.set_default_dtype(torch.float64)

STEPS = 5
CASES = {
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.1),
    "adamw_options": lambda p: torch.optim.AdamW(p, lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.3),
    "adamw_groups": lambda p: torch.optim.AdamW(
        [{"params": p[:1], "weight_decay": 0.5}, {"params": p[1:], "weight_decay": 0.0}], lr=0.05),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "sgd_decay": lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.2),
    "sgd_momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.2),
    "sgd_nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.2, nesterov=True),
}


def save(name, tensors):
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, HERE / f"{name}.safetensors")


def randomise(module):
    for p in module.parameters():
        nn.init.normal_(p, 0, 0.3)
    return module


def save_module(name, module, inputs, y, extra=None):
    """The module's state, float inputs by name, the result, and gradients for all of them."""
    cotangent = torch.randn(y.shape)
    wanted = dict(module.named_parameters()) | {k: v for k, v in inputs.items() if v.requires_grad}
    grads = torch.autograd.grad(y, list(wanted.values()), cotangent)
    save(name, module.state_dict() | inputs | (extra or {}) | {"y": y, "cotangent": cotangent}
         | {f"grad.{k}": g for k, g in zip(wanted, grads)})


def leaf(*shape):
    return torch.randn(shape).requires_grad_()


def modules():
    linear, x = randomise(nn.Linear(3, 4)), leaf(2, 5, 3)
    save_module("linear", linear, {"x": x}, linear(x))
    norm, x = randomise(nn.LayerNorm(6)), leaf(2, 3, 6)
    save_module("layer_norm", norm, {"x": x}, norm(x))
    table, idx = randomise(nn.Embedding(7, 3)), torch.randint(7, (2, 4))
    save_module("embedding", table, {"idx": idx}, table(idx))


def attention():
    make = lambda bias=True: randomise(nn.MultiheadAttention(12, 3, bias=bias, batch_first=True))
    x = leaf(2, 5, 12)
    for name, bias in [("self", True), ("self_no_bias", False)]:
        attend = make(bias)
        save_module(f"multi_head_attention_{name}", attend, {"x": x}, attend(x, x, x, need_weights=False)[0])

    attend, causal = make(), torch.ones(5, 5).tril().bool()
    save_module("multi_head_attention_causal", attend, {"x": x}, attend(x, x, x, attn_mask=~causal)[0])

    attend, keep = make(), torch.ones(2, 5).bool()
    keep[0, 3:] = False
    y = attend(x, x, x, key_padding_mask=~keep)[0]
    save_module("multi_head_attention_padded", attend, {"x": x}, y, {"keep": keep[:, None, None, :]})

    attend, query, key, value = make(), leaf(2, 4, 12), leaf(2, 6, 12), leaf(2, 6, 12)
    keep = torch.rand(4, 6) < 0.7
    keep[:, 0] = True
    y = attend(query, key, value, attn_mask=~keep)[0]
    save_module("multi_head_attention_cross", attend, {"query": query, "key": key, "value": value}, y, {"keep": keep})


class Attention(nn.Module):
    def __init__(self, C, H):
        super().__init__()
        self.c_attn, self.c_proj, self.H = nn.Linear(C, 3 * C), nn.Linear(C, C), H

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (t.view(B, T, self.H, C // self.H).transpose(1, 2) for t in self.c_attn(x).split(C, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).reshape(B, T, C))


class GroupedAttention(nn.Module):
    """H heads of queries; K heads of keys and values."""

    def __init__(self, C, H, K):
        super().__init__()
        self.D, self.sizes = C // H, [H * C // H, K * C // H, K * C // H]
        self.c_attn, self.c_proj = nn.Linear(C, sum(self.sizes)), nn.Linear(C, C)

    def forward(self, x):
        q, k, v = (t.unflatten(2, (-1, self.D)).transpose(1, 2) for t in self.c_attn(x).split(self.sizes, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        return self.c_proj(y.transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.c_fc, self.c_proj = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, C, H):
        super().__init__()
        self.ln_1, self.attn, self.ln_2, self.mlp = nn.LayerNorm(C), Attention(C, H), nn.LayerNorm(C), Mlp(C)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Gpt(nn.Module):
    def __init__(self, V=11, T=6, C=8, H=2, L=2):
        super().__init__()
        self.transformer = nn.ModuleDict(dict(
            wte=nn.Embedding(V, C), wpe=nn.Embedding(T, C), h=nn.ModuleList([Block(C, H) for _ in range(L)]),
            ln_f=nn.LayerNorm(C)))

    def forward(self, idx):
        t = self.transformer
        x = t.wte(idx) + t.wpe(torch.arange(idx.shape[1]))
        for block in t.h:
            x = block(x)
        return t.ln_f(x) @ t.wte.weight.T


def gpt():
    model, idx, targets = randomise(Gpt()), torch.randint(11, (3, 5)), torch.randint(11, (3, 5))
    logits = model(idx)
    loss = F.cross_entropy(logits.view(-1, 11), targets.view(-1))
    names, parameters = zip(*model.named_parameters())
    grads = torch.autograd.grad(loss, parameters)
    save("gpt", model.state_dict() | {"idx": idx, "targets": targets, "logits": logits, "loss": loss}
         | {f"grad.{k}": g for k, g in zip(names, grads)})


def optimizers():
    start = [torch.randn(3, 4), torch.randn(5)]
    gradients = [[torch.randn(p.shape) for p in start] for _ in range(STEPS)]
    tensors = {f"start.{i}": p for i, p in enumerate(start)}
    tensors |= {f"grad.{s}.{i}": g for s, step in enumerate(gradients) for i, g in enumerate(step)}
    for case, make in CASES.items():
        parameters = [p.clone().requires_grad_() for p in start]
        optimizer = make(parameters)
        for s, step in enumerate(gradients):
            for p, g in zip(parameters, step):
                p.grad = g.clone()
            optimizer.step()
            tensors |= {f"{case}.{s}.{i}": p.detach().clone() for i, p in enumerate(parameters)}
    parameters = [p.clone().requires_grad_() for p in start]
    for p, g in zip(parameters, gradients[0]):
        p.grad = g.clone()
    tensors["clip.norm"] = nn.utils.clip_grad_norm_(parameters, 0.5)
    tensors |= {f"clip.{i}": p.grad for i, p in enumerate(parameters)}
    save("optimizers", tensors)


def attention_variants():
    torch.manual_seed(20260103)
    attend = randomise(nn.MultiheadAttention(12, 3, batch_first=True))
    query, key, value, bias = leaf(2, 4, 12), leaf(2, 6, 12), leaf(2, 6, 12), leaf(4, 6)
    keep = torch.ones(2, 6).bool()
    keep[1, 4:] = False
    padding = torch.zeros(2, 6).masked_fill(~keep, -torch.inf)
    y = attend(query, key, value, attn_mask=bias, key_padding_mask=padding)[0]
    save_module("multi_head_attention_bias", attend, {"query": query, "key": key, "value": value, "bias": bias}, y,
                {"keep": keep[:, None, None, :]})
    attend, x = randomise(GroupedAttention(12, 6, 2)), leaf(2, 5, 12)
    save_module("causal_self_attention_grouped", attend, {"x": x}, attend(x))


HERE.mkdir(exist_ok=True)
modules()
attention()
gpt()
optimizers()
attention_variants()
