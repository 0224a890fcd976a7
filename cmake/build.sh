#!/usr/bin/env bash
# Configures and builds: cmake/build.sh PRESET [TARGET...]. Says little unless something fails.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift

cmake/setup.sh
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! cmake --preset "$preset" ${CI:+-DXTAPE_WERROR=ON} >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
cmake --build --preset "$preset" ${1:+--target "$@"}
