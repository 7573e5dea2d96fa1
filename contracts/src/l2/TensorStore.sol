// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ITensorStore} from "../interfaces/ITensorStore.sol";
import {Dtype, ML} from "../lib/ML.sol";
import {Predeploys} from "../lib/Predeploys.sol";

contract TensorStore is ITensorStore {
    /// Rent of one byte for one second: about 32 ATN for a megabyte and a year.
    uint256 public constant RENT_WEI_PER_BYTE_SECOND = 1e6;

    /// Slot 0, read by the state transition: sizeBytes << 64 | paidUntil.
    mapping(bytes32 id => uint256 word) private _words;

    /// @inheritdoc ITensorStore
    function pin(bytes32 id, uint64 until) external payable {
        _pin(id, until);
    }

    /// @inheritdoc ITensorStore
    function put(uint8 dtype, uint32[] calldata dims, bytes calldata data, uint64 until)
        external
        payable
        returns (bytes32 id)
    {
        if (dims.length > 4) revert RankTooHigh(dims.length);
        uint256[4] memory padded;
        for (uint256 i = 0; i < dims.length; i++) {
            padded[i] = dims[i];
        }
        id = ML.commit(Dtype(dtype), dims.length, padded, data);
        _pin(id, until);
    }

    /// @inheritdoc ITensorStore
    function residency(bytes32 id) public view returns (uint256 sizeBytes, uint64 paidUntil) {
        uint256 word = _words[id];
        return (word >> 64, uint64(word));
    }

    /// @inheritdoc ITensorStore
    function isResident(bytes32 id) external view returns (bool) {
        (, uint64 paidUntil) = residency(id);
        return block.timestamp <= paidUntil;
    }

    /// @inheritdoc ITensorStore
    function rent(uint256 sizeBytes, uint256 durationSeconds) public pure returns (uint256) {
        return sizeBytes * durationSeconds * RENT_WEI_PER_BYTE_SECOND;
    }

    function _pin(bytes32 id, uint64 until) private {
        if (until <= block.timestamp) revert UntilInThePast(until);
        uint256 sizeBytes = ML.meta(id).sizeBytes; // Reverts if there are no bytes to keep.
        (, uint64 paidUntil) = residency(id);
        uint256 cost = 0;
        if (until > paidUntil) {
            cost = rent(sizeBytes, until - Math.max(paidUntil, block.timestamp));
            _words[id] = sizeBytes << 64 | until;
            emit TensorPinned(id, sizeBytes, until);
        }
        if (msg.value < cost) revert RentTooLow(msg.value, cost);
        _pay(cost);
    }

    function _pay(uint256 cost) private {
        if (cost > 0) {
            (bool paid,) = Predeploys.FEE_VAULT.call{value: cost}("");
            if (!paid) revert RentTransferFailed();
        }
        if (msg.value > cost) {
            (bool refunded,) = msg.sender.call{value: msg.value - cost}("");
            if (!refunded) revert RefundFailed(msg.sender);
        }
    }
}
