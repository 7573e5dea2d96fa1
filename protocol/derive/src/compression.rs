//! Brotli (RFC 7932). The decoder is the same in the node and in the guest.

use crate::CodecError;
use alloc::{vec, vec::Vec};
use brotli_decompressor::{
    Allocator, BrotliDecompressStream, BrotliResult, BrotliState, SliceWrapper, SliceWrapperMut,
};

const CHUNK_BYTES: usize = 1 << 16;

/// Decompresses exactly one stream, of windows up to 16 MiB, into at most `max_bytes`.
pub(crate) fn decompress(mut input: &[u8], max_bytes: usize) -> Result<Vec<u8>, CodecError> {
    let mut state = BrotliState::new_strict(Heap, Heap, Heap);
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut output = Vec::new();
    loop {
        let (mut available_in, mut input_offset) = (input.len(), 0);
        let (mut available_out, mut output_offset, mut total) = (chunk.len(), 0, 0);
        let result = BrotliDecompressStream(
            &mut available_in,
            &mut input_offset,
            input,
            &mut available_out,
            &mut output_offset,
            &mut chunk,
            &mut total,
            &mut state,
        );
        if output.len() + output_offset > max_bytes {
            return Err(CodecError::PayloadTooLarge);
        }
        output.extend_from_slice(&chunk[..output_offset]);
        input = &input[input_offset..];
        match result {
            BrotliResult::ResultSuccess if input.is_empty() => return Ok(output),
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::ResultSuccess | BrotliResult::NeedsMoreInput | BrotliResult::ResultFailure => {
                return Err(CodecError::Brotli);
            }
        }
    }
}

/// Appends the compressed `input`, in a window no larger than needed: the decoder allocates it.
#[cfg(feature = "std")]
pub(crate) fn compress(input: &[u8], output: &mut Vec<u8>) {
    let lgwin = (usize::BITS - input.len().leading_zeros()).clamp(16, 24) as i32;
    let params = brotli::enc::BrotliEncoderParams { quality: 9, lgwin, size_hint: input.len(), ..Default::default() };
    brotli::BrotliCompress(&mut { input }, output, &params).expect("memory neither fails to read nor to write");
}

/// The decoder's memory, from the global allocator.
struct Heap;

struct Block<T>(Vec<T>);

impl<T> Default for Block<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> SliceWrapper<T> for Block<T> {
    fn slice(&self) -> &[T] {
        &self.0
    }
}

impl<T> SliceWrapperMut<T> for Block<T> {
    fn slice_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T: Clone + Default> Allocator<T> for Heap {
    type AllocatedMemory = Block<T>;

    fn alloc_cell(&mut self, length: usize) -> Block<T> {
        Block(vec![T::default(); length])
    }

    fn free_cell(&mut self, _: Block<T>) {}
}
