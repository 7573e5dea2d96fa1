// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RequestId} from "../../src/interfaces/IInference.sol";
import {Role} from "../../src/interfaces/IParticipantStaking.sol";
import {TaskId, TaskParams} from "../../src/interfaces/ITaskContract.sol";
import {CheckpointId} from "../../src/types/CheckpointId.sol";
import {Withdrawal} from "../../src/types/Withdrawal.sol";
import {BridgeFixture} from "../l1/BridgeFixture.sol";
import {InferenceFixture} from "../l2/InferenceFixture.sol";
import {VotesFixture} from "../l2/VotesFixture.sol";

// One call a test, so that gas.snapshot has its cost: what comes before is in `setUp`, which forge does not count. ML precompiles are
// mocks, whose gas means nothing.

contract GasOfProposing is VotesFixture {
    TaskId private id;

    function setUp() public override {
        super.setUp();
        id = _propose();
        _give(anyone, 500 ether, address(STAKING));
    }

    function test_gas_stake() public {
        vm.prank(anyone);
        STAKING.stake(Role.Coordinator, 500 ether);
    }

    function test_gas_create_project() public {
        PROJECTS.createProject("Digits", "DIG", 1 ether);
    }

    function test_gas_propose() public {
        TaskParams memory params = _params();
        vm.prank(proposer);
        TASKS.propose(projectId, params, "spec");
    }

    function test_gas_commit_solution() public {
        vm.prank(solvers[0]);
        TASKS.commitSolution(id, "commitment");
    }
}

contract GasOfRevealing is VotesFixture {
    TaskId private id;
    bytes32 private modelId;
    bytes32 private update;

    function setUp() public override {
        super.setUp();
        id = _propose();
        _commit(id, solvers[0]);
        _commit(id, solvers[1]);
        _revealGroundTruth(id);
        modelId = MODELS.register(_model(solvers[0]));
        update = _update(solvers[0]);
    }

    function test_gas_reveal_solution() public {
        vm.prank(solvers[0]);
        TASKS.revealSolution(id, modelId, update, SALT);
    }
}

contract GasOfVoting is VotesFixture {
    TaskId private id;

    function setUp() public override {
        super.setUp();
        id = _toVoting(_hits(100, 150));
    }

    function test_gas_commit_vote() public {
        vm.prank(coordinators[0]);
        RESULTS.commitVote(id, "vote");
    }
}

contract GasOfScoring is VotesFixture {
    TaskId private id;
    address[] private list;
    uint16[] private scoresBp;

    function setUp() public override {
        super.setUp();
        id = _toVoting(_hits(100, 150));
        _commitHonestVotes(id, 2);
        (list, scoresBp) = _honestVote(id);
        _scoreAll(id);
    }

    function test_gas_reveal_vote() public {
        vm.prank(coordinators[0]);
        RESULTS.revealVote(id, list, scoresBp, SALT);
    }
}

contract GasOfFinalizing is VotesFixture {
    TaskId private id;

    function setUp() public override {
        super.setUp();
        id = _toVoting(_hits(100, 150));
        _commitHonestVotes(id, 2);
        _scoreAll(id);
        _revealHonestVotes(id, 2);
    }

    function test_gas_finalize() public {
        RESULTS.finalize(id);
    }
}

contract GasOfClaiming is VotesFixture {
    TaskId private id;

    function setUp() public override {
        super.setUp();
        id = _toFinalized(_hits(100, 150), 2);
    }

    function test_gas_claim() public {
        RESULTS.claim(id, solvers[0]);
    }
}

contract GasOfSettling is VotesFixture {
    TaskId private id;
    uint16[][] private rows;

    function setUp() public override {
        super.setUp();
        _people(32, 32);
        id = _toVotes();
        rows = new uint16[][](32);
        for (uint256 i = 0; i < 32; i++) {
            rows[i] = new uint16[](32);
            for (uint256 j = 0; j < 32; j++) {
                rows[i][j] = uint16(uint256(keccak256(abi.encode(i, j))) % 10_001);
            }
        }
        _vote(id, rows);
    }

    function test_gas_settle_32_by_32() public {
        RESULTS.settle(id, 32);
    }

    function test_gas_settle_a_page_of_8() public {
        RESULTS.settle(id, 8);
    }
}

contract GasOfInference is InferenceFixture {
    RequestId private open;

    function setUp() public override {
        super.setUp();
        open = _request();
    }

    function test_gas_request_inference() public {
        vm.prank(user);
        INFERENCE.requestInference(projectId, input, type(uint256).max);
    }

    function test_gas_answer() public {
        vm.prank(provider);
        INFERENCE.answer(open, right);
    }
}

contract GasOfBridge is BridgeFixture {
    Withdrawal private w;
    CheckpointId private checkpoint;

    function setUp() public override {
        super.setUp();
        w = Withdrawal({nonce: 0, sender: alice, target: alice, value: 1 ether, gasLimit: 0, data: ""});
        checkpoint = proveAndConfirm(w, 1);
        vm.warp(block.timestamp + WINDOW);
        vm.startPrank(alice);
        token.approve(address(bridge), type(uint256).max);
        vm.stopPrank();
    }

    function test_gas_deposit() public {
        vm.prank(alice);
        bridge.deposit(alice, 1 ether, 100_000, "");
    }

    function test_gas_post_checkpoint() public {
        vm.prank(proposer);
        bridge.postCheckpoint(checkpoint, 2, BLOCK_HASH, GENESIS_ROOT, 0, 0);
    }

    function test_gas_finalize_withdrawal() public {
        bridge.finalizeWithdrawal(w);
    }
}
