#!/usr/bin/env bash
# Includes run nn -> ops -> core only, and kernels see pointers and sizes: check_includes.sh SOURCE_DIR
set -euo pipefail
cd "$1"
status=0

# forbid WHERE PATTERN WHY: fails for each line in the files that includes what it must not.
forbid() {
  local found
  found=$(find $1 -maxdepth "${4:-9}" \( -name '*.hpp' -o -name '*.cpp' \) -exec grep -HnE "^ *# *include *[<\"]$2" {} + 2>/dev/null || true)
  [[ -z $found ]] && return
  printf '%s:\n%s\n' "$3" "$found"
  status=1
}

[[ -d core ]] || { echo "no core/ in $PWD"; exit 1; }
mapfile -t parts < <(ls -d core ops nn 2>/dev/null)
forbid core '(xtape/)?(ops|nn|xtape\.hpp)' 'core may not include ops or nn'
[[ -d ops ]] && forbid ops '(xtape/)?(nn|xtape\.hpp)' 'ops may not include nn'
[[ -d ops/kernels ]] && forbid ops/kernels \
  'xtape/(ops/([^fk]|f[^o]|k[^e])|core/(tensor|node|tape|record|storage|shape|backward|grad|view|array|random|xt))' \
  'kernels may not include what knows a Tensor, a Node or a shape'
forbid "${parts[*]}" '(core|ops|nn|\.)/' 'includes are written <xtape/...>'
exit $status
