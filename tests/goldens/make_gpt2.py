"""Makes gpt2/: a tiny GPT-2 of random weights, as Hugging Face's transformers writes it, and what it gives.

    pip install torch==2.13.0 transformers==5.23.0
    python make_gpt2.py

config.json, model.safetensors: what save_pretrained() writes. expected.safetensors: token ids, and their logits.
"""

import pathlib

import torch
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

HERE = pathlib.Path(__file__).parent / "gpt2"

torch.manual_seed(1)
model = GPT2LMHeadModel(GPT2Config(
    n_layer=2, n_head=2, n_embd=4, n_positions=6, vocab_size=11, layer_norm_epsilon=1e-3, bos_token_id=0, eos_token_id=0,
    initializer_range=0.5)).eval()
for name, x in model.named_parameters():
    if name.endswith("bias") or ".ln_" in name:
        torch.nn.init.normal_(x, mean=1.0 if name.endswith("weight") else 0.0, std=0.3)
idx = torch.randint(0, 11, (2, 6))

model.save_pretrained(HERE)
(HERE / "generation_config.json").unlink(missing_ok=True)
with torch.no_grad():
    save_file({"idx": idx, "logits": model(idx).logits}, HERE / "expected.safetensors")
