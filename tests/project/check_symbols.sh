#!/usr/bin/env bash
# No public symbol of the library names an xtensor type: check_symbols.sh NM LIBRARY
set -euo pipefail
nm=$1 library=$2
dynamic=()
[[ $library == *.so* ]] && dynamic=(--dynamic)
symbols=$("$nm" --demangle --defined-only --extern-only ${dynamic[@]+"${dynamic[@]}"} "$library" | grep -E '^[0-9a-f]+ ' || true)
count=$(wc -l <<<"$symbols")
found=$(grep -E '\bxt::' <<<"$symbols" || true)
if [[ -n $found ]]; then
  echo "$library has public symbols with xt:: in them:"
  echo "$found"
  exit 1
fi
echo "$count public symbols, none with xt::"
