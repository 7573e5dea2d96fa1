//! What is committed to before it is revealed: each `keccak256(abi.encode(..))`, as the contracts compute it.

use alloy::{
    primitives::{Address, B256, U256, keccak256},
    sol_types::SolValue,
};

/// A proposer's hidden set (`TaskContract.groundTruthCommitment`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct GroundTruth {
    /// I8 [count, 64].
    pub inputs_id: B256,
    /// I8 [count].
    pub labels_id: B256,
    /// Rows.
    pub count: u32,
    /// Random.
    pub salt: B256,
}

impl GroundTruth {
    /// `keccak256(chainid, proposer, inputsId, labelsId, count, salt)`.
    pub fn commitment(&self, chain_id: u64, proposer: Address) -> B256 {
        let Self { inputs_id, labels_id, count, salt } = *self;
        keccak256((U256::from(chain_id), proposer, inputs_id, labels_id, count, salt).abi_encode())
    }
}

/// A solver's solution (`TaskContract.solutionCommitment`).
pub fn solution(chain_id: u64, task: u64, solver: Address, model_id: B256, update_id: B256, salt: B256) -> B256 {
    bind(chain_id, task, solver, keccak256((model_id, update_id).abi_encode()), salt)
}

/// A coordinator's vote (`ResultsRewards.voteCommitment`).
pub fn vote(chain_id: u64, task: u64, coordinator: Address, ballot: &[(Address, u16)], salt: B256) -> B256 {
    let (solvers, scores): (Vec<Address>, Vec<u16>) = ballot.iter().copied().unzip();
    bind(chain_id, task, coordinator, keccak256((solvers, scores).abi_encode_params()), salt)
}

/// Nobody else can use the commitment, nor its owner for another task.
fn bind(chain_id: u64, task: u64, account: Address, content: B256, salt: B256) -> B256 {
    keccak256((U256::from(chain_id), U256::from(task), account, content, salt).abi_encode())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{address, b256};

    const A: Address = address!("00000000000000000000000000000000000000aa");
    const B: Address = address!("00000000000000000000000000000000000000bb");

    fn word(byte: u8) -> B256 {
        B256::repeat_byte(byte)
    }

    // The vectors were made with `cast abi-encode` and `cast keccak`.
    #[test]
    fn ground_truth_is_encoded_as_solidity_does() {
        let truth = GroundTruth { inputs_id: word(1), labels_id: word(2), count: 128, salt: word(3) };
        let expected = b256!("02596d95dfdf95ef4ced7a36623542033365a36752c5f2f610723fdf9896683d");
        assert_eq!(truth.commitment(42_069, A), expected);
    }

    #[test]
    fn solution_is_encoded_as_solidity_does() {
        let expected = b256!("4e41ca5afe05d7dc0783e4e42ab9d4de324a71fd354b900e2c256380a12d35e1");
        assert_eq!(solution(42_069, 7, A, word(4), word(5), word(6)), expected);
    }

    #[test]
    fn vote_is_encoded_as_solidity_does() {
        let expected = b256!("8d29b33bfca732bc1f2185c931fd9aa836cb13602c1f003f220f5c1f849c3a0e");
        assert_eq!(vote(42_069, 7, A, &[(A, 9_375), (B, 10_000)], word(7)), expected);
    }
}
