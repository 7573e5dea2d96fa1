//! The state hashes of a range of steps, with as little hashing as the stride allows.

use alloy_primitives::map::HashMap;
use rayon::prelude::*;

use crate::{
    Error, Host, Machine, State,
    tree::{Hash, MEMORY_HEIGHT, node},
};

/// Up to this stride, stores are hashed one by one; above it, pages.
const FINE_STRIDE: u64 = 16;
/// Steps that are hashed together.
const BATCH_STEPS: u64 = 1 << 14;

/// Gives the `2^height` leaves to `emit`, in batches; if the machine exits, up to the first one that repeats.
pub(crate) fn leaves<H: Host>(
    machine: &mut Machine,
    host: &mut H,
    stride: u64,
    height: u32,
    emit: &mut dyn FnMut(&[Hash]),
) -> Result<(), Error<H::Error>> {
    let mut missing = 1_u64 << height;
    if stride > FINE_STRIDE {
        while missing > 0 {
            machine.run(host, stride)?;
            emit(&[machine.state().hash().0]);
            missing = if machine.exited { 0 } else { missing - 1 };
        }
        return Ok(());
    }
    let mut root = machine.memory_root().0;
    while missing > 0 {
        let count = missing.min((BATCH_STEPS / stride.max(1)).max(1));
        let batch = Batch::run(machine, host, stride, count)?;
        emit(&batch.hash(machine, &mut root));
        missing = if machine.exited { 0 } else { missing - count };
    }
    Ok(())
}

/// A few steps: what they wrote, in order, and the states to hash.
#[derive(Default)]
struct Batch {
    leaves: Vec<u32>,
    values: Vec<Hash>,
    /// States without a memory root, and the number of writes before each.
    states: Vec<(State, usize)>,
}

impl Batch {
    /// Makes the steps.
    fn run<H: Host>(machine: &mut Machine, host: &mut H, stride: u64, count: u64) -> Result<Self, Error<H::Error>> {
        let mut batch = Self::default();
        for _ in 0..count {
            for _ in 0..stride {
                let access = machine.access();
                let written = access.data.filter(|_| access.writes);
                machine.run(host, 1)?;
                if let Some(leaf) = written {
                    batch.leaves.push(leaf);
                    batch.values.push(machine.memory.leaf(leaf));
                }
            }
            batch.states.push((machine.state_over(Default::default()), batch.leaves.len()));
            if machine.exited {
                break;
            }
        }
        Ok(batch)
    }

    /// The state hashes. `root` is the memory root before and after, and so is the machine's tree.
    ///
    /// Every write makes a new version of each node above it. Those of one height depend only on those below, so a height
    /// is hashed at once.
    fn hash(mut self, machine: &mut Machine, root: &mut Hash) -> Vec<Hash> {
        for height in 0..MEMORY_HEIGHT {
            let mut latest: HashMap<u32, usize> = HashMap::default();
            let mut pairs = Vec::with_capacity(self.leaves.len());
            for (version, (at, value)) in self.leaves.iter().zip(&self.values).enumerate() {
                let sibling = match latest.get(&(at ^ 1)) {
                    Some(version) => self.values[*version],
                    None => machine.tree.node(height, at ^ 1),
                };
                pairs.push(if at & 1 == 0 { (*value, sibling) } else { (sibling, *value) });
                latest.insert(*at, version);
            }
            for (at, version) in latest {
                machine.tree.set_node(height, at, &self.values[version]);
            }
            self.values = pairs.par_iter().with_min_len(64).map(|(left, right)| node(left, right)).collect();
            self.leaves.iter_mut().for_each(|at| *at >>= 1);
        }
        let before = *root;
        if let Some(last) = self.values.last() {
            *root = *last;
            machine.tree.set_node(MEMORY_HEIGHT, 0, last);
        }
        let hash = |(state, writes): &(State, usize)| {
            let memory_root = writes.checked_sub(1).map_or(before, |last| self.values[last]);
            State { memory_root: memory_root.into(), ..*state }.hash().0
        };
        self.states.par_iter().with_min_len(64).map(hash).collect()
    }
}
