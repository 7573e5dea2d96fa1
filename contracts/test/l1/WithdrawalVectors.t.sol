// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IWithdrawals, WithdrawalStatus} from "../../src/interfaces/IWithdrawals.sol";
import {Hashing} from "../../src/lib/Hashing.sol";
import {CheckpointId} from "../../src/types/CheckpointId.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {BridgeFixture} from "./BridgeFixture.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";

/// Withdrawals and storage proofs of a real L2Messenger, as another client's eth_getProof gave them.
contract WithdrawalVectorsTest is BridgeFixture {
    uint256 private constant COUNT = 4;
    string private json;
    bytes32 private root;
    CheckpointId private checkpoint;

    function setUp() public override {
        super.setUp();
        json = vm.readFile("test/vectors/withdrawals.json");
        root = vm.parseJsonBytes32(json, ".messageRoot");
        checkpoint = post(5, root);
    }

    function test_hash_and_slot_are_those_of_the_messenger() public view {
        for (uint256 i = 0; i < COUNT; ++i) {
            bytes32 hash = Hashing.withdrawal(_withdrawal(i));
            assertEq(hash, vm.parseJsonBytes32(json, _at(i, "hash")));
            assertEq(Hashing.sentMessageSlot(hash), vm.parseJsonBytes32(json, _at(i, "slot")));
        }
    }

    function test_real_proofs_are_accepted_and_paid() public {
        for (uint256 i = 0; i < COUNT; ++i) {
            _prove(_withdrawal(i), _proof(_at(i, "proof")));
        }
        confirm(checkpoint);
        for (uint256 i = 0; i < COUNT; ++i) {
            Withdrawal memory w = _withdrawal(i);
            uint256 balance = token.balanceOf(w.target);
            bridge.finalizeWithdrawal(w);
            assertEq(token.balanceOf(w.target), balance + w.value);
            assertTrue(statusOf(w) == WithdrawalStatus.Finalized);
        }
    }

    function test_proof_of_another_withdrawal_is_refused() public {
        Withdrawal memory w = _withdrawal(0);
        bytes[] memory proof = _proof(_at(1, "proof"));
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.InvalidStorageProof.selector, Hashing.withdrawal(w)));
        _prove(w, proof);
    }

    function test_proof_of_absence_is_refused() public view {
        bytes32 slot = vm.parseJsonBytes32(json, ".absent.slot");
        bytes[] memory proof = _proof(".absent.proof");
        (, TrieProof.ProofError err) = TrieProof.tryTraverse(root, abi.encodePacked(keccak256(abi.encode(slot))), proof);
        assertTrue(err != TrieProof.ProofError.NO_ERROR);
    }

    function testFuzz_truncated_or_reordered_proof_is_refused(uint256 which, uint256 node, bool drop) public {
        Withdrawal memory w = _withdrawal(bound(which, 0, COUNT - 1));
        bytes[] memory proof = _proof(_at(bound(which, 0, COUNT - 1), "proof"));
        node = bound(node, 0, proof.length - 2);
        if (drop) {
            bytes[] memory shorter = new bytes[](proof.length - 1);
            for (uint256 i = 0; i < shorter.length; ++i) {
                shorter[i] = proof[i < node ? i : i + 1];
            }
            proof = shorter;
        } else {
            (proof[node], proof[node + 1]) = (proof[node + 1], proof[node]);
        }
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.InvalidStorageProof.selector, Hashing.withdrawal(w)));
        _prove(w, proof);
    }

    function testFuzz_any_flipped_bit_of_a_proof_is_refused(uint256 which, uint256 node, uint256 bit) public {
        uint256 i = bound(which, 0, COUNT - 1);
        Withdrawal memory w = _withdrawal(i);
        bytes[] memory proof = _proof(_at(i, "proof"));
        node = bound(node, 0, proof.length - 1);
        bit = bound(bit, 0, proof[node].length * 8 - 1);
        proof[node][bit / 8] ^= bytes1(uint8(1) << uint8(bit % 8));
        vm.expectRevert();
        _prove(w, proof);
    }

    function _prove(Withdrawal memory w, bytes[] memory proof) private {
        bridge.proveWithdrawal(w, checkpoint, BLOCK_HASH, root, 0, 0, proof);
    }

    function _withdrawal(uint256 i) private view returns (Withdrawal memory) {
        return Withdrawal({
            nonce: vm.parseJsonUint(json, _at(i, "nonce")),
            sender: vm.parseJsonAddress(json, _at(i, "sender")),
            target: vm.parseJsonAddress(json, _at(i, "target")),
            value: vm.parseJsonUint(json, _at(i, "value")),
            gasLimit: vm.parseJsonUint(json, _at(i, "gasLimit")),
            data: vm.parseJsonBytes(json, _at(i, "data"))
        });
    }

    function _proof(string memory key) private view returns (bytes[] memory) {
        return vm.parseJsonBytesArray(json, key);
    }

    function _at(uint256 i, string memory field) private pure returns (string memory) {
        return string.concat(".withdrawals[", vm.toString(i), "].", field);
    }
}
