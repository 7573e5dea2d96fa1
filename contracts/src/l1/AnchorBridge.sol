// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BridgeConfig, IAnchorBridge} from "../interfaces/IAnchorBridge.sol";
import {AddressAlias} from "../lib/AddressAlias.sol";
import {BridgeBase} from "./BridgeBase.sol";
import {Checkpoints} from "./Checkpoints.sol";
import {Withdrawals} from "./Withdrawals.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title AnchorBridge
/// @notice See IAnchorBridge. Deposits are here, checkpoints and withdrawals in the contracts it is made of. It has no
/// owner and cannot be upgraded; the guardian can stop finalizations and nothing else.
contract AnchorBridge is Withdrawals {
    using SafeERC20 for IERC20;

    /// @notice The most gas that L2 gives a delayed message.
    uint64 public constant MAX_DEPOSIT_GAS = 1_500_000;

    /// @notice The largest input of a deposit's call, in bytes.
    uint256 public constant MAX_DEPOSIT_DATA_BYTES = 16 * 1024;

    /// @inheritdoc IAnchorBridge
    address public immutable guardian;

    /// @dev The deployer has allowed `config.genesisSupply` to this address, which it can predict.
    constructor(BridgeConfig memory config) BridgeBase(config) Checkpoints(config) {
        guardian = config.guardian;
        lockedAtn = config.genesisSupply;
        config.token.safeTransferFrom(msg.sender, address(this), config.genesisSupply);
    }

    /// @inheritdoc IAnchorBridge
    function deposit(address to, uint256 amount, uint64 gasLimit, bytes calldata data)
        external
        returns (uint64 delayedIndex)
    {
        require(to != address(0), ZeroRecipient());
        require(amount <= type(uint128).max, DepositAmountTooLarge(amount));
        require(data.length <= MAX_DEPOSIT_DATA_BYTES, DepositDataTooLarge(data.length));
        uint64 minimum = minDepositGas(data.length);
        require(
            gasLimit >= minimum && gasLimit <= MAX_DEPOSIT_GAS, DepositGasOutOfRange(gasLimit, minimum, MAX_DEPOSIT_GAS)
        );

        lockedAtn += amount;
        address from = AddressAlias.ofCaller();
        delayedIndex = inbox.enqueueDeposit(from, abi.encodePacked(amount, amount, gasLimit, to, data));
        emit Deposited(from, to, amount, delayedIndex);
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IAnchorBridge
    function pause() external onlyGuardian {
        _pause();
    }

    /// @inheritdoc IAnchorBridge
    function unpause() external onlyGuardian {
        _unpause();
    }

    /// @inheritdoc IAnchorBridge
    function minDepositGas(uint256 dataSize) public pure returns (uint64) {
        return SafeCast.toUint64(21_000 + 40 * dataSize);
    }

    modifier onlyGuardian() {
        require(msg.sender == guardian, NotGuardian(msg.sender));
        _;
    }
}
