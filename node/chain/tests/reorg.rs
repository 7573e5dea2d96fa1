//! Whatever happened before, the chain ends where straight replay of the inbox ends.

mod common;

use autonet_chain::{Chain, Outcome};
use autonet_primitives::DelayedMessage;
use common::{Plan, apply, batch, dump, open, queue, sequence};
use proptest::{collection::vec, prelude::*};

/// Blocks of each batch.
type Batches = Vec<Vec<Plan>>;

#[derive(Clone, Debug)]
struct Script {
    /// Both sides have these.
    common: Batches,
    /// The node has this then: the first batches from L1, the rest only sequenced.
    lost: Batches,
    lost_applied: usize,
    lost_salt: u64,
    /// L1 has this in the end.
    kept: Batches,
}

fn plans() -> impl Strategy<Value = Plan> {
    (0..3u64, 0..5u64, vec((0..4u8, 0..4u8, 0..1000u64), 0..4)).prop_map(|(seconds, delayed, transfers)| Plan {
        seconds,
        delayed,
        transfers,
    })
}

fn batches(count: std::ops::Range<usize>) -> impl Strategy<Value = Batches> {
    vec(vec(plans(), 0..4), count)
}

fn script() -> impl Strategy<Value = Script> {
    (batches(0..3), batches(0..4), 0..4usize, 0..2u64, batches(1..4), 0..3usize).prop_map(
        |(common, mut lost, lost_applied, lost_salt, kept, shared)| {
            // Often the two sides start with the same blocks.
            let shared = shared.min(kept.len());
            lost.splice(0..0, kept[..shared].iter().cloned());
            Script { common, lost_applied: lost_applied.min(lost.len()), lost, lost_salt, kept }
        },
    )
}

/// Sequences the blocks of `batches`, and applies the first `applied` batches as they come back from L1.
fn run(chain: &Chain, queue: &[DelayedMessage], batches: &Batches, applied: usize) {
    for (number, plans) in batches.iter().enumerate() {
        let first = chain.head().id.number + 1;
        for plan in plans {
            sequence(chain, queue, plan);
        }
        if number < applied {
            let posted = batch(chain, chain.batch_count().unwrap(), first, chain.head().id.number);
            assert_eq!(apply(chain, queue, &posted), Outcome::Agreed);
        }
    }
}

/// The batches that have been applied to `chain`, as L1 has them.
fn posted(chain: &Chain) -> Vec<autonet_primitives::Batch> {
    let last = |index: u64| chain.batch(index).unwrap().unwrap().last_block.number;
    let first = |index: u64| index.checked_sub(1).map_or(0, last) + 1;
    (0..chain.batch_count().unwrap()).map(|index| batch(chain, index, first(index), last(index))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn reorg_then_replay_is_straight_replay(script in script()) {
        let dirs = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let [node, l1, straight] = [0, 1, 2].map(|i| open(&dirs[i]));
        let (queue, lost_queue) = (queue(0), queue(script.lost_salt));
        let common = script.common.len() as u64;

        run(&l1, &queue, &script.common, usize::MAX);
        run(&l1, &queue, &script.kept, usize::MAX);
        let inbox = posted(&l1);

        run(&node, &queue, &script.common, usize::MAX);
        run(&node, &lost_queue, &script.lost, script.lost_applied);
        node.unwind_batches(common).unwrap();
        for batch in &inbox[common as usize..] {
            apply(&node, &queue, batch);
        }
        node.unwind(node.heads().safe.number).unwrap();

        for batch in &inbox {
            let is_reorged = matches!(apply(&straight, &queue, batch), Outcome::Reorged { .. });
            prop_assert!(!is_reorged);
        }
        prop_assert_eq!(node.heads(), l1.heads());
        prop_assert_eq!(node.heads(), straight.heads());
        drop((node, l1, straight));
        let [node, l1, straight] = [0, 1, 2].map(|i| dump(&dirs[i]));
        prop_assert_eq!(&node, &straight);
        prop_assert_eq!(&node, &l1);
    }
}
