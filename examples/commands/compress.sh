#!/usr/bin/env bash
# Compresses the 25 largest data files of the npm package vega-datasets with gzip: one after the other, and then with
# `megalith run --each`, as many at once as there are processors. At the end every byte is compared.
set -euo pipefail
cd "$(dirname "$0")/.."
megalith() { node ../packages/cli/bin/run.cjs "$@"; }
TIMEFORMAT='%R s'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/one-by-one" "$work/together"
for file in $(ls -S node_modules/vega-datasets/data/* | head -25); do
  cp "$file" "$work/one-by-one"
  cp "$file" "$work/together"
done

echo 'one after the other:'
time for file in "$work"/one-by-one/*; do gzip -9 -n "$file"; done

echo 'with megalith:'
time megalith run --each "$work/together/*" -- gzip -9 -n {}

diff -r "$work/one-by-one" "$work/together"
echo "the same $(ls "$work/together" | wc -l) files, byte for byte"
