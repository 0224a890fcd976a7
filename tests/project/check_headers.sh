#!/usr/bin/env bash
# Every installed header compiles alone: check_headers.sh INCLUDE_DIR COMPILER FLAGS...
set -euo pipefail
cd "$1"
shift
count=$(find xtape -name '*.hpp' | wc -l)
[[ $count -gt 0 ]] || { echo "no headers in $PWD"; exit 1; }

# Most headers include the tensor first of all: for them it is read once, as a precompiled header.
tensor=$(mktemp -d)
trap 'rm -rf "$tensor"' EXIT
echo '#include <xtape/core/tensor.hpp>' >"$tensor/tensor.hpp"
"$@" -I . -Wall -Wextra -Werror -x c++-header "$tensor/tensor.hpp" -o "$tensor/tensor.hpp.gch"
cp "$tensor/tensor.hpp.gch" "$tensor/tensor.hpp.pch" # clang's name for it

# Those headers: what includes the tensor, what includes that, and so on.
above=xtape/core/tensor.hpp
found=0
while [[ $(wc -w <<<"$above") -gt $found ]]; do
  found=$(wc -w <<<"$above")
  above=$(grep --recursive --files-with-matches --fixed-strings "${above// /$'\n'}" xtape)
  above="xtape/core/tensor.hpp ${above//$'\n'/ }"
done

find xtape -name '*.hpp' -print0 | xargs -0 -I '{}' -P "$(nproc)" bash -c '
  tensor=()
  [[ " $2 " == *" $1 "* ]] && tensor=(-include "$3")
  echo "#include <$1>" | "${@:4}" -I . ${tensor[@]+"${tensor[@]}"} -Wall -Wextra -Werror -fsyntax-only -x c++ - && exit
  echo "$1 does not compile alone"
  exit 1
' check_header '{}' "$above" "$tensor/tensor.hpp" "$@"
echo "$count headers compile alone"
