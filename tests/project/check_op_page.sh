#!/usr/bin/env bash
# docs/ops.md names the ops that the headers declare, and orders of derivative that the tests checked:
# check_op_page.sh NOTES_DIR SOURCE_DIR, notes made by tests/support/checked_ops.cpp
set -euo pipefail
notes=$(sort -u "$1"/*.txt)
cd "$2"
status=0

# Functions at the left margin, and function objects.
declared=$(for header in ops/*.hpp; do
  [[ $header == *_impl.hpp ]] && continue
  sed '/^namespace detail {/,/^}  \/\/ namespace detail/d' "$header" |
    grep -oP '^(BasicTensor<T>|Mask|Indices|TopK<T>|std::vector<BasicTensor<T>>|ValueAnd<T>|auto) \K[a-z_0-9]+(?=\()|^inline constexpr [\w<>:]+ \K[a-z_]+(?=;)'
done | sort -u)
# The first name in each row of a table.
documented=$(grep -oP '^\| `\K[a-z_0-9]+' docs/ops.md | sort -u)
[[ $(wc -l <<<"$declared") -ge 80 ]] || { echo "too few declarations were found: has their form changed?"; exit 1; }
differences=$(diff <(echo "$declared") <(echo "$documented") | sed -n 's/^</in ops but not in docs\/ops.md:/p; s/^>/in docs\/ops.md but not in ops:/p')
[[ -z $differences ]] || { echo "$differences"; status=1; }

# The last column of a row that begins with an op: "3", "2 as other, another" or "–".
while IFS='|' read -r op order; do
  read -r number _ others <<<"$order"
  [[ $number == – || $number == "" ]] && continue
  for recorded in ${others:-$op}; do
    recorded=${recorded%,}
    checked=$(awk -v op="$recorded" '$1 == op && $2 == "order" && $3 > most {most = $3} END {print most + 0}' <<<"$notes")
    [[ $checked -ge $number ]] && continue
    echo "$op: order $number in docs/ops.md, but $recorded was checked to order $checked"
    status=1
  done
done < <(grep -P '^\| `' docs/ops.md | sed -E 's/^\| `([a-z_0-9]+).*\| *([0-9–][^|]*) \|$/\1|\2/;t;d')
exit $status
