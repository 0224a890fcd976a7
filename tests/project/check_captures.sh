#!/usr/bin/env bash
# Gradient functions keep tensors and buffers only through saved(): check_captures.sh SOURCE_DIR
set -euo pipefail
cd "$1"

tensors='x|y|xs|a|b|q|k|v|qkv|weight|bias|table|logits|mean|rstd|logsumexp|inputs|tensors'
gradients=$(for file in ops/*.cpp; do
  # One line a gradient function, "file: [captures](... gy": a lambda whose first parameter is gy.
  tr '\n' ' ' <"$file" | grep -oP '\[[^\[\]]*\] ?\([^)]*\bgy\b' | sed "s|^|$file: |" || true
done)
bad=$(grep -P "\[(&|=)(,|\])|(\[|, )&?(($tensors)\b *(,|\])|\w+ = (std::move\()?($tensors)\)? *(,|\]))" <<<"$gradients" || true)
[[ $(grep -c . <<<"$gradients") -gt 0 ]] || { echo "no gradient function was found: has their form changed?"; exit 1; }
[[ -z $bad ]] || { printf 'these keep a tensor without saved():\n%s\n' "$bad"; exit 1; }
