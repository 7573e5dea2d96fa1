// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITileReferee} from "../interfaces/ITileReferee.sol";
import {Call} from "../lib/referee/Call.sol";

/// @title The referee of one step of an ML operation
/// @notice Hands a step on to the referee of its operation. It and they have no state and no owner.
contract TileReferee is ITileReferee {
    using Call for bytes;

    /// @notice The referees, by the operations that they repeat.
    struct Referees {
        ITileReferee product; // MATMUL_I8, CONV2D_I8, REQUANT
        ITileReferee tilewise; // LUT8
        ITileReferee metric; // METRIC
        ITileReferee rows; // SOFTMAX_I8, LAYERNORM_I8
        ITileReferee image; // ADD_I8, POOL, GATHER, COMMIT
        ITileReferee attention; // SCORES_I8, MIX_I8
        ITileReferee update; // COSINE_GE, FEDAVG, TRIMMED_MEAN, APPLY_DELTA
        ITileReferee draw; // PRNG, SAMPLE
    }

    ITileReferee private immutable PRODUCT;
    ITileReferee private immutable TILEWISE;
    ITileReferee private immutable METRIC;
    ITileReferee private immutable ROWS;
    ITileReferee private immutable IMAGE;
    ITileReferee private immutable ATTENTION;
    ITileReferee private immutable UPDATE;
    ITileReferee private immutable DRAW;

    constructor(Referees memory referees) {
        PRODUCT = referees.product;
        TILEWISE = referees.tilewise;
        METRIC = referees.metric;
        ROWS = referees.rows;
        IMAGE = referees.image;
        ATTENTION = referees.attention;
        UPDATE = referees.update;
        DRAW = referees.draw;
    }

    /// @inheritdoc ITileReferee
    function step(State calldata, Witness calldata witness) external view returns (bytes32) {
        return bytes32(_ask(refereeOf(witness.request.word(0))));
    }

    /// @inheritdoc ITileReferee
    function steps(bytes calldata request, bytes calldata) external view returns (uint64) {
        return uint64(_ask(refereeOf(request.word(0))));
    }

    /// @notice Who repeats operations of this code.
    function refereeOf(uint256 code) public view returns (ITileReferee referee) {
        if (code >= 0x10 && code <= 0x12) referee = PRODUCT;
        else if (code == 0x13) referee = TILEWISE;
        else if (code == 0x14 || code == 0x15) referee = ROWS;
        else if (code == 0x01 || (code >= 0x16 && code <= 0x18)) referee = IMAGE;
        else if (code == 0x19 || code == 0x1a) referee = ATTENTION;
        else if (code == 0x30) referee = METRIC;
        else if (code == 0x31 || (code >= 0x40 && code <= 0x42)) referee = UPDATE;
        else if (code == 0x50 || code == 0x51) referee = DRAW;
        require(address(referee) != address(0), UnknownCode(code));
    }

    /// @dev The word that `referee` answers this very call with.
    function _ask(ITileReferee referee) private view returns (uint256 word) {
        (bool done, bytes memory answer) = address(referee).staticcall(msg.data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
        return abi.decode(answer, (uint256));
    }
}
