#!/usr/bin/env bash
# gpt train leaves a whole report, of a hostile text too, and when it is interrupted: gpt_report.sh GPT
set -euo pipefail
gpt=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for _ in {1..40}; do printf '<script>&amp;"é]]>\t--> %s\n' '</pre>'; done >"$folder/<b>.txt"
train=("$gpt" train --data "$folder/<b>.txt" --out "$folder/out" --n-layer 2 --n-head 2 --n-embd 8 --block-size 8
  --batch-size 2 --eval-iters 1 --threads 1)
report=$folder/out/report.html

# expect COUNT PATTERN: in so many lines of the report.
expect() {
  [[ $(grep -cE -- "$2" "$report") == "$1" ]] || { echo "the report should have $1 lines with $2"; exit 1; }
}

"${train[@]}" --max-iters 4 --eval-interval 2 >/dev/null
expect 1 '^</html>'
expect 0 '<script|<b>'
expect 1 '&lt;b&gt;.txt'
expect 1 'Step 4 of 4'
expect 3 '<div>after [024] steps<pre>'
expect 4 'aria-label="Layer [01], head [01]"'
expect 256 '<title>.+, .+: [0-9].*</title></path>'  # four maps of 8 by 8

"${train[@]}" --max-iters 100000000 --eval-interval 100000000 >/dev/null &
until grep -q 'Step 0 of 100000000' "$report"; do
  kill -0 $!
  sleep 0.05
done
kill -INT $!
wait $!
expect 1 '^</html>'
expect 1 'Step [1-9][0-9]* of 100000000'
expect 2 '<div>after [0-9]+ steps<pre>'
