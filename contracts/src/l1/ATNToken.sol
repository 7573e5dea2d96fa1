// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

/// @title ATN on L1
/// @notice The token that AnchorBridge locks for the native coin of L2. The supply is fixed at deployment: nobody can
/// mint, and it has no owner.
contract ATNToken is ERC20, ERC20Burnable, ERC20Permit, ERC20Votes {
    /// @param initialHolder Who gets the whole supply.
    /// @param initialSupply In wei of ATN (18 decimals).
    constructor(address initialHolder, uint256 initialSupply) ERC20("Autonet", "ATN") ERC20Permit("Autonet") {
        _mint(initialHolder, initialSupply);
    }

    /// @inheritdoc ERC20Permit
    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Votes) {
        super._update(from, to, value);
    }
}
