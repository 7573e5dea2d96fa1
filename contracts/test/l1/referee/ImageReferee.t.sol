// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITileReferee} from "../../../src/interfaces/ITileReferee.sol";
import {ImageReferee} from "../../../src/l1/referee/ImageReferee.sol";
import {RefereeGroup} from "./RefereeGroup.sol";

contract ImageRefereeTest is RefereeGroup {
    function setUp() public {
        referees.image = new ImageReferee();
        deploy();
        names = ["add", "gather", "pool", "commit"];
    }

    function testFuzz_a_commitment_takes_a_step_for_each_tile(bool wide, uint256 rank, uint256[4] memory dims) public {
        (uint256 rows, uint256 cols) = _bound(rank = 1 + rank % 4, dims);
        uint256 size = rows * cols * (wide ? 4 : 1);
        bytes memory pieces = _pieces(false, (size + 15) / 16, 16);
        uint256 count = (rows + 15) / 16 * ((cols + 15) / 16);
        bytes memory request = _commit(wide ? 1 : 0, rank, dims, pieces);
        if (size > 128 * 1024) vm.expectRevert(ITileReferee.WrongRequest.selector);
        uint256 steps = referee.steps(request, pieces);
        if (size <= 128 * 1024) assertEq(steps, count);
    }

    function testFuzz_words_that_are_no_shape_are_refused(
        uint256 rank,
        uint256[4] memory dims,
        uint256 at,
        uint256 word
    ) public {
        (uint256 rows, uint256 cols) = _bound(rank = 1 + rank % 4, dims);
        bytes memory pieces = _pieces(false, (rows * cols + 15) / 16, 16);
        uint256 dtype = 0;
        at %= 6;
        if (at == 0) dtype = word < 2 ? word + 2 : word;
        else if (at == 1 && word % 3 == 0) (rank, dims) = (0, [uint256(0), 0, 0, 0]);
        else if (at == 1) rank = word < 5 ? word + 5 : word;
        else if (at - 2 < rank) dims[at - 2] = word > 0 && word <= 65_536 ? 0 : word;
        else dims[at - 2] = word == 0 ? 1 : word;
        bytes memory request = _commit(dtype, rank, dims, pieces);
        vm.expectRevert(ITileReferee.WrongRequest.selector);
        referee.steps(request, pieces);
    }

    function testFuzz_pieces_of_other_bytes_are_refused(
        uint256 rank,
        uint256[4] memory dims,
        bool wide,
        uint16[2] memory other
    ) public {
        (uint256 rows, uint256 cols) = _bound(rank = 1 + rank % 4, dims);
        uint256 right = (rows * cols + 15) / 16;
        // Some are right but for one of type, rows and columns.
        rows = other[0] % 3 == 0 ? right : other[0] % 3 == 1 ? right + 1 : other[0];
        cols = other[1] % 2 == 0 ? 16 : other[1];
        vm.assume(wide || rows != right || cols != 16);
        bytes memory pieces = _pieces(wide, rows, cols);
        bytes memory request = _commit(0, rank, dims, pieces);
        vm.expectRevert(ITileReferee.WrongOperands.selector);
        referee.steps(request, pieces);
    }

    /// Dimensions of a small tensor, 0 beyond its rank.
    function _bound(uint256 rank, uint256[4] memory dims) private pure returns (uint256 rows, uint256 cols) {
        rows = 1;
        for (uint256 i = 0; i < 4; i++) {
            dims[i] = i < rank ? 1 + dims[i] % 18 : 0;
            if (i + 1 < rank) rows *= dims[i];
        }
        cols = dims[rank - 1];
    }

    function _pieces(bool wide, uint256 rows, uint256 cols) private pure returns (bytes memory) {
        return abi.encodePacked("AUT1", wide, uint8(2), uint32(rows), uint32(cols), keccak256("root"));
    }

    function _commit(uint256 dtype, uint256 rank, uint256[4] memory dims, bytes memory pieces)
        private
        pure
        returns (bytes memory)
    {
        return abi.encode(1, dtype, rank, dims, keccak256(pieces));
    }
}
