// node viem.mjs RPC_URL PRIVATE_KEY ARTIFACT: a transfer, and a token deployed and used, with viem.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createPublicClient, createWalletClient, defineChain, http, parseEther, parseEventLogs } from "viem";
import { privateKeyToAccount } from "viem/accounts";

const [url, key, file] = process.argv.slice(2);
const { abi, bytecode } = JSON.parse(readFileSync(file, "utf8"));
const transport = http(url);
const id = await createPublicClient({ transport }).getChainId();
const chain = defineChain({
  id,
  name: "Autonet devnet",
  nativeCurrency: { name: "Autonet", symbol: "ATN", decimals: 18 },
  rpcUrls: { default: { http: [url] } },
});
const reader = createPublicClient({ chain, transport, pollingInterval: 200 });
const account = privateKeyToAccount(key);
const wallet = createWalletClient({ account, chain, transport });
const mined = (hash) => reader.waitForTransactionReceipt({ hash, timeout: 30_000 });

const to = "0x00000000000000000000000000000000000bee01";
const before = await reader.getBalance({ address: to });
const transfer = await mined(await wallet.sendTransaction({ to, value: parseEther("1.5") }));
assert.equal(transfer.status, "success");
assert.equal(await reader.getBalance({ address: to }), before + parseEther("1.5"));

const deployed = await mined(await wallet.deployContract({ abi, bytecode, args: [account.address, 1000n] }));
const token = { address: deployed.contractAddress, abi };
assert.equal(await reader.readContract({ ...token, functionName: "balanceOf", args: [account.address] }), 1000n);
const sent = await mined(await wallet.writeContract({ ...token, functionName: "transfer", args: [to, 7n] }));
assert.equal(await reader.readContract({ ...token, functionName: "balanceOf", args: [to] }), 7n);

const logs = await reader.getContractEvents({ ...token, eventName: "Transfer", fromBlock: deployed.blockNumber });
assert.deepEqual(logs.map((log) => log.args.value), [1000n, 7n]);
assert.deepEqual(parseEventLogs({ abi, logs: sent.logs }).map((log) => log.args.value), [7n]);
assert.equal((await reader.getTransactionReceipt({ hash: sent.transactionHash })).blockHash, sent.blockHash);
await assert.rejects(
  reader.simulateContract({ ...token, functionName: "transfer", args: [to, 10_000n], account }),
  /ERC20InsufficientBalance/,
);
console.log("viem: ok");
