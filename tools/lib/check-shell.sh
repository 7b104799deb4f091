#!/usr/bin/env bash
# Every shell script passes shellcheck.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mapfile -t scripts < <(git ls-files | while read -r file; do
    if [[ -f $file && ! -L $file ]] && head -n 1 "$file" | tr -d '\0' | grep -qE '^#!.*\b(ba)?sh\b'; then
        echo "$file"
    fi
done)
shellcheck -x "${scripts[@]}" tools/lib/install.sh
