"""Makes the cases of nn/recurrent: GRU, LSTM and their cells in PyTorch, in double.

    pip install torch==2.13.0 numpy safetensors
    python make_recurrent.py

NAME.safetensors: parameters by name, inputs `x`, first states `h` and, of LSTMs, `c`, and `lengths` of padded cases. `y`
is all results one after the other, as one row: output, last h, last c; `cotangent` has its shape, and there are the
gradients `grad.NAME`. Outputs of padded cases are padded with zeros.
"""

import pathlib

import torch
import torch.nn as nn
from safetensors.torch import save_file
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

HERE = pathlib.Path(__file__).parent / "recurrent"
B, T, C, H = 4, 5, 3, 2
LENGTHS = torch.tensor([2, 5, 1, 2])
OPTIONS = {"": {}, "_no_bias": {"bias": False}, "_layers": {"num_layers": 2, "bidirectional": True}}
torch.manual_seed(20260104)
torch.set_default_dtype(torch.float64)


def leaf(*shape):
    return torch.randn(shape).requires_grad_()


def states(module, *shape):
    return {name: leaf(*shape) for name in ("hc" if isinstance(module, (nn.LSTM, nn.LSTMCell)) else "h")}


def as_argument(state):
    return tuple(state.values()) if len(state) == 2 else state["h"]


def as_row(*results):
    flat = [r for result in results for r in (result if isinstance(result, tuple) else (result,))]
    return torch.cat([r.flatten() for r in flat])


def save(name, module, inputs, y, extra=None):
    cotangent = torch.randn(y.shape)
    wanted = dict(module.named_parameters()) | inputs
    grads = torch.autograd.grad(y, list(wanted.values()), cotangent)
    tensors = module.state_dict() | inputs | (extra or {}) | {"y": y, "cotangent": cotangent}
    tensors |= {f"grad.{k}": g for k, g in zip(wanted, grads)}
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, HERE / f"{name}.safetensors")


def cells():
    for name, make in [("gru_cell", nn.GRUCell), ("lstm_cell", nn.LSTMCell)]:
        cell, x = make(C, H), leaf(B, C)
        state = states(cell, B, H)
        save(name, cell, {"x": x} | state, as_row(cell(x, as_argument(state))))


def along_time():
    for name, make in [("gru", nn.GRU), ("lstm", nn.LSTM)]:
        for option, options in OPTIONS.items():
            module, x = make(C, H, batch_first=True, **options), leaf(B, T, C)
            state = states(module, 4 if option == "_layers" else 1, B, H)
            save(name + option, module, {"x": x} | state, as_row(*module(x, as_argument(state))))

            module = make(C, H, batch_first=True, **options)
            packed = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
            output, last = module(packed, as_argument(state))
            output, _ = pad_packed_sequence(output, batch_first=True)
            save(f"{name}{option}_padded", module, {"x": x} | state, as_row(output, last), {"lengths": LENGTHS})


HERE.mkdir(exist_ok=True)
cells()
along_time()
