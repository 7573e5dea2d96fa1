// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Yuma, YumaParams} from "../../src/lib/Yuma.sol";
import {Test} from "../Test.sol";

/// The vectors that the reference in Rust writes (contracts/genesis/tests/it/yuma.rs), and what must hold for any votes.
contract YumaTest is Test {
    string private constant VECTORS = "test/vectors/yuma.jsonl";
    uint256 private constant EPOCHS = 1000;
    YumaParams private params = YumaParams({kappa: Yuma.ONE / 2, alpha: Yuma.ONE / 10, beta: Yuma.ONE});

    function test_epochs_are_settled_as_the_reference_settles_them() public view {
        uint256 count = 0;
        string memory line = vm.readLine(VECTORS);
        while (bytes(line).length > 0) {
            _check(line);
            count++;
            line = vm.readLine(VECTORS);
        }
        assertEq(count, EPOCHS);
    }

    struct Epoch {
        YumaParams params;
        uint256[] s;
        uint256[] scores;
        uint256[] bonds;
        uint256[] newBonds;
        uint256[] consensus;
        uint256[] ranks;
        uint256[] dividends;
        uint256[] shares;
    }

    function _check(string memory line) private pure {
        Epoch memory e;
        e.params.kappa = Yuma.ONE / 2;
        e.params.alpha = vm.parseJsonUint(line, ".alpha");
        e.params.beta = vm.parseJsonUint(line, ".beta");
        e.s = Yuma.normalizeDown(vm.parseJsonUintArray(line, ".stakes"));
        e.scores = vm.parseJsonUintArray(line, ".scores");
        e.bonds = vm.parseJsonUintArray(line, ".bonds");
        e.newBonds = vm.parseJsonUintArray(line, ".newBonds");
        e.consensus = vm.parseJsonUintArray(line, ".consensus");
        e.ranks = vm.parseJsonUintArray(line, ".ranks");
        e.dividends = vm.parseJsonUintArray(line, ".dividends");
        e.shares = new uint256[](e.s.length);
        for (uint256 j = 0; j < e.consensus.length; j++) {
            _checkColumn(e, j, line);
        }
        for (uint256 i = 0; i < e.s.length; i++) {
            assertEq(e.s[i] * e.shares[i] >> 32, e.dividends[i], line);
        }
    }

    function _checkColumn(Epoch memory e, uint256 j, string memory line) private pure {
        uint256 rows = e.s.length;
        uint256[] memory weights = _slice(e.scores, j, rows);
        for (uint256 i = 0; i < rows; i++) {
            weights[i] = weights[i] * Yuma.ONE / 10_000;
        }
        uint256[] memory column = _slice(e.bonds, j, rows);
        (uint256 consensus, uint256 rank) = Yuma.column(e.params, e.s, weights, column, e.shares);
        assertEq(consensus, e.consensus[j], line);
        assertEq(rank, e.ranks[j], line);
        for (uint256 i = 0; i < rows; i++) {
            assertEq(column[i], e.newBonds[j * rows + i], line);
        }
    }

    function _slice(uint256[] memory matrix, uint256 column, uint256 rows)
        private
        pure
        returns (uint256[] memory part)
    {
        part = new uint256[](rows);
        for (uint256 i = 0; i < rows; i++) {
            part[i] = matrix[column * rows + i];
        }
    }

    /// Whoever has less than half of the stake cannot push a consensus above what all others say, however it votes.
    function testFuzz_attack_moving_the_consensus_with_a_minority(uint96 minority, uint16 honest, uint16 pushed)
        public
        view
    {
        uint256[] memory stakes = new uint256[](3);
        (stakes[0], stakes[1]) = (uint256(minority) + 2, uint256(minority) + 2);
        stakes[2] = minority;
        uint256[] memory s = Yuma.normalizeDown(stakes);
        uint256[] memory weights = new uint256[](3);
        honest = uint16(bound(honest, 0, 10_000));
        weights[0] = weights[1] = uint256(honest) * Yuma.ONE / 10_000;
        weights[2] = uint256(bound(pushed, 0, 10_000)) * Yuma.ONE / 10_000;
        assertEq(Yuma.consensusOf(params.kappa, s, weights), weights[0]);
    }

    function testFuzz_what_is_given_out_is_never_more_than_one(
        uint96[6] memory rawStakes,
        uint16[6] memory scores,
        uint32[6] memory rawBonds
    ) public view {
        uint256[] memory stakes = new uint256[](6);
        uint256[] memory weights = new uint256[](6);
        uint256[] memory bonds = new uint256[](6);
        uint256[] memory shares = new uint256[](6);
        for (uint256 i = 0; i < 6; i++) {
            (stakes[i], bonds[i]) = (rawStakes[i], rawBonds[i]);
            weights[i] = bound(scores[i], 0, 10_000) * Yuma.ONE / 10_000;
        }
        uint256[] memory s = Yuma.normalizeDown(stakes);
        (uint256 consensus, uint256 rank) = Yuma.column(params, s, weights, bonds, shares);
        assertLe(rank, consensus);
        uint256 sum = 0;
        for (uint256 i = 0; i < 6; i++) {
            assertLe(bonds[i], Yuma.ONE);
            sum += shares[i];
        }
        assertLe(sum, rank);
    }
}
