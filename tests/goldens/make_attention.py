"""Makes the op cases in attention/, in the format of make_ops.py: attention with every option, rotary positions, and
normalisation.

    pip install torch==2.13.0 numpy safetensors
    python make_attention.py
"""

import pathlib
import shutil

import torch
import torch.nn.functional as F

import make_ops
from make_ops import randn, save_case

make_ops.HERE = pathlib.Path(__file__).parent / "attention"
torch.manual_seed(20260104)


def attention(inputs, args=None, keep=None, **options):
    """Inputs are q, k, v and, as the fourth, what is added to the scores."""

    def f(q, k, v, bias=None):
        return F.scaled_dot_product_attention(q, k, v, attn_mask=keep if bias is None else bias, **options)

    save_case("scaled_dot_product_attention", f, inputs, args, mask=[] if keep is None else [keep])


def heads(H=2, K=2, Tq=3, Tk=3, D=4):
    return [randn(2, H, Tq, D), randn(2, K, Tk, D), randn(2, K, Tk, D - 1)]


def masks():
    keep = torch.rand(2, 1, 3, 5) < 0.6
    keep[..., 0] = True
    attention(heads(Tk=5), keep=keep)
    attention(heads(Tk=5) + [randn(3, 5)])
    attention(heads(Tk=5) + [randn(2, 1, 1, 5)])
    hidden = randn(2, 2, 3, 5).masked_fill(~keep, -torch.inf)
    attention(heads(Tk=5) + [hidden])


def rules():
    for Tq, Tk in [(2, 5), (5, 2)]:
        attention(heads(Tq=Tq, Tk=Tk), {"causal": True}, is_causal=True)
    attention(heads(), {"scale": 0.3, "causal": True}, scale=0.3, is_causal=True)


def groups():
    for K in [1, 2]:
        attention(heads(H=4, K=K), {"causal": True, "enable_gqa": True}, is_causal=True, enable_gqa=True)
    attention(heads(H=4, K=2, Tk=5) + [randn(4, 3, 5)], {"enable_gqa": True}, enable_gqa=True)


def angles(x, base, offset):
    T, D = x.shape[-2:]
    return torch.outer(offset + torch.arange(T), base ** (-2 * torch.arange(D // 2) / D))


def rotary_interleaved(x, base, offset):
    turn = torch.polar(torch.tensor(1.0), angles(x, base, offset))
    return torch.view_as_real(torch.view_as_complex(x.unflatten(-1, (-1, 2))) * turn).flatten(-2)


def rotary_halves(x, base, offset):
    angle = torch.cat([angles(x, base, offset)] * 2, -1)
    x1, x2 = x.chunk(2, -1)
    return x * angle.cos() + torch.cat([-x2, x1], -1) * angle.sin()


def rotary():
    for base, offset in [(10000.0, 0), (500.0, 7)]:
        args = {"base": base, "offset": offset}
        save_case("rotary", lambda x: rotary_halves(x, base, offset), [randn(2, 3, 6)], args)
        save_case("rotary", lambda x: rotary_interleaved(x, base, offset), [randn(2, 3, 6)],
                  args | {"interleaved": True})


def norms():
    save_case("layer_norm", lambda x: F.layer_norm(x, (4,)), [randn(2, 3, 4)])
    save_case("layer_norm", lambda x, w, b: F.layer_norm(x, (3, 4), w, b, 1e-3),
              [randn(2, 3, 4), randn(3, 4), randn(3, 4)], {"normalized_shape": [3, 4], "eps": 1e-3})
    save_case("rms_norm", lambda x, w: F.rms_norm(x, (3, 4), w, 1e-6), [randn(2, 3, 4), randn(3, 4)],
              {"normalized_shape": [3, 4]})


shutil.rmtree(make_ops.HERE, ignore_errors=True)
make_ops.HERE.mkdir()
for group in [masks, rules, groups, rotary, norms]:
    group()
