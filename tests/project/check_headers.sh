#!/usr/bin/env bash
# Every installed header compiles alone: check_headers.sh INCLUDE_DIR COMPILER FLAGS...
set -euo pipefail
cd "$1"
shift
count=$(find xtape -name '*.hpp' | wc -l)
[[ $count -gt 0 ]] || { echo "no headers in $PWD"; exit 1; }
find xtape -name '*.hpp' -print0 | xargs -0 -I '{}' -P "$(nproc)" bash -c '
  echo "#include <$1>" | "${@:2}" -I . -Wall -Wextra -Werror -fsyntax-only -x c++ - && exit
  echo "$1 does not compile alone"
  exit 1
' check_header '{}' "$@"
echo "$count headers compile alone"
