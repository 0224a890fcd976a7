"""Makes the op cases in ops/: PyTorch's values, gradients and gradients of gradients, in double.

    pip install torch==2.13.0 numpy safetensors
    python make_ops.py

One safetensors file a case. Metadata: `op`, `args` (JSON). Tensors: `in.K`, `idx.K`, `mask.K`, `out`, `cotangent`,
`grad.K`; `w.K` and `gradgrad.K` = d/d in.K of sum_j <grad.j, w.j> where the gradient depends on the inputs.
"""

import json
import pathlib
import shutil

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent / "ops"
torch.manual_seed(20260101)
torch.set_default_dtype(torch.float64)


def randn(*shape):
    return torch.randn(shape)


def positive(*shape):
    return torch.rand(shape) + 0.3


def save_case(op, f, inputs, args=None, idx=(), mask=()):
    x = [t.clone().requires_grad_() for t in inputs]
    y = f(*x)
    cotangent = torch.randn(y.shape)
    grads = torch.autograd.grad(y, x, cotangent, create_graph=True, allow_unused=True)
    tensors = {"out": y, "cotangent": cotangent}
    tensors |= {f"in.{k}": t for k, t in enumerate(inputs)}
    tensors |= {f"idx.{k}": t for k, t in enumerate(idx)}
    tensors |= {f"mask.{k}": t for k, t in enumerate(mask)}
    tensors |= {f"grad.{k}": g for k, g in enumerate(grads) if g is not None}
    w = {k: torch.randn(g.shape) for k, g in enumerate(grads) if g is not None and g.requires_grad}
    if w:
        second = torch.autograd.grad(sum((grads[k] * v).sum() for k, v in w.items()), x, allow_unused=True)
        tensors |= {f"w.{k}": v for k, v in w.items()}
        tensors |= {f"gradgrad.{k}": g for k, g in enumerate(second) if g is not None}
    number = len(list(HERE.iterdir())) + 1
    tensors = {k: v.detach().contiguous().clone() for k, v in tensors.items()}
    save_file(tensors, HERE / f"{number:03}_{op}.safetensors", {"op": op, "args": json.dumps(args or {})})


def elementwise():
    for op in ["neg", "exp", "expm1", "square", "reciprocal", "sin", "cos", "tanh", "sigmoid", "erf", "abs"]:
        save_case(op, getattr(torch, op), [randn(2, 3)])
    for op in ["relu", "silu", "softplus"]:
        save_case(op, getattr(F, op), [randn(2, 3)])
    for op in ["log", "log1p", "sqrt", "rsqrt"]:
        save_case(op, getattr(torch, op), [positive(2, 3)])
    for approximate in ["none", "tanh"]:
        save_case("gelu", lambda x: F.gelu(x, approximate=approximate), [randn(7)], {"approximate": approximate})
    for exponent in [2, -1.5, 0.5, 0]:
        save_case("pow", lambda x: x**exponent, [positive(3)], {"exponent": exponent})
    save_case("clamp", lambda x: x.clamp(-0.5, 0.5), [randn(8)], {"min": -0.5, "max": 0.5})
    for op in ["add", "sub", "mul", "div", "maximum", "minimum"]:
        save_case(op, getattr(torch, op), [randn(3, 1), randn(2, 1, 4)])
    save_case("pow_tensor", torch.pow, [positive(3, 1), randn(2)])
    save_case("mul", torch.mul, [randn(0, 3), randn(3)])


def reductions():
    for axis, keepdims in [(None, False), (1, True), ([0, -1], False)]:
        args = {"axis": axis, "keepdims": keepdims}
        dim = tuple(range(3)) if axis is None else axis
        for op in ["sum", "mean", "logsumexp", "amax", "amin"]:
            save_case(op, lambda x: getattr(torch, op)(x, dim, keepdim=keepdims), [randn(2, 3, 4)], args)
        save_case("var", lambda x: torch.var(x, dim, correction=0, keepdim=keepdims), [randn(2, 3, 4)],
                  args | {"ddof": 0})
    save_case("amax", lambda x: torch.amax(x, 0), [torch.tensor([1.0, 3.0, 3.0])], {"axis": 0, "keepdims": False})
    for axis in [0, -1]:
        save_case("softmax", lambda x: torch.softmax(x, axis), [randn(3, 4)], {"axis": axis})
        save_case("log_softmax", lambda x: torch.log_softmax(x, axis), [randn(3, 4)], {"axis": axis})


