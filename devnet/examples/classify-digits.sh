#!/bin/bash
# classify-digits.sh CAST RPC_URL PRIVATE_KEY [PROJECT]: deploys a contract that reads handwritten digits with the project's newest
# model (1, the devnet's first, unless told) and lets it classify eight images, each inside a transaction.
#
#   make devnet        # in another terminal, until a model is published
#   cast=contracts/node_modules/@foundry-rs/cast-linux-amd64/bin/cast
#   devnet/examples/classify-digits.sh $cast http://127.0.0.1:9545 0x<key of a funded account>
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
cast=$1 url=$2 key=$3 project=${4:-1}
root=$(cd "$(dirname "$0")/../.." && pwd)
projects=0x000000000000000000000000000000000000a211
field() { node -e 'console.log(JSON.parse(require("fs").readFileSync(0, "utf8"))[process.argv[1]])' "$1"; }
run() { local command=$1; shift; "$cast" "$command" --rpc-url "$url" "$@"; }
send() { run send --private-key "$key" --json "$@"; }

# The struct's first word.
model=$(run call $projects 'matureModel(uint256)(bytes32,bytes32,uint256,uint16,uint64)' "$project" | head -n 1)
case $model in 0x*[1-9a-f]*) ;; *) echo "project $project has no model yet" >&2; exit 1 ;; esac
echo "model      $model"

code=$(field bytecode <"$root/contracts/artifacts/DigitClassifier.json")
classifier=$(send --create "$code${model#0x}" | field contractAddress)
echo "classifier $classifier"

# A line of the data is 64 pixels and the label. These eight are spread over all of it.
right=0
for line in 5 150 400 700 950 1200 1500 1790; do
  IFS=, read -r -a row < <(gzip -dc "$root/agents/data/digits.csv.gz" | sed -n "${line}p")
  pixels=0x label=${row[64]%%[!0-9]*}
  for pixel in "${row[@]:0:64}"; do pixels+=$(printf '%02x' "${pixel%%[!0-9]*}"); done
  said=$(run call "$classifier" 'classify(bytes)(uint8)' "$pixels")
  sent=$(send "$classifier" 'record(bytes)' "$pixels")
  gas=$(($(field gasUsed <<<"$sent")))
  counted=$(run call "$classifier" 'recorded(uint256)(uint256)' "$said")
  [ "$(field status <<<"$sent")" = 0x1 ] && [ "$counted" -gt 0 ] || { echo "image $line was not recorded" >&2; exit 1; }
  if [ "$said" = "$label" ]; then right=$((right + 1)); verdict=right; else verdict=wrong; fi
  echo "image $line: a $label, classified as $said ($verdict), $gas gas"
done
echo "$right of 8 right"
[ "$right" -ge 6 ]
