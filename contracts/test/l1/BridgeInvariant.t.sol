// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CheckpointStatus} from "../../src/interfaces/ICheckpoints.sol";
import {WithdrawalStatus} from "../../src/interfaces/IWithdrawals.sol";
import {ATNToken} from "../../src/l1/ATNToken.sol";
import {AnchorBridge} from "../../src/l1/AnchorBridge.sol";
import {Hashing} from "../../src/lib/Hashing.sol";
import {CheckpointId} from "../../src/types/CheckpointId.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {Test} from "../Test.sol";
import {BridgeFixture} from "./BridgeFixture.sol";
import {Callee} from "./Callee.sol";

/// Does with the bridge whatever its users can, in any order, and counts what L2 would hold.
contract BridgeActor is Test {
    AnchorBridge private immutable bridge;
    ATNToken private immutable token;
    Callee private immutable callee;
    address[2] private users = [makeAddr("proposer"), makeAddr("alice")];
    Withdrawal[] private sent;
    mapping(uint256 at => CheckpointId) private provable;

    /// ATN on L2 and in deposits under way.
    uint256 public l2Supply;
    /// ATN in withdrawals under way.
    uint256 public inFlight;
    uint64 private nextBlock = 1;

    constructor(AnchorBridge bridge_, ATNToken token_) {
        bridge = bridge_;
        token = token_;
        callee = new Callee(bridge_);
        l2Supply = bridge_.lockedAtn();
    }

    function deposit(uint256 user, uint256 amount) external {
        address from = users[user % 2];
        amount = bound(amount, 0, token.balanceOf(from));
        vm.prank(from);
        bridge.deposit(from, amount, 100_000, "");
        l2Supply += amount;
    }

    /// Burns on L2, and posts a checkpoint that shows it.
    function withdraw(uint256 user, uint256 value, bool call, bool failing, uint64 blockStep) external {
        value = bound(value, 0, l2Supply);
        callee.setFailing(failing);
        Withdrawal memory w = Withdrawal({
            nonce: sent.length,
            sender: users[user % 2],
            target: call ? address(callee) : users[user % 2],
            value: value,
            gasLimit: 200_000,
            data: call ? abi.encodeCall(Callee.note, (0, "")) : bytes("")
        });
        address proposer = users[user % 2];
        if (token.balanceOf(proposer) < bridge.checkpointBond()) return;
        l2Supply -= value;
        inFlight += value;
        (bytes32 root,) = _leaf(w);
        // Now and then a block that is behind: such a checkpoint may be superseded.
        uint64 number = nextBlock + blockStep % 3;
        CheckpointId parent = bridge.latestConfirmed();
        (,,, uint64 parentBlock,,) = bridge.checkpoints(parent);
        if (number <= parentBlock) number = parentBlock + 1;
        vm.prank(proposer);
        provable[sent.length] = bridge.postCheckpoint(parent, number, 0, root, 0, 0);
        sent.push(w);
    }

    function prove(uint256 which) external {
        if (sent.length == 0) return;
        Withdrawal memory w = sent[which % sent.length];
        if (_statusOf(w) != WithdrawalStatus.None) return;
        CheckpointId checkpoint = provable[which % sent.length];
        if (_statusOf(checkpoint) == CheckpointStatus.Superseded) return;
        (bytes32 root, bytes[] memory proof) = _leaf(w);
        bridge.proveWithdrawal(w, checkpoint, 0, root, 0, 0, proof);
    }

    function settle(uint256 which, uint256 time) external {
        vm.warp(block.timestamp + bound(time, 0, 2 * bridge.challengeWindow()));
        if (sent.length == 0) return;
        CheckpointId checkpoint = provable[which % sent.length];
        (,, uint64 postedAt, uint64 number,, CheckpointStatus status) = bridge.checkpoints(checkpoint);
        if (status != CheckpointStatus.Pending || block.timestamp < postedAt + bridge.challengeWindow()) return;
        (,,, uint64 newest,,) = bridge.checkpoints(bridge.latestConfirmed());
        if (number <= newest) return bridge.supersedeCheckpoint(checkpoint);
        bridge.confirmCheckpoint(checkpoint);
        nextBlock = number + 1;
    }

    function finalize(uint256 which) external {
        if (sent.length == 0) return;
        Withdrawal memory w = sent[which % sent.length];
        (CheckpointId checkpoint, WithdrawalStatus status) = bridge.withdrawals(Hashing.withdrawal(w));
        if (status != WithdrawalStatus.Proven || _statusOf(checkpoint) != CheckpointStatus.Confirmed) return;
        bridge.finalizeWithdrawal(w);
        inFlight -= w.value;
    }

    function replay(uint256 which) external {
        if (sent.length == 0) return;
        Withdrawal memory w = sent[which % sent.length];
        if (_statusOf(w) != WithdrawalStatus.CallFailed) return;
        callee.setFailing(false);
        bridge.replay(w);
    }

    function takeBond(uint256 user) external {
        address proposer = users[user % 2];
        if (bridge.freeBonds(proposer) == 0) return;
        vm.prank(proposer);
        bridge.withdrawBond();
    }

    function _leaf(Withdrawal memory w) private pure returns (bytes32 root, bytes[] memory proof) {
        bytes32 key = keccak256(abi.encode(Hashing.sentMessageSlot(Hashing.withdrawal(w))));
        proof = new bytes[](1);
        proof[0] = abi.encodePacked(hex"e3a120", key, hex"01");
        root = keccak256(proof[0]);
    }

    function _statusOf(Withdrawal memory w) private view returns (WithdrawalStatus status) {
        (, status) = bridge.withdrawals(Hashing.withdrawal(w));
    }

    function _statusOf(CheckpointId checkpoint) private view returns (CheckpointStatus status) {
        (,,,,, status) = bridge.checkpoints(checkpoint);
    }
}

contract BridgeInvariantTest is BridgeFixture {
    BridgeActor private actor;

    function setUp() public override {
        super.setUp();
        actor = new BridgeActor(bridge, token);
        targetContract(address(actor));
    }

    function invariant_bridge_holds_exactly_what_is_locked_and_bonded() public view {
        assertEq(token.balanceOf(address(bridge)), bridge.lockedAtn() + bridge.bondedAtn());
    }

    function invariant_locked_is_l2_supply_and_what_is_under_way() public view {
        assertEq(bridge.lockedAtn(), actor.l2Supply() + actor.inFlight());
    }

    function invariant_bonds_are_those_of_pending_checkpoints_and_the_free_ones() public view {
        uint256 pending;
        for (uint64 i = 0; i < bridge.checkpointCount(); ++i) {
            if (statusOf(id(i)) == CheckpointStatus.Pending) pending++;
        }
        uint256 free = bridge.freeBonds(proposer) + bridge.freeBonds(alice);
        assertEq(bridge.bondedAtn(), pending * BOND + free);
    }
}