def layout():
    save_case("transpose", lambda x: x.permute(1, 2, 0), [randn(2, 3, 2)], {"axes": [1, 2, 0]})
    save_case("reshape", lambda x: x.reshape(3, -1), [randn(2, 3, 2)], {"shape": [3, -1]})
    save_case("expand", lambda x: x.expand(2, 3, 4), [randn(3, 1)], {"shape": [2, 3, 4]})
    save_case("concatenate", lambda *x: torch.cat(x, -1), [randn(2, 1), randn(2, 3)], {"axis": -1})
    save_case("stack", lambda *x: torch.stack(x, 0), [randn(2), randn(2), randn(2)], {"axis": 0})
    save_case("slice", lambda x: x[1:4:2, -3:-1], [randn(5, 4)], {"slices": [[1, 4, 2], [-3, -1, 1]]})
    save_case("tril", lambda x: torch.tril(x, -1), [randn(3, 3)], {"k": -1})
    mask = torch.tensor([[True, False, True], [False, True, False]])
    save_case("masked_fill", lambda x: x.masked_fill(mask, 7), [randn(2, 3)], {"value": 7}, mask=[mask])
    save_case("where", lambda a, b: torch.where(mask, a, b), [randn(2, 3), randn(2, 3)], mask=[mask])


def products():
    for a, b in [((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3, 2)), ((2, 1, 2, 3), (4, 3, 1))]:
        save_case("matmul", torch.matmul, [randn(*a), randn(*b)])
    for equation, *shapes in [
        ("sd,hde->hse", (3, 4), (2, 4, 2)), ("ij,jk", (2, 3), (3, 2)), ("ii->i", (3, 3)), ("ii", (3, 3)),
        ("ij->", (2, 3)), ("i , j -> i j", (2,), (3,)), ("...ij,...jk->...ik", (2, 2, 3), (3, 2)),
        ("ij,jk,kl->il", (2, 3), (3, 2), (2, 2)), ("bij,bj->bi", (2, 3, 4), (2, 4)),
    ]:
        save_case("einsum", lambda *x: torch.einsum(equation, *x), [randn(*s) for s in shapes], {"equation": equation})


def layers():
    save_case("layer_norm", lambda x, w, b: F.layer_norm(x, (5,), w, b, 1e-5), [randn(3, 5), randn(5), randn(5)],
              {"eps": 1e-5})
    targets = torch.tensor([1, 0, 3, 2])
    save_case("cross_entropy", lambda x: F.cross_entropy(x, targets), [randn(4, 5)], idx=[targets])
    save_case("cross_entropy", lambda x: F.cross_entropy(x, targets, label_smoothing=0.2), [randn(4, 5)],
              {"label_smoothing": 0.2}, idx=[targets])
    ignored = torch.tensor([1, -100, 3, -100])
    save_case("cross_entropy", lambda x: F.cross_entropy(x, ignored), [randn(4, 5)], {"ignore_index": -100},
              idx=[ignored])
    rows = torch.tensor([[0, 2, 2], [1, 0, 2]])
    save_case("embedding", lambda w: F.embedding(rows, w), [randn(4, 3)], idx=[rows])
    for causal in [True, False]:
        save_case("scaled_dot_product_attention",
                  lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=causal),
                  [randn(1, 2, 3, 4), randn(1, 2, 3, 4), randn(1, 2, 3, 2)], {"causal": causal})


def save_values(op, y, inputs=(), args=None, mask=()):
    """A case of an op without gradients; truth values and indices become numbers."""
    tensors = {"out": y.double(), "cotangent": torch.zeros(y.shape)}
    tensors |= {f"in.{k}": t for k, t in enumerate(inputs)} | {f"mask.{k}": t for k, t in enumerate(mask)}
    tensors = {k: v.contiguous().clone() for k, v in tensors.items()}
    number = len(list(HERE.iterdir())) + 1
    save_file(tensors, HERE / f"{number:03}_{op}.safetensors", {"op": op, "args": json.dumps(args or {})})


