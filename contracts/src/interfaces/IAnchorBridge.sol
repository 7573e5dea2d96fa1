// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInbox} from "./IInbox.sol";
import {ICheckpoints} from "./ICheckpoints.sol";
import {IWithdrawals} from "./IWithdrawals.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice What AnchorBridge is deployed with; none of it changes later.
/// @param token ATNToken.
/// @param inbox Where deposits are queued.
/// @param configHash Hash of the L2 chain's configuration.
/// @param challengeWindow Seconds from posting a checkpoint to its confirmation.
/// @param checkpointBond ATN that a checkpoint is bonded with, in wei.
/// @param guardian Who may pause finalizations; zero for nobody.
/// @param genesisSupply ATN in the L2 genesis, in wei: taken from the deployer, who has allowed it.
/// @param genesisBlockHash Hash of L2's block 0.
/// @param genesisMessageRoot Storage root of L2Messenger in block 0.
struct BridgeConfig {
    IERC20 token;
    IInbox inbox;
    bytes32 configHash;
    uint64 challengeWindow;
    uint256 checkpointBond;
    address guardian;
    uint256 genesisSupply;
    bytes32 genesisBlockHash;
    bytes32 genesisMessageRoot;
}

/// @title AnchorBridge: ATN and messages between L1 and L2
/// @notice Deposits lock ATN here and queue the same amount, with a call, for L2; withdrawals unlock it. The ATN
/// locked is the L2 native supply plus the deposits and withdrawals under way. Bonds are kept apart from it.
interface IAnchorBridge is ICheckpoints, IWithdrawals {
    /// @notice ATN was locked for L2. `from` is the L2 identity of the depositor.
    event Deposited(address indexed from, address indexed to, uint256 amount, uint64 delayedIndex);

    /// @notice The recipient is the zero address.
    error ZeroRecipient();
    /// @notice L2 mints at most 2^128 - 1 wei at a time.
    error DepositAmountTooLarge(uint256 amount);
    /// @notice A deposit's call has at most MAX_DEPOSIT_DATA_BYTES bytes of input.
    error DepositDataTooLarge(uint256 size);
    /// @notice The call's gas is below what its input costs, or above what L2 gives a delayed message.
    error DepositGasOutOfRange(uint64 gasLimit, uint64 minimum, uint64 maximum);
    /// @notice Only the guardian pauses and unpauses.
    error NotGuardian(address caller);

    /// @notice Locks ATN and queues its minting on L2, with a call. Should the call fail there, `from` keeps the ATN.
    /// @dev Requires: a recipient; at most MAX_DEPOSIT_DATA_BYTES of data; gas from `minDepositGas` to
    /// MAX_DEPOSIT_GAS; the caller has allowed the amount. The sender on L2 is the caller, aliased if a contract.
    /// @param to Recipient of the ATN and the call on L2.
    /// @param amount In wei; may be 0.
    /// @param gasLimit Gas of the call on L2.
    /// @param data Input of the call.
    /// @return delayedIndex Of the delayed message in the inbox.
    function deposit(address to, uint256 amount, uint64 gasLimit, bytes calldata data)
        external
        returns (uint64 delayedIndex);

    /// @notice Stops finalizations. Deposits, checkpoints and proofs go on.
    /// @dev Requires: the caller is the guardian.
    function pause() external;

    /// @notice Lets finalizations go on.
    /// @dev Requires: the caller is the guardian.
    function unpause() external;

    /// @notice The least gas for a deposit with `dataSize` bytes of data: 21,000 and EIP-7623's 40 per byte.
    function minDepositGas(uint256 dataSize) external pure returns (uint64);

    /// @notice ATN locked for L2, in wei.
    function lockedAtn() external view returns (uint256);

    /// @notice ATNToken.
    function token() external view returns (IERC20);

    /// @notice Where deposits are queued.
    function inbox() external view returns (IInbox);

    /// @notice Who may pause finalizations.
    function guardian() external view returns (address);
}
