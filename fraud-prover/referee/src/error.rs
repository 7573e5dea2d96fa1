//! Why a witness is no witness.

/// What is wrong with a witness, or with a request. It is never an answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The request is not the state's, or none.
    #[error("not the state's request")]
    Request,
    /// The operands' preimages are not those of the request's ids.
    #[error("the operands are not the request's")]
    Operands,
    /// No referee repeats operations of this code.
    #[error("no referee knows code {0:#x}")]
    Code(u8),
    /// All steps are done.
    #[error("there are {steps} steps, and step {step} is none of them")]
    Step {
        /// The state's.
        step: u64,
        /// Steps of the request.
        steps: u64,
    },
    /// The carried bytes are not the state's, or of another length than the step needs.
    #[error("the carried bytes are not the state's")]
    Carried,
    /// The peaks are not the state's.
    #[error("the peaks are not the state's")]
    Peaks,
    /// A tile is missing, or not at its place under the root.
    #[error("tile {index} of operand {operand} is not proven")]
    Tile {
        /// Which operand.
        operand: usize,
        /// Which tile of it.
        index: u64,
    },
    /// The witness holds more than the step reads.
    #[error("the witness holds more than the step reads")]
    Trailing,
}
