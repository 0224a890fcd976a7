#!/usr/bin/env bash
# gpt's commands work on each other's files, and say what is wrong with others: gpt_commands.sh GPT
set -euo pipefail
gpt=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for i in {1..60}; do printf 'line %d: the cat, the hat, déjà vu\n' "$i"; done >text
train=("$gpt" train --n-layer 1 --n-head 1 --n-embd 8 --block-size 8 --batch-size 2 --eval-iters 0 --threads 1)

# expect PATTERN COMMAND...: in what the command prints.
expect() {
  local printed
  printed=$("${@:2}" 2>&1) || true
  grep -qE -- "$1" <<<"$printed" || { echo "not '$1' by ${*:2}: $printed"; exit 1; }
}

"${train[@]}" --data text --tokenizer bpe --vocab-size 270 --max-iters 2 >first
expect '270 of them different' cat first
"$gpt" tokenize text --tokenizer out --out text.bin >/dev/null
"$gpt" tokenize text.bin --tokenizer out | cmp - text
expect '^[0-9 ]+$' "$gpt" tokenize text --tokenizer out
expect 'perplexity .* bits a character' "$gpt" eval --data text
[[ $("$gpt" eval --data text) == "$("$gpt" eval --data text.bin)" ]]
[[ $("$gpt" sample --max-new-tokens 5 --seed 3) == "$("$gpt" sample --max-new-tokens 5 --seed 3)" ]]

# Two prompts together are continued as each alone.
greedy=("$gpt" sample --temperature 0 --max-new-tokens 4)
one=$("${greedy[@]}" --prompt 'the c') other=$("${greedy[@]}" --prompt 'the hat,')
[[ $("${greedy[@]}" --prompt 'the c' 'the hat,') == "$one"*"$other" ]]
[[ $("${greedy[@]}" --prompt 'the c' --stop ' ' --int8) != *' '*' '* ]]

# Fine-tuned on questions and answers, it talks.
for i in {1..40}; do printf 'who?\nthe cat\n'; done >questions
"${train[@]}" --data questions --tokenizer out --init-from out --out tuned --max-iters 300 --learning-rate 2e-2 >/dev/null
[[ $(printf 'who?\n\nwho?\n' | "$gpt" chat --out tuned --temperature 0) == $'the cat\nthe cat' ]]

# A token file and a tokenizer in place of the text; then the run goes on, and its log too.
"${train[@]}" --data text.bin --tokenizer out --out other --max-iters 2 >/dev/null
"${train[@]}" --data text.bin --out other --max-iters 4 --eval-interval 1 --resume >second
expect 'goes on from step 2' cat second
[[ $(cut -d, -f1 other/log.csv | paste -sd' ') == 'step 0 2 3 4' ]]
expect '^step: 4$' "$gpt" info other/checkpoints/step-00000004.safetensors
expect '^model.transformer.wte.weight +float32 +\(270, 8\)$' "$gpt" info other/checkpoints/step-00000004.safetensors

# A token file to validate on, beside a text.
"${train[@]}" --data text --val-data text --tokenizer out --out texts --max-iters 1 >/dev/null
"${train[@]}" --data text --val-data text.bin --tokenizer out --out mixed --max-iters 1 >/dev/null
cmp texts/model.safetensors mixed/model.safetensors
[[ $(cut -d, -f1-4 texts/log.csv) == "$(cut -d, -f1-4 mixed/log.csv)" ]]

expect '^tokenizer: byte-level BPE of 270 tokens' "$gpt" info out/tokenizer.json

printf odd >odd.bin
mkdir -p damaged/checkpoints
printf '{}' | tee damaged/config.json damaged/tokenizer.json >damaged/checkpoints/step-00000001.safetensors
expect '^gpt: load_gpt2: none/config.json: No such file' "$gpt" sample --out none
"$gpt" train --n-layer 2 --n-head 1 --data text --tokenizer out --init-from out --threads 1 >misfit 2>&1 && exit 1
expect 'load_state_dict: ' cat misfit
expect '^gpt: --n-head is 2, but the model in out has 1 heads$' "$gpt" train --n-head 2 --data text --tokenizer out --init-from out
expect '^gpt: --no-bias: .*bias of the model in out is not zero$' "${train[@]}" --no-bias --data text --tokenizer out --init-from out --out plain
expect '^gpt: --resume: --beta1 is 0.8, but was 0.9; go on with what it was, or begin anew without --resume$' \
  "${train[@]}" --data text.bin --out other --max-iters 4 --resume --beta1 0.8
expect '^--max-iters is 5, but was 4: the learning rate follows another curve$' \
  "${train[@]}" --data text.bin --out other --max-iters 5 --resume --beta1 9e-1
expect '^gpt: load_tokens: odd.bin: 3 bytes' "${train[@]}" --data text --val-data odd.bin --tokenizer out --out odd
expect '^gpt: the prompt is empty' "$gpt" sample --prompt ''
expect '^gpt: load_gpt2: damaged/config.json: ' "$gpt" eval --out damaged --data text
expect '^gpt: load_tokens: odd.bin: 3 bytes are not ids of 16 bits' "$gpt" eval --data odd.bin
expect '^gpt: load_safetensors: text: a header of' "$gpt" info text
expect '^gpt: load_tokenizer: damaged/tokenizer.json: ' "$gpt" info damaged/tokenizer.json
expect 'holds none that can be read; the last: .* 2 bytes are too few' "${train[@]}" --data text --out damaged --resume
