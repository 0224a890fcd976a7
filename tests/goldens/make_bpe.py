"""Makes bpe/: a small tokenizer of GPT-2's kind, and the ids that tokenizers and tiktoken give to a difficult text.

    pip install tokenizers==0.23.3 tiktoken==0.14.0 safetensors numpy
    python make_bpe.py

tokenizer.json, vocab.json, merges.txt: the tokenizer, as tokenizers trains and writes it. text.txt: the text.
ids.safetensors: `text` with special tokens as ordinary text, `special` with their ids. Both libraries have to agree, or
nothing is written.
"""

import pathlib
import random
import sys
import unicodedata

import numpy as np
import tiktoken
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent / "bpe"
TALES = pathlib.Path(__file__).parents[2] / "examples/data/tales.txt"
# How tiktoken writes GPT-2's pattern.
PATTERN = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""
END = "<|endoftext|>"

SNIPPETS = [
    "\r\n", "\r\n\r\n", "\t\t", "  ", " " * 30, "   x", "\n\n\n", " \r\n\t x", "\x00", "\x0b\x0c", "\x1c\x1d\x1e\x1f",
    "\x85", "\u00a0", "\u1680 ", "\u180e", "\u200b", "\u2028", "\u2029", "\u202f1", "\u3000", "\ufeff", "\ue000",
    "\U0010ffff", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f44d\U0001f3fd", "\U0001f1e9\U0001f1ea",
    "\u2764\ufe0f",
    "1\ufe0f\u20e3", "e\u0301", " \u0301", "Z\u0351\u036b\u0343a\u0341l", "\u0e01\u0e33\u0e49",
    "\u0928\u092e\u0938\u094d\u0924\u0947",
    "\u4f60\u597d\uff0c\u4e16\u754c", "\u65e5\u672c\u8a9e", "\u0645\u0631\u062d\u0628\u0627",
    "\u2167\u00bd\u00b2\u0663", "x\u00b2",
    "__init__", "0x1F", "3.14e-10", "1,000,000",
    "for (int i = 0; i < n; ++i) {\n    a[i] += 2;\n}\n", "def f(x):\n\treturn x\n",
    "!!!???", "--->", END, "<|endoftext", "|>", " " + END + "\n",
]


def contractions():
    for ending in ("s", "t", "re", "ve", "m", "ll", "d"):
        for form in (ending, ending.upper(), ending.capitalize(), ending + "x"):
            for apostrophe in ("'", "\u2019", "''", "' "):
                yield "I" + apostrophe + form + " "


def planes(generator):
    """One of every 400 code points that this Python knows, each behind something else."""
    known = [c for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs")]
    for c in generator.sample(known, len(known) // 400):
        yield generator.choice(("", " ", "a", "7", "\n")) + chr(c)


def gpt2_bytes():
    """The byte of each character that names use."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(b): b for b in printable} | {chr(0x100 + i): b for i, b in enumerate(others)}


def train(text):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=600, min_frequency=2, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator([text], trainer)
    tokenizer.add_special_tokens([END])
    return tokenizer


def main():
    generator = random.Random(20260110)
    parts = [*SNIPPETS * 2, *contractions(), *planes(generator)]
    generator.shuffle(parts)
    tales = TALES.read_text()
    text = tales[:1000] + "".join(parts)
    tokenizer = train(tales[:200000] + text)

    bytes_of, end = gpt2_bytes(), tokenizer.token_to_id(END)
    ranks = {bytes(bytes_of[c] for c in name): i for name, i in tokenizer.get_vocab().items() if name != END}
    encoding = tiktoken.Encoding("golden", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={END: end})
    special = tokenizer.encode(text, add_special_tokens=False).ids
    tokenizer.encode_special_tokens = True
    ordinary = tokenizer.encode(text, add_special_tokens=False).ids
    tokenizer.encode_special_tokens = False
    if special != encoding.encode(text, allowed_special="all") or ordinary != encoding.encode_ordinary(text):
        sys.exit("tokenizers and tiktoken differ")

    HERE.mkdir(exist_ok=True)
    tokenizer.save(str(HERE / "tokenizer.json"))
    tokenizer.model.save(str(HERE))
    (HERE / "text.txt").write_bytes(text.encode())
    ids = {"text": np.array(ordinary, np.int32), "special": np.array(special, np.int32)}
    save_file(ids, HERE / "ids.safetensors")
    print(f"{len(text.encode())} bytes, {len(ordinary)} ids, {tokenizer.get_vocab_size()} tokens")


if __name__ == "__main__":
    main()
