// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Test} from "../Test.sol";

/// What every token with allowances by signature does (EIP-2612).
abstract contract PermitBehaviour is Test {
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    function _permit() internal view virtual returns (IERC20Permit);

    function _name() internal pure virtual returns (string memory);

    function testFuzz_a_permit_allows_what_its_signer_signed_once(
        uint128 rawKey,
        address spender_,
        uint256 value,
        uint64 deadline
    ) public {
        (uint256 key, address owner) = _signer(rawKey);
        vm.assume(spender_ != address(0));
        deadline = uint64(bound(deadline, block.timestamp, type(uint64).max));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _permitDigest(owner, spender_, value, 0, deadline));
        vm.expectEmit(address(_permit()));
        emit IERC20.Approval(owner, spender_, value);
        _permit().permit(owner, spender_, value, deadline, v, r, s);
        assertEq(IERC20(address(_permit())).allowance(owner, spender_), value);
        assertEq(_permit().nonces(owner), 1);
        // Replayed, the same words are those of another nonce, and so of another signer.
        vm.expectRevert();
        _permit().permit(owner, spender_, value, deadline, v, r, s);
        assertEq(_permit().nonces(owner), 1);
    }

    function testFuzz_attack_a_permit_signed_by_another(
        uint128 rawKey,
        uint128 rawOther,
        address spender_,
        uint256 value
    ) public {
        (, address owner) = _signer(rawKey);
        (uint256 otherKey, address other) = _signer(rawOther);
        vm.assume(other != owner);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(otherKey, _permitDigest(owner, spender_, value, 0, block.timestamp));
        vm.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612InvalidSigner.selector, other, owner));
        _permit().permit(owner, spender_, value, block.timestamp, v, r, s);
        assertEq(IERC20(address(_permit())).allowance(owner, spender_), 0);
        assertEq(_permit().nonces(owner), 0);
    }

    /// The words of a permit are what was signed: owner, spender, value, nonce and deadline.
    function testFuzz_attack_a_permit_with_other_words(uint128 rawKey, uint8 which, uint256 value, uint64 deadline)
        public
    {
        (uint256 key, address owner) = _signer(rawKey);
        value = bound(value, 0, type(uint256).max - 1);
        deadline = uint64(bound(deadline, block.timestamp, type(uint64).max - 1));
        address to = address(0xBEEF);
        which %= 4;
        bytes32 digest = _permitDigest(
            owner,
            which == 0 ? address(0xBEE) : to,
            which == 1 ? value + 1 : value,
            which == 2 ? 1 : 0,
            which == 3 ? deadline + 1 : deadline
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        vm.expectRevert();
        _permit().permit(owner, to, value, deadline, v, r, s);
        assertEq(IERC20(address(_permit())).allowance(owner, to), 0);
    }

    function testFuzz_attack_a_permit_that_is_over(uint128 rawKey, address spender_, uint256 value, uint64 late)
        public
    {
        (uint256 key, address owner) = _signer(rawKey);
        uint256 deadline = block.timestamp;
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _permitDigest(owner, spender_, value, 0, deadline));
        vm.warp(deadline + bound(late, 1, type(uint64).max));
        vm.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612ExpiredSignature.selector, deadline));
        _permit().permit(owner, spender_, value, deadline, v, r, s);
    }

    function testFuzz_the_domain_is_this_token_on_this_chain(uint64 chainId) public {
        vm.chainId(bound(chainId, 1, type(uint64).max - 1));
        bytes32 expected =
            keccak256(abi.encode(DOMAIN, keccak256(bytes(_name())), keccak256("1"), block.chainid, address(_permit())));
        assertEq(_permit().DOMAIN_SEPARATOR(), expected);
        (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chain,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        ) = IERC5267(address(_permit())).eip712Domain();
        assertEq(bytes32(fields), bytes32(bytes1(0x0f)));
        assertEq(name, _name());
        assertEq(version, "1");
        assertEq(chain, block.chainid);
        assertEq(verifyingContract, address(_permit()));
        assertEq(salt, 0);
        assertEq(extensions.length, 0);
    }

    function _signer(uint128 rawKey) internal pure returns (uint256 key, address account) {
        key = uint256(rawKey) + 1;
        account = vm.addr(key);
    }

    function _digest(bytes32 structHash) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", _permit().DOMAIN_SEPARATOR(), structHash));
    }

    function _permitDigest(address owner, address to, uint256 value, uint256 nonce, uint256 deadline)
        private
        view
        returns (bytes32)
    {
        return _digest(keccak256(abi.encode(PERMIT, owner, to, value, nonce, deadline)));
    }
}
