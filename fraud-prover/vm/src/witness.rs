use alloy_primitives::B256;

use crate::{Error, Host, Machine, OracleKind, STATE_BYTES, call::Call};

/// What L1 needs to make one step: the arguments of `StepVerifier.step`, or of `mlStep`, and the state hash that follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepWitness {
    /// The encoded state before the step.
    pub state: [u8; STATE_BYTES],
    /// The leaf of the instruction with its siblings, then that of the data.
    pub memory_proof: Vec<u8>,
    /// The preimage, or the opening of a blob's element.
    pub oracle_data: Vec<u8>,
    /// Whether it is an `ml` step, which `step` refuses.
    pub is_ml: bool,
    /// The state hash after the step; of an `ml` step with the result that the host gave.
    pub post: B256,
}

impl StepWitness {
    /// Makes one step of the machine, and proves it.
    pub fn take<H: Host>(machine: &mut Machine, host: &mut H) -> Result<Self, Error<H::Error>> {
        let access = machine.access();
        let state = machine.state().encode();
        let leaves = access.fetched.iter().chain(&access.data);
        let memory_proof = leaves.flat_map(|leaf| machine.tree.prove(*leaf)).collect();
        let oracle_data = match access.call {
            Some(Call::Read { kind, .. }) => machine.oracle_data(host, kind)?,
            _ => Vec::new(),
        };
        let is_ml = matches!(access.call, Some(Call::Ml { .. }));
        machine.run(host, 1)?;
        Ok(Self { state, memory_proof, oracle_data, is_ml, post: machine.state().hash() })
    }
}

impl Machine {
    /// What proves the next `oracle_read`.
    fn oracle_data<H: Host>(&mut self, host: &mut H, kind: OracleKind) -> Result<Vec<u8>, Error<H::Error>> {
        let key = self.oracle_key;
        match kind {
            OracleKind::Local => Ok(Vec::new()),
            OracleKind::Keccak => Ok(self.oracle.data(host, kind, key)?.to_vec()),
            OracleKind::Blob => {
                let index = self.oracle_offset / 32;
                if self.oracle_offset >= self.oracle.data(host, kind, key)?.len() as u64 {
                    return Ok(Vec::new());
                }
                let opening = host.blob_opening(key, index).map_err(Error::Host)?;
                opening.map(Vec::from).ok_or(Error::Opening { key, index })
            }
        }
    }
}
