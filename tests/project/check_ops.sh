#!/usr/bin/env bash
# Every op that the tests recorded was gradient-checked to order two on three classes of shape: broadcast, small (an axis
# of extent 0 or 1, or no axis), and large (above the parallel grain, with an odd axis): check_ops.sh NOTES_DIR SOURCE_DIR,
# notes made by tests/support/checked_ops.cpp
set -euo pipefail
notes=$(sort -u "$1"/*.txt)
cd "$2"

checked=0 status=0
for op in $(awk '$2 == "recorded" {print $1}' <<<"$notes"); do
  # The tests' own ops, planted mistakes among them, are named in the tests alone.
  if ! grep -rqF "\"$op\"" core ops || grep -qF "record({\"$op\", at}" tests/support/ops.hpp; then continue; fi
  checked=$((checked + 1))
  for class in broadcast small large; do
    grep -qx "$op $class" <<<"$notes" && continue
    echo "$op: no check_grads of order two met it on a shape of class $class"
    status=1
  done
done
[[ $checked -ge 50 ]] || { echo "only $checked ops were recorded: does XTAPE_CHECKED_OPS reach the tests?"; exit 1; }
exit $status