def more_elementwise():
    for op in ["tan", "sinh", "cosh", "atan", "sign", "floor", "ceil", "round"]:
        save_case(op, getattr(torch, op), [randn(2, 3)])
    save_case("log2", torch.log2, [positive(4)])
    for op in ["logsigmoid", "mish", "hardtanh"]:
        save_case(op, getattr(F, op), [3 * randn(9)])
    save_case("hardsigmoid", lambda x: F.relu6(x + 3) / 6, [3 * randn(9)])
    save_case("hardtanh", lambda x: F.hardtanh(x, -0.5, 2), [randn(9)], {"min_val": -0.5, "max_val": 2})
    save_case("leaky_relu", lambda x: F.leaky_relu(x, 0.3), [randn(9)], {"negative_slope": 0.3})
    save_case("elu", lambda x: F.elu(x, 0.7), [randn(9)], {"alpha": 0.7})
    save_case("clamp", lambda x: x.clamp(min=0.1), [randn(9)], {"min": 0.1})
    save_case("atan2", torch.atan2, [randn(3, 1), randn(2, 1, 4)])
    save_case("lerp", lambda a, b: torch.lerp(a, b, 0.3), [randn(3, 1), randn(2, 1, 4)], {"weight": 0.3})
    save_case("lerp", torch.lerp, [randn(3, 1), randn(2, 1, 4), randn(4)])
    a, b = torch.randint(0, 3, (3, 4)).double(), torch.randint(0, 3, (4,)).double()
    for op in ["lt", "le", "gt", "ge", "eq", "ne"]:
        save_values(op, getattr(torch, op)(a, b), [a, b])
    special = torch.tensor([1, torch.nan, torch.inf, -torch.inf])
    for op in ["isnan", "isinf", "isfinite"]:
        save_values(op, getattr(torch, op)(special), [special])
    masks = [torch.rand(3, 4) > 0.5, torch.rand(4) > 0.5]
    for op in ["logical_and", "logical_or"]:
        save_values(op, getattr(torch, op)(*masks), mask=masks)
    save_values("logical_not", ~masks[0], mask=masks[:1])


def more_reductions():
    zeros = torch.tensor([[2.0, 0, 3, 0], [1, 2, 3, 4], [0, 5, 6, 7]])
    for x in [randn(3, 4), zeros]:
        for dim in [0, -1]:
            save_case("cumprod", lambda x: torch.cumprod(x, dim), [x], {"dim": dim})
            save_case("prod", lambda x: torch.prod(x, dim, keepdim=True), [x], {"dim": dim, "keepdim": True})
    save_case("prod", torch.prod, [randn(2, 3)])
    for dim, correction in [(None, 0), (1, 1)]:
        save_case("std", lambda x: torch.std(x, dim, correction=correction), [randn(3, 4)],
                  {"dim": dim, "correction": correction})
    for order in [0, 0.5, 1, 2, 3, -1, torch.inf, -torch.inf]:
        save_case("norm", lambda x: torch.linalg.vector_norm(x, order, 1), [randn(3, 4)],
                  {"dim": 1, "ord": str(order) if order in (torch.inf, -torch.inf) else order})
    save_case("norm", lambda x: torch.linalg.vector_norm(x, dim=(0, 2), keepdim=True), [randn(2, 3, 4)],
              {"axis": [0, 2], "keep_dims": True})
    save_case("max", lambda x: x.max(1, keepdim=True).values, [randn(3, 4)], {"dim": 1, "keepdim": True})
    save_case("min", torch.min, [randn(3, 4), randn(4)])
    for descending in [False, True]:
        save_case("sort", lambda x: torch.sort(x, 0, descending).values, [randn(3, 4)],
                  {"dim": 0, "descending": descending})
        save_case("topk", lambda x: torch.topk(x, 2, 1, descending).values, [randn(3, 4)],
                  {"k": 2, "dim": 1, "largest": descending})
    x, mask = torch.randint(0, 3, (3, 4)).double(), torch.rand(3, 4) > 0.5
    save_values("argmax", x.argmax(1), [x], {"dim": 1})
    save_values("argmin", x.argmin(), [x])
    save_values("argsort", torch.argsort(x, dim=0, stable=True), [x], {"dim": 0})
    save_values("any", mask.any(1), args={"dim": 1}, mask=[mask])
    save_values("all", mask.all(0, keepdim=True), args={"dim": 0, "keepdim": True}, mask=[mask])
