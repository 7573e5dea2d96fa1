// node ethers.mjs RPC_URL PRIVATE_KEY ARTIFACT: a transfer, and a token deployed and used, with ethers.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { ContractFactory, JsonRpcProvider, NonceManager, Wallet, isError, parseEther } from "ethers";

const [url, key, file] = process.argv.slice(2);
const { abi, bytecode } = JSON.parse(readFileSync(file, "utf8"));
const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1 });
provider.pollingInterval = 200;
const wallet = new NonceManager(new Wallet(key, provider));
const owner = await wallet.getAddress();

const to = "0x00000000000000000000000000000000000bee02";
const before = await provider.getBalance(to);
const transfer = await (await wallet.sendTransaction({ to, value: parseEther("1.5") })).wait();
assert.equal(transfer.status, 1);
assert.equal(await provider.getBalance(to), before + parseEther("1.5"));

const token = await new ContractFactory(abi, bytecode, wallet).deploy(owner, 1000n);
await token.waitForDeployment();
assert.equal(await token.balanceOf(owner), 1000n);
const sent = await (await token.transfer(to, 7n)).wait();
assert.equal(await token.balanceOf(to), 7n);

const { blockNumber } = await token.deploymentTransaction().wait();
const logs = await token.queryFilter(token.filters.Transfer(), blockNumber);
assert.deepEqual(logs.map((log) => log.args.value), [1000n, 7n]);
assert.deepEqual(sent.logs.map((log) => log.args.value), [7n]);
assert.equal((await provider.getTransactionReceipt(sent.hash)).blockHash, sent.blockHash);
await assert.rejects(token.transfer.staticCall(to, 10_000n), (error) => isError(error, "CALL_EXCEPTION"));
provider.destroy();
console.log("ethers: ok");
