#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::float_arithmetic)]

extern crate alloc;

mod codec;
mod compression;
mod derive;
#[cfg(feature = "std")]
mod encoder;

pub use codec::{
    BATCH_VERSION, BlockRecord, CodecError, DecodedBatch, MAX_PAYLOAD_BYTES, MAX_RECORDS_PER_BATCH,
    MAX_TRANSACTIONS_PER_BATCH, decode_batch, encode_batch,
};
pub use derive::{DelayedSource, DeriveError, DeriveState, DerivedBatch, derive_batch};
#[cfg(feature = "std")]
pub use encoder::{BatchEncoder, EncodeError, MAX_BATCH_BYTES, SealedBatch};
