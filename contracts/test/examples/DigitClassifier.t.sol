// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DigitClassifier} from "../../src/examples/DigitClassifier.sol";
import {Dtype, ML} from "../../src/lib/ML.sol";
import {Predeploys} from "../../src/lib/Predeploys.sol";
import {Test} from "../Test.sol";

contract DigitClassifierTest is Test {
    bytes32 private constant MODEL = keccak256("model");
    bytes32 private constant IMAGE = keccak256("image");
    bytes32 private constant SCORES = keccak256("scores");

    DigitClassifier private classifier = new DigitClassifier(MODEL);

    /// The precompiles' answers to an image with these scores.
    function _answer(bytes memory pixels, int8[10] memory scores) private {
        bytes memory header = abi.encode(Dtype.I8, uint256(2), [uint256(1), 64, 0, 0]);
        vm.mockCall(Predeploys.ML_COMMIT, abi.encodePacked(header, pixels), abi.encode(IMAGE));
        vm.mockCall(Predeploys.ML_FORWARD, abi.encode(MODEL, IMAGE, uint256(0), uint256(0)), abi.encode(SCORES));
        bytes memory bytes_ = new bytes(10);
        for (uint256 i = 0; i < 10; i++) {
            bytes_[i] = bytes1(uint8(scores[i]));
        }
        vm.mockCall(Predeploys.ML_SLICE, abi.encode(SCORES, uint256(0), uint256(10)), bytes_);
    }

    function _pixels(bytes32[2] memory words) private pure returns (bytes memory) {
        return abi.encodePacked(words);
    }

    function testFuzz_the_first_largest_score_is_the_digit(bytes32[2] memory words, int8[10] memory scores) public {
        _answer(_pixels(words), scores);
        uint256 digit = classifier.classify(_pixels(words));
        for (uint256 i = 0; i < 10; i++) {
            assertTrue(i < digit ? scores[i] < scores[digit] : scores[i] <= scores[digit]);
        }
    }

    function testFuzz_a_record_counts_the_digit(bytes32[2] memory words, int8[10] memory scores, address who) public {
        _answer(_pixels(words), scores);
        uint8 digit = classifier.classify(_pixels(words));
        vm.expectEmit(address(classifier));
        emit DigitClassifier.DigitRecorded(who, digit);
        vm.prank(who);
        assertEq(classifier.record(_pixels(words)), digit);
        assertEq(classifier.recorded(digit), 1);
    }

    function testFuzz_other_sizes_are_no_image(bytes memory pixels) public {
        vm.assume(pixels.length != 64);
        vm.expectRevert(abi.encodeWithSelector(DigitClassifier.NotAnImage.selector, pixels.length));
        classifier.classify(pixels);
        vm.expectRevert(abi.encodeWithSelector(DigitClassifier.NotAnImage.selector, pixels.length));
        classifier.record(pixels);
    }

    function test_a_model_without_rent_reverts_as_such() public {
        vm.mockCallRevert(Predeploys.ML_COMMIT, "", abi.encodePacked(ML.NotResident.selector));
        vm.expectRevert(ML.NotResident.selector);
        classifier.classify(new bytes(64));
    }
}
