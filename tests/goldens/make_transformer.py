"""Makes the cases of nn/encoder, nn/decoder and nn/transformer: PyTorch's layers in eval mode, in double.

    pip install torch==2.13.0 safetensors
    python make_transformer.py

encoder_block_*, decoder_block_*, transformer_*.safetensors: parameters by name, inputs `x` and `memory` or `src` and
`tgt`, masks (true: may be seen) `keep`, `key_keep`, `memory_keep`, `memory_key_keep` or `src_key_keep`, `tgt_key_keep`,
the result `y`, its `cotangent`, the gradients `grad.NAME`, and of a decoder's block I the weights `cross_weights.I`.
"""

import pathlib

import torch
import torch.nn as nn
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent / "transformer"
torch.manual_seed(20260104)
torch.set_default_dtype(torch.float64)

PLAIN = dict(d_model=8, nhead=2, dim_feedforward=12, dropout=0.1, batch_first=True)
POST, PRE = PLAIN | dict(activation="relu"), PLAIN | dict(activation="gelu", norm_first=True)


def made(module):
    """In eval mode, with parameters of which none is 0 or 1."""
    for p in module.parameters():
        nn.init.normal_(p, 0.1, 0.4)
    return module.eval()


def leaf(*shape):
    return torch.randn(shape).requires_grad_()


def lengths(*all_lengths, T):
    return torch.arange(T) < torch.tensor(all_lengths)[:, None]


def save(name, module, inputs, masks, y, extra=None):
    cotangent = torch.randn(y.shape)
    wanted = dict(module.named_parameters()) | inputs
    grads = torch.autograd.grad(y, list(wanted.values()), cotangent)
    tensors = module.state_dict() | inputs | masks | (extra or {}) | {"y": y, "cotangent": cotangent}
    tensors |= {f"grad.{k}": g for k, g in zip(wanted, grads)}
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, HERE / f"{name}.safetensors")


def causal(T):
    return torch.ones(T, T).tril().bool()


def encoder_block(name, config):
    block, x = made(nn.TransformerEncoderLayer(**config)), leaf(2, 5, 8)
    keep, key_keep = torch.rand(5, 5) < 0.6, lengths(5, 3, T=5)
    keep[:, 0] = True
    y = block(x, src_mask=~keep, src_key_padding_mask=~key_keep)
    save(name, block, {"x": x}, {"keep": keep, "key_keep": key_keep}, y)


def decoder_block(name, config):
    block, x, memory = made(nn.TransformerDecoderLayer(**config)), leaf(2, 4, 8), leaf(2, 5, 8)
    masks = {"key_keep": lengths(3, 4, T=4), "memory_keep": torch.rand(4, 5) < 0.6,
             "memory_key_keep": lengths(5, 3, T=5)}
    masks["memory_keep"][:, 0] = True
    y = block(x, memory, tgt_mask=~causal(4), tgt_key_padding_mask=~masks["key_keep"],
              memory_mask=~masks["memory_keep"], memory_key_padding_mask=~masks["memory_key_keep"])
    save(name, block, {"x": x, "memory": memory}, masks, y)


def transformer(name, config, layers):
    model = made(nn.Transformer(num_encoder_layers=layers, num_decoder_layers=layers, **config))
    src, tgt = leaf(2, 5, 8), leaf(2, 4, 8)
    src_keep, tgt_keep = lengths(3, 5, T=5), lengths(4, 2, T=4)
    cross = {}

    def remember(i):
        def hook(attention, inputs, options, _):
            _, cross[f"cross_weights.{i}"] = nn.MultiheadAttention.forward(
                attention, *inputs, **options | dict(need_weights=True, average_attn_weights=False))
        return hook

    for i, block in enumerate(model.decoder.layers):
        block.multihead_attn.register_forward_hook(remember(i), with_kwargs=True)
    y = model(src, tgt, tgt_mask=~causal(4), src_key_padding_mask=~src_keep, tgt_key_padding_mask=~tgt_keep,
              memory_key_padding_mask=~src_keep)
    save(name, model, {"src": src, "tgt": tgt}, {"src_key_keep": src_keep, "tgt_key_keep": tgt_keep}, y, cross)


HERE.mkdir(exist_ok=True)
encoder_block("encoder_block_post", POST)
encoder_block("encoder_block_pre", PRE | dict(bias=False))
decoder_block("decoder_block_post", POST)
decoder_block("decoder_block_pre", PRE | dict(bias=False))
transformer("transformer_post", POST, 2)
transformer("transformer_pre", PRE, 1)
