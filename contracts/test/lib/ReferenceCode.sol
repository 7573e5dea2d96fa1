// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// The field and the code once more, byte by byte, by other means than the contracts: long division and exponents.
library ReferenceCode {
    /// The carry-less product, then its remainder by 0x11d.
    function mul(uint8 a, uint8 b) internal pure returns (uint8) {
        uint256 product = 0;
        for (uint256 i = 0; i < 8; i++) {
            if (b >> i & 1 == 1) product ^= uint256(a) << i;
        }
        for (uint256 i = 15; i > 7; i--) {
            if (product >> i & 1 == 1) product ^= 0x11d << (i - 8);
        }
        return uint8(product);
    }

    /// a^254; 0 of 0.
    function inverse(uint8 a) internal pure returns (uint8 power) {
        power = a;
        for (uint256 i = 0; i < 6; i++) {
            power = mul(mul(power, power), a);
        }
        power = mul(power, power);
    }

    /// The row of shard `number` in the whole matrix: the identity above the Cauchy matrix.
    function row(uint256 k, uint256 number) internal pure returns (uint8[] memory coefficients) {
        coefficients = new uint8[](k);
        for (uint256 i = 0; i < k; i++) {
            coefficients[i] = number < k ? (number == i ? 1 : 0) : inverse(uint8(number ^ i));
        }
    }

    /// The sum of coefficients times chunks.
    function combine(uint8[] memory coefficients, bytes[] memory chunks) internal pure returns (bytes memory sum) {
        sum = new bytes(chunks[0].length);
        for (uint256 i = 0; i < coefficients.length; i++) {
            addScaled(sum, chunks[i], coefficients[i]);
        }
    }

    function addScaled(bytes memory sum, bytes memory chunk, uint8 coefficient) internal pure {
        if (coefficient == 0) return;
        if (sum.length < 256) {
            for (uint256 t = 0; t < sum.length; t++) {
                sum[t] ^= bytes1(mul(coefficient, uint8(chunk[t])));
            }
            return;
        }
        bytes memory products = new bytes(256);
        for (uint256 v = 0; v < 256; v++) {
            products[v] = bytes1(mul(coefficient, uint8(v)));
        }
        for (uint256 t = 0; t < sum.length; t++) {
            sum[t] ^= products[uint8(chunk[t])];
        }
    }

    /// The data chunks, from the chunks of any k shards with these numbers: Gauss and Jordan. Overwrites `chunks`.
    function restore(uint256 k, uint256[] memory numbers, bytes[] memory chunks) internal pure {
        uint8[][] memory rows = new uint8[][](k);
        for (uint256 i = 0; i < k; i++) {
            rows[i] = row(k, numbers[i]);
        }
        for (uint256 col = 0; col < k; col++) {
            uint256 pivot = col;
            while (rows[pivot][col] == 0) pivot++;
            (rows[col], rows[pivot]) = (rows[pivot], rows[col]);
            (chunks[col], chunks[pivot]) = (chunks[pivot], chunks[col]);
            uint8 scale = inverse(rows[col][col]);
            for (uint256 i = 0; i < k; i++) {
                rows[col][i] = mul(rows[col][i], scale);
            }
            bytes memory scaled = new bytes(chunks[col].length);
            addScaled(scaled, chunks[col], scale);
            chunks[col] = scaled;
            for (uint256 other = 0; other < k; other++) {
                uint8 factor = rows[other][col];
                if (other == col || factor == 0) continue;
                for (uint256 i = 0; i < k; i++) {
                    rows[other][i] ^= mul(rows[col][i], factor);
                }
                addScaled(chunks[other], scaled, factor);
            }
        }
    }
}

/// The trees of shards, built whole.
library ChunkTree {
    function leaf(bytes memory chunk) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"00", chunk));
    }

    function root(bytes[] memory chunks) internal pure returns (bytes32 top) {
        (top,) = build(chunks, 0);
    }

    function proof(bytes[] memory chunks, uint256 index) internal pure returns (bytes32[] memory siblings) {
        (, siblings) = build(chunks, index);
    }

    function build(bytes[] memory chunks, uint256 index) internal pure returns (bytes32, bytes32[] memory siblings) {
        uint256 height = 0;
        while (2 ** height < chunks.length) height++;
        bytes32[] memory level = new bytes32[](2 ** height);
        for (uint256 i = 0; i < chunks.length; i++) {
            level[i] = leaf(chunks[i]);
        }
        siblings = new bytes32[](height);
        for (uint256 h = 0; h < height; h++) {
            siblings[h] = level[index ^ 1];
            for (uint256 i = 0; i < 2 ** (height - h - 1); i++) {
                level[i] = keccak256(abi.encodePacked(hex"01", level[2 * i], level[2 * i + 1]));
            }
            index /= 2;
        }
        return (level[0], siblings);
    }

    /// The root of a tree of which only one leaf is known and the siblings are what they are.
    function rootOver(bytes32 node, uint256 index, bytes32[] memory siblings) internal pure returns (bytes32) {
        for (uint256 h = 0; h < siblings.length; h++) {
            (bytes32 left, bytes32 right) = index >> h & 1 == 0 ? (node, siblings[h]) : (siblings[h], node);
            node = keccak256(abi.encodePacked(hex"01", left, right));
        }
        return node;
    }
}
