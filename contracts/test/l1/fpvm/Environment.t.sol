// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStepVerifier} from "../../../src/interfaces/IStepVerifier.sol";
import {FpvmFixture, Machine, Proof} from "./FpvmFixture.sol";

/// Environment calls but reads of blobs.
contract EnvironmentTest is FpvmFixture {
    uint64 private constant EXIT = 93;
    uint64 private constant OPEN = 2560;
    uint64 private constant READ = 2561;
    uint64 private constant ML = 2562;
    bytes32 private constant OLD = bytes32(type(uint256).max);

    // --- numbers and pointers

    function test_unknown_numbers_trap() public view {
        uint64[8] memory numbers = [uint64(0), 92, 94, 2559, 2563, 1 << 32 | 93, 1 << 32 | 2560, type(uint64).max];
        for (uint256 i = 0; i < 8; ++i) {
            // Even where the pointer is no good.
            _expectTrap(_ecall(numbers[i], 1, 1), 5);
            _expectTrap(_ecall(numbers[i], DATA, DATA), 5);
        }
    }

    function test_misaligned_pointers_trap_first() public view {
        uint64[3] memory offsets = [uint64(1), 8, 16];
        for (uint256 i = 0; i < 3; ++i) {
            uint64 low = DATA + offsets[i];
            uint64 high = (1 << 32) + offsets[i];
            _expectTrap(_ecall(EXIT, DATA, low), 3);
            _expectTrap(_ecall(EXIT, DATA, high), 3);
            for (uint64 number = OPEN; number <= ML; ++number) {
                _expectTrap(_ecall(number, low, 9), 3);
                _expectTrap(_ecall(number, high, 9), 3);
            }
        }
    }

    function test_pointers_above_memory_trap() public view {
        uint64[2] memory pointers = [uint64(1 << 32), type(uint64).max - 31];
        for (uint256 i = 0; i < 2; ++i) {
            _expectTrap(_ecall(EXIT, DATA, pointers[i]), 4);
            for (uint64 number = OPEN; number <= ML; ++number) {
                // A kind that does not exist comes after the pointer.
                _expectTrap(_ecall(number, pointers[i], 9), 4);
            }
        }
    }

    // --- exit and oracle_open

    function test_exit_keeps_pc_and_takes_the_leaf_as_output() public view {
        uint64[4] memory codes = [uint64(0), 1, 0x1ff, type(uint64).max << 8];
        for (uint256 i = 0; i < 4; ++i) {
            Machine memory m = _ecall(EXIT, codes[i], 0xffffffe0);
            _setLeaf(m, 0xffffffe0, keccak256("output"));
            Machine memory after_ = _trapped(m, uint8(codes[i]));
            after_.key = keccak256("output");
            _expect(m, _dataProof(m, 0xffffffe0), after_);
        }
    }

    function test_open_sets_key_and_offset() public view {
        uint64[3] memory offsets = [uint64(0), 33, type(uint64).max];
        for (uint256 i = 0; i < 3; ++i) {
            Machine memory m = _ecall(OPEN, DATA, offsets[i]);
            _setLeaf(m, DATA, keccak256("new key"));
            Machine memory after_ = _next(m);
            (after_.key, after_.offset) = (keccak256("new key"), offsets[i]);
            _expect(m, _dataProof(m, DATA), after_);
        }
    }

    function test_each_call_that_does_not_trap_needs_its_leaf() public {
        uint64[3] memory numbers = [EXIT, OPEN, READ];
        for (uint256 i = 0; i < 3; ++i) {
            Machine memory m = _ecall(numbers[i], numbers[i] == EXIT ? 0 : DATA, numbers[i] == EXIT ? DATA : 0);
            m.key = 0;
            _refuses(m, _fetchProof(m), abi.encodeWithSelector(IStepVerifier.MemoryProofLength.selector, 1792, 896));
        }
    }

    // --- oracle_read

    function test_kinds_above_2_trap() public view {
        uint64[4] memory kinds = [uint64(3), 4, 1 << 32, type(uint64).max];
        for (uint256 i = 0; i < 4; ++i) {
            _expectTrap(_ecall(READ, DATA, kinds[i]), 5);
        }
    }

    function test_local_inputs() public view {
        for (uint256 key = 0; key < 8; ++key) {
            bytes32 input = _locals()[key];
            _readsLocal(key, 0, input, 32);
            _readsLocal(key, 1, input << 8, 31);
            _readsLocal(key, 31, input << 248, 1);
            _readsLocal(key, 32, 0, 0);
            _readsLocal(key, type(uint64).max, 0, 0);
        }
    }

    function test_there_are_eight_local_inputs() public view {
        uint256[4] memory keys = [uint256(8), 1 << 64, 1 << 255, type(uint256).max];
        for (uint256 i = 0; i < 4; ++i) {
            Machine memory m = _read(0, bytes32(keys[i]), 0);
            _expectTrap(m, 5);
        }
    }

    function test_preimages_at_offsets() public view {
        uint256[5] memory lengths = [uint256(0), 31, 32, 33, 64];
        uint64[8] memory offsets = [uint64(0), 1, 30, 31, 32, 33, 64, type(uint64).max];
        for (uint256 i = 0; i < 5; ++i) {
            for (uint256 k = 0; k < 8; ++k) {
                _readsPreimage(_bytes(lengths[i]), offsets[k]);
            }
        }
    }

    function testFuzz_preimages(bytes memory preimage, uint64 offset) public view {
        _readsPreimage(preimage, uint64(bound(offset, 0, preimage.length + 40)));
    }

    function test_other_preimages_are_refused_even_past_their_end() public {
        Machine memory m = _read(1, keccak256(_bytes(64)), 64);
        Proof memory p = _dataProof(m, DATA);
        p.oracleData = _bytes(63);
        bytes4 selector = IStepVerifier.PreimageMismatch.selector;
        _refuses(m, p, abi.encodeWithSelector(selector, m.key, keccak256(_bytes(63))));
        p.oracleData = "";
        _refuses(m, p, abi.encodeWithSelector(selector, m.key, keccak256("")));
    }

    function test_a_read_replaces_the_whole_fetched_leaf_if_told_so() public view {
        Machine memory m = _ecall(READ, PC, 0);
        (m.key, m.offset) = (0, 0);
        Machine memory after_ = _next(m);
        (after_.x[A0], after_.offset) = (32, 32);
        _setLeaf(after_, PC, _locals()[0]);
        _expect(m, _dataProof(m, PC), after_);
    }

    function test_oracle_data_without_use_is_refused() public {
        bytes memory refused = abi.encodeWithSelector(IStepVerifier.OracleDataLength.selector, 0, 1);
        Machine[6] memory ms = [
            _ecall(EXIT, 0, DATA),
            _ecall(OPEN, DATA, 0),
            _read(0, 0, 0),
            _read(2, 0, 131072),
            _machine(NOP),
            _ecall(READ, DATA, 3)
        ];
        for (uint256 i = 0; i < 6; ++i) {
            Proof memory p = i < 4 ? _dataProof(ms[i], DATA) : _fetchProof(ms[i]);
            p.oracleData = hex"00";
            _refuses(ms[i], p, refused);
        }
    }

    // --- helpers

    function _read(uint64 kind, bytes32 key, uint64 offset) private pure returns (Machine memory m) {
        m = _ecall(READ, DATA, kind);
        (m.key, m.offset) = (key, offset);
        _setLeaf(m, DATA, OLD);
    }

    function _reads(Machine memory m, bytes memory oracleData, bytes32 leaf, uint64 count) private view {
        Proof memory p = _dataProof(m, DATA);
        p.oracleData = oracleData;
        Machine memory after_ = _next(m);
        (after_.x[A0], after_.offset) = (count, m.offset + count);
        _setLeaf(after_, DATA, leaf);
        _expect(m, p, after_);
    }

    function _readsLocal(uint256 key, uint64 offset, bytes32 leaf, uint64 count) private view {
        _reads(_read(0, bytes32(key), offset), "", leaf, count);
    }

    function _readsPreimage(bytes memory preimage, uint64 offset) private view {
        bytes memory chunk = new bytes(32);
        uint64 count = 0;
        while (count < 32 && uint256(offset) + count < preimage.length) {
            chunk[count] = preimage[offset + count];
            ++count;
        }
        _reads(_read(1, keccak256(preimage), offset), preimage, bytes32(chunk), count);
    }

    /// 1, 2, 3, ..
    function _bytes(uint256 length) private pure returns (bytes memory out) {
        out = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            out[i] = bytes1(uint8(i + 1));
        }
    }
}
