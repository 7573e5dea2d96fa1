// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITileReferee} from "../../interfaces/ITileReferee.sol";

/// @title Requests on commitments
library Call {
    /// @notice What an operand's id says of it.
    struct Operand {
        bool present;
        bool wide; // I32, else I8
        uint256 rows; // of the matrix view
        uint256 cols;
        bytes32 root; // over the tiles
    }

    uint256 private constant MAX_RANK = 4;
    uint256 private constant MAX_DIM = 65_536;

    /// @notice Word `index` of a request; word 0 is the code.
    function word(bytes calldata request, uint256 index) internal pure returns (uint256) {
        require(request.length >= 32 * (index + 1), ITileReferee.WrongRequest());
        return uint256(bytes32(request[32 * index:]));
    }

    /// @notice The operands whose ids are the words of a request from `first` on.
    /// @param preimages "AUT1" | dtype | rank | dims | root of each that is not absent.
    function operands(bytes calldata request, uint256 first, bytes calldata preimages)
        internal
        pure
        returns (Operand[] memory all)
    {
        require(request.length % 32 == 0 && request.length >= 32 * first, ITileReferee.WrongRequest());
        all = new Operand[](request.length / 32 - first);
        for (uint256 i = 0; i < all.length; i++) {
            bytes32 id = bytes32(word(request, first + i));
            if (id == 0) continue;
            uint256 length = _length(preimages);
            require(keccak256(preimages[:length]) == id, ITileReferee.WrongOperands());
            _read(all[i], preimages[:length]);
            preimages = preimages[length:];
        }
        require(preimages.length == 0, ITileReferee.TrailingBytes());
    }

    /// @notice The shape that words of a request from `first` on are: dtype | rank | 4 dims, 0 beyond the rank. It has no root.
    function shape(bytes calldata request, uint256 first) internal pure returns (Operand memory result) {
        (uint256 dtype, uint256 rank) = (word(request, first), word(request, first + 1));
        require(dtype <= 1 && rank >= 1 && rank <= MAX_RANK, ITileReferee.WrongRequest());
        result.present = true;
        result.wide = dtype == 1;
        result.rows = 1;
        for (uint256 i = 0; i < MAX_RANK; i++) {
            uint256 dim = word(request, first + 2 + i);
            require(i < rank ? dim >= 1 && dim <= MAX_DIM : dim == 0, ITileReferee.WrongRequest());
            if (i + 1 < rank) result.rows *= dim;
            else if (i + 1 == rank) result.cols = dim;
        }
    }

    /// @dev Length of the preimage that comes first.
    function _length(bytes calldata preimages) private pure returns (uint256 length) {
        require(preimages.length >= 6, ITileReferee.WrongOperands());
        uint256 rank = uint8(preimages[5]);
        length = 38 + 4 * rank;
        require(rank >= 1 && rank <= MAX_RANK && preimages.length >= length, ITileReferee.WrongOperands());
    }

    function _read(Operand memory operand, bytes calldata preimage) private pure {
        uint256 last = preimage.length - 36;
        uint256 dtype = uint8(preimage[4]);
        require(bytes4(preimage) == "AUT1" && dtype <= 1, ITileReferee.WrongOperands());
        operand.present = true;
        operand.wide = dtype == 1;
        operand.rows = 1;
        for (uint256 at = 6; at < last; at += 4) {
            operand.rows *= _dim(preimage, at);
        }
        operand.cols = _dim(preimage, last);
        operand.root = bytes32(preimage[last + 4:]);
    }

    function _dim(bytes calldata preimage, uint256 at) private pure returns (uint256 dim) {
        dim = uint32(bytes4(preimage[at:]));
        require(dim >= 1 && dim <= MAX_DIM, ITileReferee.WrongOperands());
    }
}
