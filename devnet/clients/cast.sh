#!/bin/bash
# cast.sh CAST RPC_URL PRIVATE_KEY ARTIFACT: a transfer, and a token deployed and used, with cast.
set -euo pipefail
cast=$1 url=$2 key=$3 artifact=$4
field() { node -e 'console.log(JSON.parse(require("fs").readFileSync(0, "utf8"))[process.argv[1]])' "$1"; }
same() { [ "$1" = "$2" ] || { echo "cast: $3 is '$1', not '$2'" >&2; exit 1; }; }
run() { local command=$1; shift; "$cast" "$command" --rpc-url "$url" "$@"; }
send() { run send --private-key "$key" --json "$@"; }

to=0x00000000000000000000000000000000000bee03
before=$(run balance $to)
same "$(send $to --value 1.5ether | field status)" 0x1 "the status of a transfer"
same "$(run balance $to)" "$(node -p "BigInt('$before') + 1500000000000000000n + ''")" "the balance"

owner=$("$cast" wallet address --private-key "$key")
code=$(field bytecode <"$artifact")
arguments=$("$cast" abi-encode "constructor(address,uint256)" "$owner" 1000)
token=$(send --create "$code${arguments#0x}" | field contractAddress)
same "$(run call "$token" 'balanceOf(address)(uint256)' "$owner")" 1000 "the first balance"
sent=$(send "$token" 'transfer(address,uint256)' $to 7 | field transactionHash)
same "$(run call "$token" 'balanceOf(address)(uint256)' $to)" 7 "the balance after a transfer"
same "$(run receipt "$sent" status)" true "the receipt's status"
logs=$(run logs --from-block 0 --address "$token" --json 'Transfer(address indexed,address indexed,uint256)')
same "$(node -p 'JSON.parse(process.argv[1]).length' "$logs")" 2 "the number of logs"
echo "cast: ok"
