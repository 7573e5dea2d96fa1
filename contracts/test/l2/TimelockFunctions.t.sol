// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {GovernanceFixture} from "./GovernanceFixture.sol";

contract Switch {
    uint256 public value;

    function set(uint256 newValue) external payable {
        value = newValue;
    }

    function refuse() external pure {
        revert("no");
    }
}

/// What AutonetTimelock takes from its bases, function by function; the DAO's part is played by its address.
contract TimelockFunctionsTest is GovernanceFixture {
    uint256 private constant DELAY = 2 days;
    Switch private target = new Switch();

    // One call

    function testFuzz_an_operation_from_schedule_to_execution(
        uint256 value,
        uint96 coin,
        bytes32 salt,
        uint32 extra,
        address executor
    ) public {
        uint256 delay = DELAY + extra;
        bytes memory data = abi.encodeCall(Switch.set, (value));
        bytes32 id = keccak256(abi.encode(address(target), uint256(coin), data, bytes32(0), salt));
        assertEq(TIMELOCK.hashOperation(address(target), coin, data, 0, salt), id);
        _assertOperation(id, TimelockController.OperationState.Unset, 0);

        vm.expectEmit(address(TIMELOCK));
        emit TimelockController.CallScheduled(id, 0, address(target), coin, data, 0, delay);
        vm.prank(address(DAO));
        TIMELOCK.schedule(address(target), coin, data, 0, salt, delay);
        _assertOperation(id, TimelockController.OperationState.Waiting, START + delay);

        vm.deal(address(TIMELOCK), coin);
        vm.warp(START + delay - 1);
        vm.expectRevert(_unexpected(id, TimelockController.OperationState.Ready));
        TIMELOCK.execute(address(target), coin, data, 0, salt);
        vm.warp(START + delay);
        _assertOperation(id, TimelockController.OperationState.Ready, START + delay);
        vm.prank(executor);
        TIMELOCK.execute(address(target), coin, data, 0, salt);
        _assertOperation(id, TimelockController.OperationState.Done, 1);
        assertEq(target.value(), value);
        assertEq(address(target).balance, coin);
        vm.expectRevert(_unexpected(id, TimelockController.OperationState.Ready));
        TIMELOCK.execute(address(target), coin, data, 0, salt);
    }

    function testFuzz_attack_a_schedule_that_is_too_short_or_made_twice(uint256 short, bytes calldata data) public {
        short = bound(short, 0, DELAY - 1);
        vm.startPrank(address(DAO));
        vm.expectRevert(abi.encodeWithSelector(TimelockController.TimelockInsufficientDelay.selector, short, DELAY));
        TIMELOCK.schedule(address(target), 0, data, 0, 0, short);
        TIMELOCK.schedule(address(target), 0, data, 0, 0, DELAY);
        bytes32 id = TIMELOCK.hashOperation(address(target), 0, data, 0, 0);
        vm.expectRevert(_unexpected(id, TimelockController.OperationState.Unset));
        TIMELOCK.schedule(address(target), 0, data, 0, 0, DELAY + 1);
        assertEq(TIMELOCK.getTimestamp(id), START + DELAY);
    }

    function testFuzz_an_operation_waits_for_the_one_before(uint256 a, uint256 b, uint32 later) public {
        bytes memory first = abi.encodeCall(Switch.set, (a));
        bytes memory second = abi.encodeCall(Switch.set, (b));
        bytes32 firstId = TIMELOCK.hashOperation(address(target), 0, first, 0, "first");
        vm.startPrank(address(DAO));
        TIMELOCK.schedule(address(target), 0, first, 0, "first", DELAY);
        TIMELOCK.schedule(address(target), 0, second, firstId, "second", DELAY);
        vm.stopPrank();
        vm.warp(START + DELAY + later);
        vm.expectRevert(abi.encodeWithSelector(TimelockController.TimelockUnexecutedPredecessor.selector, firstId));
        TIMELOCK.execute(address(target), 0, second, firstId, "second");
        TIMELOCK.execute(address(target), 0, first, 0, "first");
        TIMELOCK.execute(address(target), 0, second, firstId, "second");
        assertEq(target.value(), b);
    }

    function testFuzz_what_is_cancelled_never_happens(uint256 value, uint32 when) public {
        bytes memory data = abi.encodeCall(Switch.set, (value));
        bytes32 id = TIMELOCK.hashOperation(address(target), 0, data, 0, 0);
        vm.startPrank(address(DAO));
        vm.expectRevert(_unexpectedOf(id, 1 << 1 | 1 << 2));
        TIMELOCK.cancel(id);
        TIMELOCK.schedule(address(target), 0, data, 0, 0, DELAY);
        vm.warp(START + when);
        vm.expectEmit(address(TIMELOCK));
        emit TimelockController.Cancelled(id);
        TIMELOCK.cancel(id);
        _assertOperation(id, TimelockController.OperationState.Unset, 0);
        vm.warp(START + DELAY + when);
        vm.expectRevert(_unexpected(id, TimelockController.OperationState.Ready));
        TIMELOCK.execute(address(target), 0, data, 0, 0);
        assertEq(target.value(), 0);
    }

    function testFuzz_what_is_done_cannot_be_cancelled(uint256 value) public {
        bytes memory data = abi.encodeCall(Switch.set, (value));
        bytes32 id = TIMELOCK.hashOperation(address(target), 0, data, 0, 0);
        vm.startPrank(address(DAO));
        TIMELOCK.schedule(address(target), 0, data, 0, 0, DELAY);
        vm.warp(START + DELAY);
        TIMELOCK.execute(address(target), 0, data, 0, 0);
        vm.expectRevert(_unexpectedOf(id, 1 << 1 | 1 << 2));
        TIMELOCK.cancel(id);
        _assertOperation(id, TimelockController.OperationState.Done, 1);
    }

    // Several calls

    function testFuzz_a_batch_happens_as_a_whole_or_not_at_all(uint256 a, uint256 b, uint8 refusing, bytes32 salt)
        public
    {
        refusing = uint8(bound(refusing, 0, 3));
        (address[] memory targets, uint256[] memory values, bytes[] memory payloads) = _batch(3);
        payloads[0] = abi.encodeCall(Switch.set, (a));
        payloads[1] = abi.encodeCall(Switch.set, (b));
        payloads[2] = abi.encodeCall(target.value, ());
        if (refusing < 3) payloads[refusing] = abi.encodeCall(Switch.refuse, ());
        bytes32 id = keccak256(abi.encode(targets, values, payloads, bytes32(0), salt));
        assertEq(TIMELOCK.hashOperationBatch(targets, values, payloads, 0, salt), id);
        vm.prank(address(DAO));
        TIMELOCK.scheduleBatch(targets, values, payloads, 0, salt, DELAY);
        vm.warp(START + DELAY);
        if (refusing < 3) vm.expectRevert(bytes("no"));
        TIMELOCK.executeBatch(targets, values, payloads, 0, salt);
        assertEq(target.value(), refusing < 3 ? 0 : b);
        assertEq(TIMELOCK.isOperationDone(id), refusing == 3);
    }

    function testFuzz_attack_a_batch_of_lists_that_do_not_fit(uint8 targets, uint8 values, uint8 payloads) public {
        (targets, values, payloads) = (targets % 4, values % 4, payloads % 4);
        vm.assume(targets != values || targets != payloads);
        bytes memory refusal = abi.encodeWithSelector(
            TimelockController.TimelockInvalidOperationLength.selector, targets, payloads, values
        );
        address[] memory targetList = new address[](targets);
        vm.expectRevert(refusal);
        vm.prank(address(DAO));
        TIMELOCK.scheduleBatch(targetList, new uint256[](values), new bytes[](payloads), 0, 0, DELAY);
        vm.expectRevert(refusal);
        TIMELOCK.executeBatch(targetList, new uint256[](values), new bytes[](payloads), 0, 0);
    }

    // Roles

    function testFuzz_the_timelock_itself_gives_and_takes_roles(address account, uint8 which) public {
        vm.assume(account != address(DAO) && account != address(0));
        bytes32 role = which % 2 == 0 ? TIMELOCK.PROPOSER_ROLE() : TIMELOCK.CANCELLER_ROLE();
        vm.startPrank(address(TIMELOCK));
        vm.expectEmit(address(TIMELOCK));
        emit IAccessControl.RoleGranted(role, account, address(TIMELOCK));
        TIMELOCK.grantRole(role, account);
        assertTrue(TIMELOCK.hasRole(role, account));
        vm.expectEmit(address(TIMELOCK));
        emit IAccessControl.RoleRevoked(role, account, address(TIMELOCK));
        TIMELOCK.revokeRole(role, account);
        assertFalse(TIMELOCK.hasRole(role, account));
        assertTrue(TIMELOCK.hasRole(role, address(DAO)));
    }

    function testFuzz_attack_a_role_renounced_for_another(address caller, bytes32 role) public {
        vm.assume(caller != address(DAO));
        bytes32 proposers = TIMELOCK.PROPOSER_ROLE();
        vm.startPrank(caller);
        vm.expectRevert(IAccessControl.AccessControlBadConfirmation.selector);
        TIMELOCK.renounceRole(proposers, address(DAO));
        vm.expectRevert(IAccessControl.AccessControlBadConfirmation.selector);
        TIMELOCK.renounceRole(role, address(DAO));
        assertTrue(TIMELOCK.hasRole(proposers, address(DAO)));
    }

    function testFuzz_a_role_is_renounced_by_who_has_it(address account) public {
        vm.assume(account != address(DAO));
        bytes32 cancellers = TIMELOCK.CANCELLER_ROLE();
        vm.prank(address(TIMELOCK));
        TIMELOCK.grantRole(cancellers, account);
        vm.prank(account);
        TIMELOCK.renounceRole(cancellers, account);
        assertFalse(TIMELOCK.hasRole(cancellers, account));
        assertTrue(TIMELOCK.hasRole(cancellers, address(DAO)));
    }

    // What it takes

    function testFuzz_it_takes_coin_and_tokens(address from, uint96 coin, uint256 id, bytes calldata data) public {
        vm.assume(from != address(TIMELOCK));
        vm.deal(from, coin);
        vm.startPrank(from);
        (bool ok,) = address(TIMELOCK).call{value: coin}("");
        assertTrue(ok);
        assertEq(address(TIMELOCK).balance, coin);
        uint256[] memory list = new uint256[](1);
        assertTrue(TIMELOCK.onERC721Received(from, from, id, data) == TIMELOCK.onERC721Received.selector);
        assertTrue(TIMELOCK.onERC1155Received(from, from, id, id, data) == TIMELOCK.onERC1155Received.selector);
        assertTrue(
            TIMELOCK.onERC1155BatchReceived(from, from, list, list, data) == TIMELOCK.onERC1155BatchReceived.selector
        );
    }

    function testFuzz_it_says_what_it_is(bytes4 other) public view {
        vm.assume(other != type(IAccessControl).interfaceId && other != type(IERC165).interfaceId);
        vm.assume(other != type(IERC1155Receiver).interfaceId);
        assertTrue(TIMELOCK.supportsInterface(type(IAccessControl).interfaceId));
        assertTrue(TIMELOCK.supportsInterface(type(IERC1155Receiver).interfaceId));
        assertFalse(TIMELOCK.supportsInterface(other));
    }

    // Expectations

    function _batch(uint256 length)
        private
        view
        returns (address[] memory targets, uint256[] memory values, bytes[] memory payloads)
    {
        (targets, values, payloads) = (new address[](length), new uint256[](length), new bytes[](length));
        for (uint256 i = 0; i < length; i++) {
            targets[i] = address(target);
        }
    }

    function _assertOperation(bytes32 id, TimelockController.OperationState state, uint256 timestamp) private view {
        assertTrue(TIMELOCK.getOperationState(id) == state);
        assertEq(TIMELOCK.getTimestamp(id), timestamp);
        bool ready = state == TimelockController.OperationState.Ready;
        assertEq(TIMELOCK.isOperation(id), state != TimelockController.OperationState.Unset);
        assertEq(TIMELOCK.isOperationPending(id), ready || state == TimelockController.OperationState.Waiting);
        assertEq(TIMELOCK.isOperationReady(id), ready);
        assertEq(TIMELOCK.isOperationDone(id), state == TimelockController.OperationState.Done);
    }

    function _unexpected(bytes32 id, TimelockController.OperationState needed) private pure returns (bytes memory) {
        return _unexpectedOf(id, 1 << uint256(needed));
    }

    function _unexpectedOf(bytes32 id, uint256 needed) private pure returns (bytes memory) {
        return abi.encodeWithSelector(TimelockController.TimelockUnexpectedOperationState.selector, id, bytes32(needed));
    }
}