def more_layout():
    x = randn(2, 3, 4)
    for op, f, args in [
        ("swapaxes", lambda x: x.swapaxes(0, -1), {"axis1": 0, "axis2": -1}),
        ("transpose", lambda x: x.transpose(0, 1), {"dim0": 0, "dim1": 1}),
        ("moveaxis", lambda x: x.movedim(0, -1), {"source": 0, "destination": -1}),
        ("expand_dims", lambda x: x.unsqueeze(1), {"axis": 1}),
        ("flatten", lambda x: x.flatten(1), {"start": 1}),
        ("split", lambda x: x.split(1, 1)[2], {"parts": 3, "axis": 1, "index": 2}),
        ("chunk", lambda x: x.chunk(3, -1)[1], {"chunks": 3, "axis": -1, "index": 1}),
        ("flip", lambda x: x.flip(0, 2), {"axis": [0, 2]}),
        ("roll", lambda x: x.roll(5), {"shift": 5}),
        ("roll", lambda x: x.roll((1, -1), (0, 2)), {"shift": [1, -1], "axis": [0, 2]}),
        ("tile", lambda x: x.tile(2, 3), {"reps": [2, 3]}),
        ("repeat", lambda x: x.repeat_interleave(2, 1), {"repeats": 2, "axis": 1}),
        ("repeat", lambda x: x.repeat_interleave(torch.tensor([1, 0, 2]), 1), {"repeats": [1, 0, 2], "axis": 1}),
        ("pad", lambda x: F.pad(x, (1, 2, 0, 1), value=3), {"widths": [[0, 0], [0, 1], [1, 2]], "value": 3}),
        ("pad", lambda x: F.pad(x, (2, 1), "reflect"), {"widths": [[0, 0], [0, 0], [2, 1]], "mode": "reflect"}),
        ("diagonal", lambda x: x.diagonal(1, 2, 0), {"offset": 1, "axis1": 2, "axis2": 0}),
        ("trace", lambda x: x.diagonal(0, 1, 2).sum(-1), {"axis1": 1, "axis2": 2}),
    ]:
        save_case(op, f, [x], args)
    save_case("squeeze", torch.squeeze, [randn(1, 3, 1)])
    rows = torch.tensor([[0, 2, 2], [1, 0, 2]])
    save_case("gather", lambda x: x.gather(1, rows), [randn(2, 4)], {"axis": 1}, idx=[rows])
    save_case("index_select", lambda x: x.index_select(1, rows[0]), [randn(2, 4)], {"axis": 1}, idx=[rows[0]])
    save_case("scatter_add", lambda x, src: x.scatter_add(1, rows, src), [randn(2, 4), randn(2, 3)], {"axis": 1},
              idx=[rows])
    mask = torch.tensor([[True, False, True], [False, True, False]])
    save_case("masked_select", lambda x: x.masked_select(mask), [randn(2, 3)], mask=[mask])


def more_products():
    save_case("dot", torch.dot, [randn(5), randn(5)])
    save_case("outer", torch.outer, [randn(2), randn(3)])
    for a, b in [((2, 3), (3, 2)), ((2, 1, 2), (3,))]:
        save_case("kron", torch.kron, [randn(*a), randn(*b)])
    save_case("linear", F.linear, [randn(2, 3, 4), randn(5, 4), randn(5)])
    for args in [{}, {"stride": 2, "padding": 2, "dilation": 3}, {"padding": 1, "groups": 2}]:
        x, weight = randn(2, 4, 8), randn(6, 4 // args.get("groups", 1), 3)
        save_case("conv1d", lambda *t: F.conv1d(*t, **args), [x, weight, randn(6)], args)
    for args in [{"kernel_size": 3}, {"kernel_size": 3, "stride": 2, "padding": 1}]:
        save_case("avg_pool1d", lambda x: F.avg_pool1d(x, **args), [randn(2, 3, 8)], args)


def losses():
    targets = torch.tensor([1, 0, -100, 2])
    for reduction in ["mean", "sum", "none"]:
        args = {"reduction": reduction}
        save_case("cross_entropy", lambda x: F.cross_entropy(x, targets, reduction=reduction), [randn(4, 5)], args,
                  idx=[targets])
        save_case("nll_loss", lambda x: F.nll_loss(x, targets, torch.arange(1.0, 6), reduction=reduction),
                  [randn(4, 5)], args | {"weight": [1, 2, 3, 4, 5]}, idx=[targets])
        save_case("mse_loss", lambda x, t: F.mse_loss(x, t, reduction=reduction), [randn(3, 4), randn(3, 4)], args)
        save_case("l1_loss", lambda x, t: F.l1_loss(x, t, reduction=reduction), [randn(3, 4), randn(3, 4)], args)
        save_case("huber_loss", lambda x, t: F.huber_loss(x, t, delta=0.8, reduction=reduction),
                  [randn(3, 4), randn(3, 4)], args | {"delta": 0.8})
        save_case("binary_cross_entropy_with_logits",
                  lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction=reduction),
                  [randn(3, 4), positive(3, 4)], args)
        for log_target in [False, True]:
            save_case("kl_div", lambda x, t: F.kl_div(x, t, reduction=reduction, log_target=log_target),
                      [randn(3, 4), positive(3, 4)], args | {"log_target": log_target})


if __name__ == "__main__":
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    for group in [elementwise, reductions, layout, products, layers, more_elementwise, more_reductions, more_layout,
                  more_products, losses]:
        group()
    print(len(list(HERE.iterdir())), "cases")
