use crate::{WordReader, Words};
use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};

/// Version word of [`CheckpointOutput`].
pub const CHECKPOINT_VERSION: u64 = 1;

/// Version word of [`BlockOutput`].
pub const BLOCK_VERSION: u64 = 2;

/// What a checkpoint claims about L2: the state after the first `batch_count` batches of the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct CheckpointOutput {
    /// Hash of the last block.
    pub block_hash: B256,
    /// Storage root of the L2 messenger after that block: the block's `withdrawalsRoot`.
    pub message_root: B256,
    /// Batches consumed.
    pub batch_count: u64,
    /// Delayed messages consumed.
    pub delayed_count: u64,
}

impl CheckpointOutput {
    /// `keccak256(version, configHash, blockHash, messageRoot, batchCount, delayedCount)`.
    pub fn output(&self, config_hash: B256) -> B256 {
        keccak256(self.encode(config_hash))
    }

    fn encode(&self, config_hash: B256) -> Vec<u8> {
        Words::new()
            .u64(CHECKPOINT_VERSION)
            .word(config_hash)
            .word(self.block_hash)
            .word(self.message_root)
            .u64(self.batch_count)
            .u64(self.delayed_count)
            .into_bytes()
    }
}

/// Where L2 stands after a block that may lie within a batch: what the leaves of a dispute over blocks are hashes of.
///
/// A batch's blocks follow from where derivation stood before the batch, so that is what it has, and how many of them
/// there are so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockOutput {
    /// Hash of the block.
    pub block_hash: B256,
    /// Batches consumed before the one that the block is of.
    pub batch_count: u64,
    /// Delayed messages consumed before that batch.
    pub delayed_count: u64,
    /// Timestamp of the last block before that batch, in seconds.
    pub last_timestamp: u64,
    /// Blocks of that batch so far, this one included.
    pub blocks: u64,
}

/// What an output is the hash of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Between two batches.
    Checkpoint(CheckpointOutput),
    /// After a block, the rest of its batch not looked at.
    Block(BlockOutput),
}

impl Output {
    /// The output of a chain: the hash of [`Self::encode`].
    pub fn hash(&self, config_hash: B256) -> B256 {
        keccak256(self.encode(config_hash))
    }

    /// Version, config hash and fields, as words.
    pub fn encode(&self, config_hash: B256) -> Vec<u8> {
        match self {
            Self::Checkpoint(output) => output.encode(config_hash),
            Self::Block(output) => Words::new()
                .u64(BLOCK_VERSION)
                .word(config_hash)
                .word(output.block_hash)
                .u64(output.batch_count)
                .u64(output.delayed_count)
                .u64(output.last_timestamp)
                .u64(output.blocks)
                .into_bytes(),
        }
    }

    /// Reads what [`Self::encode`] wrote, with the config hash first; none for anything else.
    pub fn decode(words: &[u8]) -> Option<(B256, Self)> {
        let mut words = WordReader::new(words);
        let (version, config_hash, block_hash) = (words.u64()?, words.word()?, words.word()?);
        let output = match version {
            CHECKPOINT_VERSION => Self::Checkpoint(CheckpointOutput {
                block_hash,
                message_root: words.word()?,
                batch_count: words.u64()?,
                delayed_count: words.u64()?,
            }),
            BLOCK_VERSION => Self::Block(BlockOutput {
                block_hash,
                batch_count: words.u64()?,
                delayed_count: words.u64()?,
                last_timestamp: words.u64()?,
                blocks: words.u64()?,
            }),
            _ => return None,
        };
        words.finish((config_hash, output))
    }

    /// Hash of the block that it stands after.
    pub const fn block_hash(&self) -> B256 {
        match self {
            Self::Checkpoint(output) => output.block_hash,
            Self::Block(output) => output.block_hash,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_round_trip_and_never_collide() {
        let config_hash = B256::repeat_byte(1);
        let checkpoint = Output::Checkpoint(CheckpointOutput {
            block_hash: B256::repeat_byte(2),
            message_root: B256::repeat_byte(3),
            batch_count: 4,
            delayed_count: 5,
        });
        let block = Output::Block(BlockOutput {
            block_hash: B256::repeat_byte(2),
            batch_count: 3,
            delayed_count: 4,
            last_timestamp: 5,
            blocks: 6,
        });
        for output in [checkpoint, block] {
            let words = output.encode(config_hash);
            assert_eq!(Output::decode(&words), Some((config_hash, output)));
            assert_eq!(Output::decode(&words[..words.len() - 32]), None);
            assert_eq!(Output::decode(&[&words[..], &[0; 32]].concat()), None);
            let mut other_version = words;
            other_version[31] = 3;
            assert_eq!(Output::decode(&other_version), None);
        }
        assert_ne!(checkpoint.hash(config_hash), block.hash(config_hash));
    }
}
