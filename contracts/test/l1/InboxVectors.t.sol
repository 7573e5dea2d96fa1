// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Inbox} from "../../src/l1/Inbox.sol";
import {AddressAlias} from "../../src/lib/AddressAlias.sol";
import {Hashing} from "../../src/lib/Hashing.sol";
import {Test} from "../Test.sol";

/// The hashes that L1, every node and every proof must agree on, against values that another tool computed.
contract InboxVectorsTest is Test {
    string private json = vm.readFile("test/vectors/inbox.json");

    function test_accumulators_are_those_of_the_vectors() public {
        address sequencer = vm.parseJsonAddress(json, ".sequencer");
        address bridge = vm.parseJsonAddress(json, ".bridge");
        _enterL1Block(0);
        Inbox inbox = new Inbox(sequencer, 1 hours, bridge);
        _enterL1Block(1);
        address from = AddressAlias.toL2(vm.parseJsonAddress(json, ".depositor"));
        vm.prank(bridge);
        inbox.enqueueDeposit(from, _bytes(1, "payload"));
        address forcer = vm.parseJsonAddress(json, _at(2, "sender"));
        vm.prank(forcer, forcer);
        inbox.forceTransaction(_bytes(2, "payload"));
        _enterL1Block(3);
        bytes memory data = vm.parseJsonBytes(json, ".batch.data");
        bytes32 delayedAcc = vm.parseJsonBytes32(json, ".batch.delayedAcc");
        vm.prank(sequencer, sequencer);
        inbox.postBatch(data, uint64(vm.parseJsonUint(json, ".batch.delayedCursor")), delayedAcc);

        assertEq(inbox.delayedCount(), 4);
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(inbox.delayedAccs(i), vm.parseJsonBytes32(json, _at(i, "acc")));
        }
        assertEq(inbox.batchAccs(0), vm.parseJsonBytes32(json, ".batch.acc"));
    }

    function test_alias_is_that_of_the_vectors() public view {
        address depositor = vm.parseJsonAddress(json, ".depositor");
        assertEq(AddressAlias.toL2(depositor), vm.parseJsonAddress(json, ".alias"));
    }

    function test_checkpoint_output_is_that_of_the_vectors() public view {
        bytes32 output = Hashing.checkpointOutput(
            vm.parseJsonBytes32(json, ".checkpoint.configHash"),
            vm.parseJsonBytes32(json, ".checkpoint.blockHash"),
            vm.parseJsonBytes32(json, ".checkpoint.messageRoot"),
            uint64(vm.parseJsonUint(json, ".checkpoint.batchCount")),
            uint64(vm.parseJsonUint(json, ".checkpoint.delayedCount"))
        );
        assertEq(output, vm.parseJsonBytes32(json, ".checkpoint.output"));
    }

    function _enterL1Block(uint256 message) private {
        uint256 number = _uint(message, "number");
        vm.roll(number);
        vm.warp(_uint(message, "time"));
        vm.fee(_uint(message, "baseFee"));
        _setBlobBaseFee(_uint(message, "blobBaseFee"));
        vm.prevrandao(vm.parseJsonBytes32(json, _at(message, "prevRandao")));
        vm.setBlockhash(number - 1, vm.parseJsonBytes32(json, _at(message, "parentHash")));
    }

    /// The cheatcode takes the excess blob gas, of which the fee is an exponential.
    function _setBlobBaseFee(uint256 fee) private {
        for (uint256 excess = 0; this.blobBaseFee() != fee; excess += 500_000) {
            vm.blobBaseFee(excess);
        }
    }

    function blobBaseFee() external view returns (uint256) {
        return block.blobbasefee;
    }

    function _uint(uint256 message, string memory field) private view returns (uint256) {
        return vm.parseJsonUint(json, _at(message, field));
    }

    function _bytes(uint256 message, string memory field) private view returns (bytes memory) {
        return vm.parseJsonBytes(json, _at(message, field));
    }

    function _at(uint256 message, string memory field) private pure returns (string memory) {
        return string.concat(".delayed[", vm.toString(message), "].", field);
    }
}
