// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Call} from "./Call.sol";

/// @title How an image's pixels are read
library Window {
    using Call for bytes;

    struct Taps {
        uint256 h; // of an image
        uint256 w;
        uint256 kh; // of the kernel
        uint256 kw;
        uint256 sh; // strides
        uint256 sw;
        uint256 top; // rows and columns added before the image
        uint256 left;
        uint256 oh; // of the output
        uint256 ow;
    }

    /// @notice Number of words.
    uint256 internal constant WORDS = 10;

    /// @notice The window whose first word is word `first` of a request.
    function read(bytes calldata request, uint256 first) internal pure returns (Taps memory t) {
        (t.h, t.w) = (request.word(first), request.word(first + 1));
        (t.kh, t.kw) = (request.word(first + 2), request.word(first + 3));
        (t.sh, t.sw) = (request.word(first + 4), request.word(first + 5));
        (t.top, t.left) = (request.word(first + 6), request.word(first + 7));
        t.oh = (t.h + t.top + request.word(first + 8) - t.kh) / t.sh + 1;
        t.ow = (t.w + t.left + request.word(first + 9) - t.kw) / t.sw + 1;
    }

    /// @notice Row of x that tap `tap` of output row `row` reads, if it is inside the image.
    function at(Taps memory t, uint256 row, uint256 tap) internal pure returns (bool inside, uint256 pixel) {
        (uint256 image, uint256 place) = (row / (t.oh * t.ow), row % (t.oh * t.ow));
        uint256 y = place / t.ow * t.sh + tap / t.kw;
        uint256 x = place % t.ow * t.sw + tap % t.kw;
        if (y < t.top || x < t.left || y - t.top >= t.h || x - t.left >= t.w) return (false, 0);
        return (true, (image * t.h + y - t.top) * t.w + x - t.left);
    }
}
