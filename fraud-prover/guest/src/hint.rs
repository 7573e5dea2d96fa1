//! What the program tells whoever runs the machine about a request, beside its hash. L1 never sees it.

use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes};
use alloy_rlp::{RlpDecodable, RlpEncodable};
use autonet_ml_precompiles::{Operand, Request, Tensor};
use core::convert::Infallible;

/// A request and the tensors that only the program has the data of.
#[derive(Clone, Debug, Default, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct Hint {
    /// The request's encoding.
    pub request: Bytes,
    /// Encodings of tensors.
    pub tensors: Vec<Bytes>,
}

/// A request's encoding, and the RLP of its [`Hint`].
pub fn hint(request: &Request<Operand>) -> (Vec<u8>, Vec<u8>) {
    let mut tensors = Vec::new();
    let mut name = |operand: &Operand| {
        tensors.extend(operand.data().map(|tensor: &alloc::sync::Arc<Tensor>| Bytes::from(tensor.encode())));
        Ok::<B256, Infallible>(operand.commitment().id())
    };
    let Ok(named) = request.try_map(&mut name);
    let words = named.encode();
    let hint = Hint { request: words.clone().into(), tensors };
    (words, alloy_rlp::encode(&hint))
}
