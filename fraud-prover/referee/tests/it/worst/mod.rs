//! The dearest steps: each operation at the deepest trees that its tensors can have, its tiles full of bytes that are not zero,
//! those outside of the matrix as well (which no tensor has, and which costs more). A tensor has at most 2^26 bytes, four
//! dimensions, and 65,536 along each.

mod product;
mod tiles;
mod update;

use crate::{
    harness::{Cost, Referee, check_step, mutate, numbers},
    sparse::Sparse,
};
use alloy_primitives::keccak256;
use autonet_ml_precompiles::{Commitment, Dtype, MAX_TENSOR_BYTES, Operation, Request};
use autonet_referee::{Call, State, StepProof, Witness, repeat};

/// The deepest I8 matrix: 19 levels, as 265,980 tiles need. Wide as well as tall, with as many levels: the next ones.
const TALL: [u32; 2] = [65_457, 1_025];
const WIDE: [u32; 2] = [1_025, 65_456];
const NARROW: [u32; 2] = [65_456, 1_025];
/// The deepest I32 matrices: 17 levels, as 69,360 tiles need.
const TALL_I32: [u32; 2] = [65_265, 257];
const WIDE_I32: [u32; 2] = [257, 65_265];
/// The deepest tensors: 22 levels of I8, 20 of I32. Their tiles have one column each.
const DEEPEST: [u32; 4] = [65_536, 1_024, 1, 1];
const DEEPEST_I32: [u32; 4] = [65_536, 256, 1, 1];

/// One step of a request.
struct Worst {
    name: &'static str,
    request: Request<Commitment>,
    step: usize,
    carried: Vec<u8>,
    /// Tiles of the result so far; 0 where none is appended.
    done: usize,
    tiles: Vec<u8>,
}

impl Worst {
    fn new(name: &'static str, operation: Operation<Commitment>, step: usize) -> Self {
        Self { name, request: Request::Operate(operation), step, carried: Vec::new(), done: 0, tiles: Vec::new() }
    }

    fn carrying(self, carried: Vec<u8>) -> Self {
        Self { carried, ..self }
    }

    /// Appends this tile of the result.
    fn appending(self, index: usize) -> Self {
        Self { done: index, ..self }
    }

    fn reading<'a>(self, tiles: impl IntoIterator<Item = (&'a Sparse, usize)>) -> Self {
        Self { tiles: tiles.into_iter().flat_map(|(tensor, index)| tensor.read(index)).collect(), ..self }
    }

    fn prove(self) -> StepProof {
        let call = Call::new(&self.request).expect("fits");
        let peaks = (0..self.done.count_ones()).flat_map(|peak| keccak256(peak.to_be_bytes()).0).collect::<Vec<_>>();
        let before = State {
            step: self.step as u64,
            carry: keccak256(&self.carried),
            frontier: keccak256(&peaks),
            ..State::initial(call.request())
        };
        let witness = Witness {
            request: call.request().to_vec().into(),
            operands: call.operands().into(),
            carried: self.carried.into(),
            peaks: peaks.into(),
            tiles: self.tiles.into(),
        };
        let after = repeat(&before, &witness).unwrap_or_else(|refusal| panic!("{}: {refusal}", self.name));
        assert!(!after.failed, "{}", self.name);
        StepProof { before, witness, after }
    }
}

/// So many bytes, none of them zero or -128.
fn bytes(seed: u64, count: usize) -> Vec<u8> {
    numbers(seed, count).into_iter().map(|number| number as u8 | 1).collect()
}

fn narrow(seed: u64) -> Vec<u8> {
    bytes(seed, 256)
}

fn wide(seed: u64) -> Vec<u8> {
    bytes(seed, 1_024)
}

/// An I32 tile that starts with these elements.
fn lanes(values: &[i32]) -> Vec<u8> {
    let mut tile: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    tile.resize(1_024, 0);
    tile
}

/// Sums that are carried, far from overflows.
fn sums(seed: u64, count: usize) -> Vec<u8> {
    numbers(seed, count).into_iter().flat_map(|number| (number >> 2 | 0x4001_0101).to_be_bytes()).collect()
}

/// An operand of which one tile is read.
fn i8(dims: &[u32], index: usize) -> Sparse {
    Sparse::new(Dtype::I8, dims, [(index, narrow(index as u64))])
}

fn i32(dims: &[u32], index: usize, tile: Vec<u8>) -> Sparse {
    Sparse::new(Dtype::I32, dims, [(index, tile)])
}

/// The index with the most peaks.
fn busiest(indices: impl Iterator<Item = usize>) -> usize {
    indices.max_by_key(|index| index.count_ones()).expect("some")
}

/// Tiles with part of a matrix, row by row.
fn part(matrix: &Sparse, [top, left]: [usize; 2], [rows, cols]: [usize; 2]) -> Vec<usize> {
    let across = matrix.shape.cols().div_ceil(16);
    let bands = top / 16..=(top + rows - 1) / 16;
    bands.flat_map(|band| (left / 16..=(left + cols - 1) / 16).map(move |col| band * across + col)).collect()
}

fn of<'a>(matrix: &'a Sparse, indices: &'a [usize]) -> impl Iterator<Item = (&'a Sparse, usize)> {
    indices.iter().map(move |index| (matrix, *index))
}

/// Of every operation.
fn steps() -> Vec<Worst> {
    let all: [fn() -> Vec<Worst>; 15] = [
        product::matmul,
        product::conv2d,
        product::scores,
        product::mix,
        tiles::requant,
        tiles::lut8,
        tiles::softmax,
        tiles::layernorm,
        tiles::add,
        tiles::pool,
        tiles::gather,
        update::metric,
        update::cosine_ge,
        update::updates,
        update::draws,
    ];
    all.into_iter().flat_map(|worst| worst()).collect()
}

#[test]
fn worst_steps_are_within_the_limits() {
    let mut referee = Referee::deploy();
    for worst in steps() {
        let name = worst.name;
        let proof = worst.prove();
        let Cost { gas, calldata } = check_step(&mut referee, &proof);
        mutate(&mut referee, &proof, &[]);
        println!("| {name} | {gas} | {calldata} |");
    }
}

#[test]
fn no_tree_is_deeper() {
    let levels = |tiles: u64| tiles.next_power_of_two().trailing_zeros() as usize;
    let height = |dtype, dims: &[u32]| Sparse::new(dtype, dims, []).height();
    for (dtype, matrices, tensor, deepest) in [
        (Dtype::I8, [TALL, WIDE, NARROW].to_vec(), DEEPEST, [19, 22]),
        (Dtype::I32, [TALL_I32, WIDE_I32].to_vec(), DEEPEST_I32, [17, 20]),
    ] {
        // So many rows of tiles have at least a row more than those before, and leave so many columns.
        let elements = MAX_TENSOR_BYTES / dtype.width() as u64;
        let left = |tiles: u64, most: u64| (elements / (16 * tiles - 15)).min(most).div_ceil(16);
        let most = |most: u64| (1..=4_096).map(|tiles| levels(tiles * left(tiles, most))).max();
        // More than two dimensions are as many rows as the bytes allow.
        assert_eq!([most(65_536), most(u64::MAX)], deepest.map(Some));
        assert!(matrices.iter().all(|dims| height(dtype, dims) == deepest[0]));
        assert_eq!(height(dtype, &tensor), deepest[1]);
    }
}
