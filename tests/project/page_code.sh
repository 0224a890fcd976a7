#!/usr/bin/env bash
# The C++ blocks of a page, one after the other: page_code.sh PAGE. Quotations of the tree's files are left out.
set -euo pipefail
echo "#line 1 \"$1\""
awk '
  /^<!-- from / { quotation = 1; next }
  /^```cpp/ { code = !quotation; quoted = quotation; quotation = 0; if (code) printf "#line %d\n", NR + 1; next }
  /^```/ { code = 0; next }
  code { print }
' "$1"
