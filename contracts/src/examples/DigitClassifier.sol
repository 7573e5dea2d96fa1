// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Dtype, ML} from "../lib/ML.sol";

/// @title Reads handwritten digits inside a transaction
/// An example: any registered model from I8 [B,64] to I8 [B,10] whose parameters are resident can be asked.
contract DigitClassifier {
    uint256 public constant PIXELS = 64;
    uint256 public constant CLASSES = 10;

    bytes32 public immutable modelId;

    /// How often each digit was recorded.
    mapping(uint256 digit => uint256) public recorded;

    event DigitRecorded(address indexed by, uint8 indexed digit);

    error NotAnImage(uint256 bytesGiven);

    constructor(bytes32 modelId_) {
        modelId = modelId_;
    }

    /// The digit in an image of 8 x 8 pixels, row by row, a byte from 0 to 16 each. Reverts with `ML.NotResident` once nobody pays
    /// for the model's parameters.
    function classify(bytes calldata pixels) public view returns (uint8 digit) {
        if (pixels.length != PIXELS) revert NotAnImage(pixels.length);
        bytes32 image = ML.commit(Dtype.I8, 2, [uint256(1), PIXELS, 0, 0], pixels);
        bytes memory scores = ML.slice(ML.forward(modelId, image), 0, CLASSES);
        int8 best = type(int8).min;
        for (uint8 class = 0; class < CLASSES; class++) {
            int8 score = int8(uint8(scores[class]));
            if (score > best) (best, digit) = (score, class);
        }
    }

    /// Classifies and counts: the contract's state now depends on what a neural network sees.
    function record(bytes calldata pixels) external returns (uint8 digit) {
        digit = classify(pixels);
        recorded[digit]++;
        emit DigitRecorded(msg.sender, digit);
    }
}
