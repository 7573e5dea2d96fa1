// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStepVerifier} from "../../../src/interfaces/IStepVerifier.sol";
import {FpvmFixture, Machine} from "./FpvmFixture.sol";

/// Loads and stores: x5 is the base, x7 what is loaded, x6 what is stored.
contract Rv64MemoryTest is FpvmFixture {
    /// Its even bytes have the sign bit set, its odd ones do not.
    bytes32 private constant LEAF = 0x800182038405860788098a0b8c0d8e0f901192139415961798199a1b9c1d9e1f;

    function test_loads_at_every_aligned_address_of_a_leaf() public view {
        for (uint32 funct3 = 0; funct3 < 7; ++funct3) {
            uint256 size = 1 << (funct3 & 3);
            for (uint64 at = 0; at < 32; at += uint64(size)) {
                Machine memory m = _load(funct3, DATA + at);
                Machine memory after_ = _next(m);
                after_.x[7] = _littleEndian(at, size, funct3 < 4);
                _expect(m, _dataProof(m, DATA + at), after_, vm.toString(8 * at + funct3));
            }
        }
    }

    function test_loads_extend_signs_or_zeros() public view {
        _loads(0, 0xffffffffffffff80);
        _loads(1, 0x0180);
        _loads(2, 0x03820180);
        _loads(3, 0x0786058403820180);
        _loads(4, 0x80);
        _loads(5, 0x0180);
        _loads(6, 0x03820180);
    }

    function test_stores_at_every_aligned_address_of_a_leaf() public view {
        for (uint32 funct3 = 0; funct3 < 4; ++funct3) {
            uint256 size = 1 << funct3;
            for (uint64 at = 0; at < 32; at += uint64(size)) {
                Machine memory m = _store(funct3, DATA + at);
                Machine memory after_ = _next(m);
                for (uint256 i = 0; i < size; ++i) {
                    _setByte(after_, DATA + at + i, uint8(m.x[6] >> (8 * i)));
                }
                _expect(m, _dataProof(m, DATA + at), after_, vm.toString(8 * at + funct3));
            }
        }
    }

    function test_the_address_is_the_base_plus_a_signed_offset_modulo_2_64() public view {
        _loadsFrom(DATA + 8, -8, DATA);
        _loadsFrom(DATA - 2047, 2047, DATA);
        _loadsFrom(DATA + 2048, -2048, DATA);
        _loadsFrom(type(uint64).max, 1, 0);
        _loadsFrom((1 << 32) + 0x400, -0x408, 0xfffffff8);
    }

    function test_stores_have_the_immediate_in_two_pieces() public view {
        int32[10] memory offsets = [int32(0), 1, 2, 4, 8, 0x10, 0x20, 0x7ff, -0x800, -1];
        for (uint256 i = 0; i < 10; ++i) {
            _storesTo(offsets[i], 6);
            _storesTo(offsets[i], 31);
        }
    }

    function test_misaligned_accesses_trap_first() public view {
        for (uint32 funct3 = 1; funct3 < 7; ++funct3) {
            for (uint64 off = 1; off < (1 << (funct3 & 3)); ++off) {
                _expectTrap(_load(funct3, DATA + off), 3);
                _expectTrap(_load(funct3, (1 << 32) + off), 3);
                if (funct3 > 3) continue;
                _expectTrap(_store(funct3, DATA + off), 3);
                _expectTrap(_store(funct3, (1 << 32) + off), 3);
            }
        }
    }

    function test_accesses_above_memory_trap() public view {
        for (uint32 funct3 = 0; funct3 < 7; ++funct3) {
            _expectTrap(_load(funct3, 1 << 32), 4);
            _expectTrap(_load(funct3, type(uint64).max - 7), 4);
            if (funct3 < 4) _expectTrap(_store(funct3, 1 << 32), 4);
        }
    }

    function test_an_illegal_width_traps_whatever_the_address() public view {
        _expectTrap(_load(7, DATA + 1), 2);
        _expectTrap(_load(7, 1 << 32), 2);
        Machine memory m = _machine(_s(0, 4, 5, 6));
        m.x[5] = DATA + 1;
        _expectTrap(m, 2);
    }

    function test_loads_to_x0_access_memory_too() public {
        Machine memory m = _machine(_i(0, 3, 0x03, 0, 5));
        m.x[5] = DATA;
        _expect(m, _dataProof(m, DATA), _next(m));
        bytes memory refused = abi.encodeWithSelector(IStepVerifier.MemoryProofLength.selector, 2 * PART, PART);
        _refuses(m, _fetchProof(m), refused);
        m.x[5] = DATA + 1;
        _expectTrap(m, 3);
    }

    function test_a_store_may_change_the_fetched_leaf() public view {
        Machine memory m = _machine(_s(0, 3, 5, 6));
        m.x[5] = PC;
        Machine memory after_ = _next(m);
        for (uint256 k = 0; k < 8; ++k) {
            _setByte(after_, PC + k, 6);
        }
        _expect(m, _dataProof(m, PC), after_);
    }

    function test_a_load_of_its_own_base_register() public view {
        Machine memory m = _machine(_i(0, 3, 0x03, 5, 5));
        m.x[5] = DATA;
        _setLeaf(m, DATA, LEAF);
        Machine memory after_ = _next(m);
        after_.x[5] = 0x0786058403820180;
        _expect(m, _dataProof(m, DATA), after_);
    }

    // --- helpers

    function _load(uint32 funct3, uint64 address_) private pure returns (Machine memory m) {
        m = _machine(_i(0, funct3, 0x03, 7, 5));
        m.x[5] = address_;
        _setLeaf(m, DATA, LEAF);
    }

    function _store(uint32 funct3, uint64 address_) private pure returns (Machine memory m) {
        m = _machine(_s(0, funct3, 5, 6));
        m.x[5] = address_;
        m.x[6] = 0xf1e2d3c4b5a69788;
        _setLeaf(m, DATA, LEAF);
    }

    function _loads(uint32 funct3, uint64 value) private view {
        Machine memory m = _load(funct3, DATA);
        Machine memory after_ = _next(m);
        after_.x[7] = value;
        _expect(m, _dataProof(m, DATA), after_);
    }

    function _loadsFrom(uint64 base, int32 imm, uint64 address_) private view {
        Machine memory m = _machine(_i(imm, 4, 0x03, 7, 5));
        m.x[5] = base;
        _setByte(m, address_, 0xab);
        Machine memory after_ = _next(m);
        after_.x[7] = 0xab;
        _expect(m, _dataProof(m, address_), after_);
    }

    /// A register of which every byte is its number: rs2 lies between the pieces.
    function _storesTo(int32 offset, uint8 rs2) private view {
        Machine memory m = _machine(_s(offset, 0, 5, rs2));
        m.x[5] = DATA;
        uint64 address_ = uint64(int64(DATA) + offset);
        Machine memory after_ = _next(m);
        _setByte(after_, address_, rs2);
        _expect(m, _dataProof(m, address_), after_);
    }

    /// From the last byte to the first, as it is read in a number.
    function _littleEndian(uint256 at, uint256 size, bool signed) private pure returns (uint64 value) {
        uint8 last = uint8(LEAF[at + size - 1]);
        value = signed && last >= 0x80 ? type(uint64).max : 0;
        for (uint256 i = size; i > 0; --i) {
            value = (value << 8) | uint8(LEAF[at + i - 1]);
        }
    }
}
