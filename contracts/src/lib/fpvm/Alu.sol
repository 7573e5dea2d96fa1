// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Arithmetic of RV64IM
/// @notice Functions of (funct7, funct3) answer `ok = false` for an encoding that is not of RV64IM. Arithmetic wraps.
library Alu {
    uint256 private constant BASE = 0x00;
    uint256 private constant ALTERNATE = 0x20;
    uint256 private constant MULDIV = 0x01;

    /// @notice Opcode 0x33: registers.
    function op(uint256 funct7, uint256 funct3, uint64 a, uint64 b) internal pure returns (bool ok, uint64 result) {
        if (funct7 == BASE) return (true, _base(funct3, a, b));
        if (funct7 == MULDIV) return (true, funct3 < 4 ? _mul(funct3, a, b) : _div(funct3, a, b));
        if (funct7 != ALTERNATE) return (false, 0);
        unchecked {
            if (funct3 == 0) return (true, a - b);
        }
        return (funct3 == 5, uint64(int64(a) >> (b & 63)));
    }

    /// @notice Opcode 0x13: a register and an immediate. Shifts have 6 bits of it, and the rest is their funct6.
    function opImm(uint256 funct3, uint64 a, uint64 immediate) internal pure returns (bool ok, uint64 result) {
        if (funct3 != 1 && funct3 != 5) return (true, _base(funct3, a, immediate));
        uint64 shift = immediate & 63;
        uint64 funct6 = (immediate >> 6) & 63;
        if (funct6 == 0) return (true, _base(funct3, a, shift));
        return (funct3 == 5 && funct6 == 0x10, uint64(int64(a) >> shift));
    }

    /// @notice Opcode 0x3b: the low words of registers, the result sign-extended.
    function opW(uint256 funct7, uint256 funct3, uint64 a, uint64 b) internal pure returns (bool ok, uint64 result) {
        if (funct7 == MULDIV) return _mulDivW(funct3, a, b);
        unchecked {
            if (funct3 == 0 && funct7 == BASE) return (true, signExtend32(a + b));
            if (funct3 == 0 && funct7 == ALTERNATE) return (true, signExtend32(a - b));
        }
        return _shiftW(funct7, funct3, uint32(a), uint8(b & 31));
    }

    /// @notice Opcode 0x1b: a low word and an immediate. Shifts have 5 bits of it, and the rest is their funct7.
    function opImmW(uint256 funct3, uint64 a, uint64 immediate) internal pure returns (bool ok, uint64 result) {
        unchecked {
            if (funct3 == 0) return (true, signExtend32(a + immediate));
        }
        return _shiftW((immediate >> 5) & 0x7f, funct3, uint32(a), uint8(immediate & 31));
    }

    /// @notice Whether a branch is taken.
    function branch(uint256 funct3, uint64 a, uint64 b) internal pure returns (bool ok, bool taken) {
        if (funct3 == 0) return (true, a == b);
        if (funct3 == 1) return (true, a != b);
        if (funct3 == 4) return (true, int64(a) < int64(b));
        if (funct3 == 5) return (true, int64(a) >= int64(b));
        if (funct3 == 6) return (true, a < b);
        return (funct3 == 7, a >= b);
    }

    function signExtend32(uint64 a) internal pure returns (uint64) {
        return uint64(int64(int32(uint32(a))));
    }

    function _base(uint256 funct3, uint64 a, uint64 b) private pure returns (uint64) {
        unchecked {
            if (funct3 == 0) return a + b;
        }
        if (funct3 == 1) return a << (b & 63);
        if (funct3 == 2) return int64(a) < int64(b) ? 1 : 0;
        if (funct3 == 3) return a < b ? 1 : 0;
        if (funct3 == 4) return a ^ b;
        if (funct3 == 5) return a >> (b & 63);
        if (funct3 == 6) return a | b;
        return a & b;
    }

    /// @dev The products fit: 128 bits with sign in 256.
    function _mul(uint256 funct3, uint64 a, uint64 b) private pure returns (uint64) {
        unchecked {
            if (funct3 == 0) return a * b;
            if (funct3 == 3) return uint64((uint256(a) * b) >> 64);
            int256 right = funct3 == 1 ? int256(int64(b)) : int256(uint256(b));
            return uint64(uint256((int256(int64(a)) * right) >> 64));
        }
    }

    /// @dev Division by zero gives all ones and leaves the dividend. The least number by -1 gives itself and leaves 0:
    /// so it does in unchecked arithmetic.
    function _div(uint256 funct3, uint64 a, uint64 b) private pure returns (uint64) {
        if (b == 0) return funct3 < 6 ? type(uint64).max : a;
        unchecked {
            if (funct3 == 4) return uint64(int64(a) / int64(b));
            if (funct3 == 5) return a / b;
            if (funct3 == 6) return uint64(int64(a) % int64(b));
            return a % b;
        }
    }

    /// @dev As 64-bit operations: extended operands have the extended result, even where 32 bits overflow.
    function _mulDivW(uint256 funct3, uint64 a, uint64 b) private pure returns (bool ok, uint64 result) {
        if (funct3 == 0) return (true, signExtend32(_mul(0, a, b)));
        if (funct3 < 4) return (false, 0);
        bool isSigned = funct3 & 1 == 0;
        uint64 left = isSigned ? signExtend32(a) : uint32(a);
        uint64 right = isSigned ? signExtend32(b) : uint32(b);
        return (true, signExtend32(_div(funct3, left, right)));
    }

    function _shiftW(uint256 funct7, uint256 funct3, uint32 a, uint8 shift)
        private
        pure
        returns (bool ok, uint64 result)
    {
        if (funct7 == BASE && funct3 == 1) return (true, signExtend32(a << shift));
        if (funct7 == BASE && funct3 == 5) return (true, signExtend32(a >> shift));
        return (funct7 == ALTERNATE && funct3 == 5, uint64(int64(int32(a) >> shift)));
    }
}
