#!/usr/bin/env bash
# What a page quotes from a file stands there: check_quotations.sh SOURCE_DIR. "<!-- from FILE -->" comes before a block;
# "<!-- from FILE: TEXT -->", in the tutorial, is what docs/tutorial/quote fills in.
set -euo pipefail
cd "$1"
status=0
quotations=0

for page in docs/*.md README.md CONTRIBUTING.md; do
  while read -r line file; do
    quotations=$((quotations + 1))
    block=$(tail -n "+$((line + 2))" "$page" | sed '/^```/,$d')
    [[ -f $file && $(<"$file") == *"$block"* ]] && continue
    printf '%s:%s: this does not stand in %s:\n%s\n' "$page" "$line" "$file" "$block"
    status=1
  done < <(grep -n '^<!-- from ' "$page" | sed -E 's/^([0-9]+):<!-- from (.*) -->$/\1 \2/')
done
[[ $quotations -gt 0 ]] || { echo "no quotation was found: has their form changed?"; exit 1; }
docs/tutorial/quote --check || status=1
exit $status
