// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BridgeConfig} from "../../src/interfaces/IAnchorBridge.sol";
import {CheckpointStatus} from "../../src/interfaces/ICheckpoints.sol";
import {WithdrawalStatus} from "../../src/interfaces/IWithdrawals.sol";
import {ATNToken} from "../../src/l1/ATNToken.sol";
import {AnchorBridge} from "../../src/l1/AnchorBridge.sol";
import {Inbox} from "../../src/l1/Inbox.sol";
import {Hashing} from "../../src/lib/Hashing.sol";
import {CheckpointId} from "../../src/types/CheckpointId.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {Test} from "../Test.sol";

/// Token, inbox and bridge, deployed as on a real chain: the bridge's address predicted, its genesis supply allowed.
abstract contract BridgeFixture is Test {
    uint64 internal constant WINDOW = 1 days;
    uint256 internal constant BOND = 1000 ether;
    uint256 internal constant SUPPLY = 1_000_000_000 ether;
    uint256 internal constant GENESIS_SUPPLY = 10_000_000 ether;
    bytes32 internal constant CONFIG_HASH = keccak256("config");
    bytes32 internal constant GENESIS_HASH = keccak256("genesis block");
    bytes32 internal constant GENESIS_ROOT = keccak256("genesis message root");
    bytes32 internal constant BLOCK_HASH = keccak256("some block");

    address internal sequencer = makeAddr("sequencer");
    address internal guardian = makeAddr("guardian");
    address internal proposer = makeAddr("proposer");
    address internal alice = makeAddr("alice");
    ATNToken internal token;
    Inbox internal inbox;
    AnchorBridge internal bridge;

    function setUp() public virtual {
        vm.warp(1_700_000_000);
        vm.roll(1000);
        token = new ATNToken(address(this), SUPPLY);
        address predicted = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        inbox = new Inbox(sequencer, 1 hours, predicted);
        token.approve(predicted, GENESIS_SUPPLY);
        bridge = new AnchorBridge(bridgeConfig());
        assertEq(address(bridge), predicted);

        address[2] memory holders = [proposer, alice];
        for (uint256 i = 0; i < holders.length; ++i) {
            token.transfer(holders[i], SUPPLY / 10);
            vm.prank(holders[i]);
            token.approve(address(bridge), type(uint256).max);
        }
    }

    function bridgeConfig() internal view returns (BridgeConfig memory) {
        return BridgeConfig({
            token: token,
            inbox: inbox,
            configHash: CONFIG_HASH,
            challengeWindow: WINDOW,
            checkpointBond: BOND,
            guardian: guardian,
            genesisSupply: GENESIS_SUPPLY,
            genesisBlockHash: GENESIS_HASH,
            genesisMessageRoot: GENESIS_ROOT
        });
    }

    function id(uint64 number) internal pure returns (CheckpointId) {
        return CheckpointId.wrap(number);
    }

    function post(uint64 blockNumber, bytes32 messageRoot) internal returns (CheckpointId) {
        CheckpointId parent = bridge.latestConfirmed();
        vm.prank(proposer);
        return bridge.postCheckpoint(parent, blockNumber, BLOCK_HASH, messageRoot, 0, 0);
    }

    function confirm(CheckpointId checkpoint) internal {
        vm.warp(block.timestamp + WINDOW);
        bridge.confirmCheckpoint(checkpoint);
    }

    function statusOf(CheckpointId checkpoint) internal view returns (CheckpointStatus status) {
        (,,,,, status) = bridge.checkpoints(checkpoint);
    }

    function statusOf(Withdrawal memory w) internal view returns (WithdrawalStatus status) {
        (, status) = bridge.withdrawals(Hashing.withdrawal(w));
    }

    /// A message root under which only this withdrawal is sent: a trie of one leaf.
    function proofOf(Withdrawal memory w) internal pure returns (bytes32 root, bytes[] memory proof) {
        bytes32 key = keccak256(abi.encode(Hashing.sentMessageSlot(Hashing.withdrawal(w))));
        proof = new bytes[](1);
        proof[0] = abi.encodePacked(hex"e3a120", key, hex"01");
        root = keccak256(proof[0]);
    }

    function prove(Withdrawal memory w, CheckpointId checkpoint) internal {
        (bytes32 root, bytes[] memory proof) = proofOf(w);
        bridge.proveWithdrawal(w, checkpoint, BLOCK_HASH, root, 0, 0, proof);
    }

    /// Posts a checkpoint that shows the withdrawal, proves against it, and confirms it.
    function proveAndConfirm(Withdrawal memory w, uint64 blockNumber) internal returns (CheckpointId checkpoint) {
        (bytes32 root,) = proofOf(w);
        checkpoint = post(blockNumber, root);
        prove(w, checkpoint);
        confirm(checkpoint);
    }
}
