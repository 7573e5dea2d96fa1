//! What the contract's interface is made of.

use alloy_primitives::{B256, KECCAK256_EMPTY, keccak256};
use alloy_sol_types::{SolValue, sol};

sol! {
    /// Where an operation stands. Its hash is what a dispute is about.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct State {
        /// Hash of the request.
        bytes32 request;
        /// Steps done.
        uint64 step;
        /// Whether a value out of range was met.
        bool failed;
        /// Hash of the bytes that the next step needs.
        bytes32 carry;
        /// Hash of the peaks of the result's tiles so far; after the last step the answer itself.
        bytes32 frontier;
    }

    /// What one step reads.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct Witness {
        /// The request: the code as a word, then the precompile's input.
        bytes request;
        /// Preimages of the operands' ids, in order, without absent ones.
        bytes operands;
        /// What the step before left.
        bytes carried;
        /// Peaks of the result's tiles so far, if the step appends one.
        bytes peaks;
        /// The tiles, each with its siblings, as they are read.
        bytes tiles;
    }

    /// Hash of the state after one step.
    function step(State state, Witness witness) returns (bytes32);

    /// Number of steps of a request.
    function steps(bytes request, bytes operands) returns (uint64);
}

impl State {
    /// Before the first step.
    pub fn initial(request: &[u8]) -> Self {
        let empty = KECCAK256_EMPTY;
        Self { request: keccak256(request), step: 0, failed: false, carry: empty, frontier: empty }
    }

    /// `keccak(abi.encode(state))`.
    pub fn hash(&self) -> B256 {
        keccak256(self.abi_encode())
    }
}
