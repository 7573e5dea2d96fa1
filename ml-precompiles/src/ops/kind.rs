//! What an operation is beside its operands: its code and its attributes.

use crate::{aggregate::MAX_UPDATES, tensor::MAX_DIM};
use alloc::vec::Vec;
use alloy_primitives::{B256, U256};
use core::ops::Range;

/// The most that one PRNG or SAMPLE draws.
pub const MAX_DRAWS: u32 = 65_536;

/// The most taps of a POOL: a sum of so many elements fits 32 bits.
pub const MAX_POOL_TAPS: u64 = 1 << 24;

/// How an image's pixels are read: rows of x are its pixels, row by row, image after image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Height and width of an image.
    pub image: [u32; 2],
    /// Height and width of the kernel.
    pub kernel: [u32; 2],
    /// Vertical and horizontal stride.
    pub stride: [u32; 2],
    /// Rows and columns added before the image.
    pub before: [u32; 2],
    /// Rows and columns added after it.
    pub after: [u32; 2],
}

impl Window {
    const ATTRIBUTES: usize = 10;

    /// All of an image at once.
    pub const fn whole(image: [u32; 2]) -> Self {
        Self { image, kernel: image, stride: [1, 1], before: [0, 0], after: [0, 0] }
    }

    fn to_words(self) -> [u64; Self::ATTRIBUTES] {
        let Self { image: [h, w], kernel: [kh, kw], stride: [sh, sw], before: [t, l], after: [b, r] } = self;
        [h, w, kh, kw, sh, sw, t, l, b, r].map(u64::from)
    }

    /// Index of the attribute that is out of range, otherwise.
    fn from_words(words: [u64; Self::ATTRIBUTES]) -> Result<Self, usize> {
        let max = u64::from(MAX_DIM);
        for (index, word) in words.into_iter().enumerate() {
            let fits = match index {
                0..6 => (1..=max).contains(&word),
                // A pad is below its kernel.
                _ => word < words[2 + index % 2],
            };
            if !fits {
                return Err(index);
            }
        }
        let [h, w, kh, kw, sh, sw, t, l, b, r] = words.map(|word| word as u32);
        let window = Self { image: [h, w], kernel: [kh, kw], stride: [sh, sw], before: [t, l], after: [b, r] };
        match (0..2).find(|&axis| window.padded(axis) < window.kernel[axis]) {
            Some(axis) => Err(2 + axis),
            None => Ok(window),
        }
    }

    const fn padded(&self, axis: usize) -> u32 {
        self.image[axis] + self.before[axis] + self.after[axis]
    }

    /// Height and width of the output: `floor((padded - kernel) / stride) + 1`.
    pub fn output(&self) -> [u32; 2] {
        [0, 1].map(|axis| (self.padded(axis) - self.kernel[axis]) / self.stride[axis] + 1)
    }

    /// Taps of an output pixel.
    pub const fn taps(&self) -> u64 {
        self.kernel[0] as u64 * self.kernel[1] as u64
    }

    /// Row of x that tap `(ky, kx)` of output row `row` reads; none outside of the image.
    pub fn tap(&self, row: usize, [ky, kx]: [u32; 2]) -> Option<usize> {
        let [oh, ow] = self.output().map(|side| side as usize);
        let (image, pixel) = (row / (oh * ow), row % (oh * ow));
        let at = |axis: usize, out: usize, tap: u32| {
            let place = out as u64 * u64::from(self.stride[axis]) + u64::from(tap);
            let place = place.checked_sub(self.before[axis].into())?;
            (place < self.image[axis].into()).then_some(place as usize)
        };
        let (y, x) = (at(0, pixel / ow, ky)?, at(1, pixel % ow, kx)?);
        Some((image * self.image[0] as usize + y) * self.image[1] as usize + x)
    }

    /// Where output row `row` reads.
    pub(super) fn place(&self, row: usize) -> Place<'_> {
        let [oh, ow] = self.output().map(|side| side as usize);
        let (image, pixel) = (row / (oh * ow), row % (oh * ow));
        let corner = |axis: usize, out: usize| out as i64 * i64::from(self.stride[axis]) - i64::from(self.before[axis]);
        Place { window: self, image, corner: [corner(0, pixel / ow), corner(1, pixel % ow)] }
    }

    /// All taps, in their order.
    pub fn iter_taps(&self) -> impl Iterator<Item = [u32; 2]> + Clone + use<> {
        let [kh, kw] = self.kernel;
        (0..kh).flat_map(move |ky| (0..kw).map(move |kx| [ky, kx]))
    }
}

/// An image, and the place in it of the first tap, which may be outside.
pub(super) struct Place<'a> {
    window: &'a Window,
    image: usize,
    corner: [i64; 2],
}

impl Place<'_> {
    /// The taps along an axis that are inside the image: at least one, as pads are smaller than kernels.
    pub(super) fn inside(&self, axis: usize) -> Range<usize> {
        let (corner, kernel) = (self.corner[axis], i64::from(self.window.kernel[axis]));
        let end = (i64::from(self.window.image[axis]) - corner).clamp(0, kernel);
        (-corner).clamp(0, end) as usize..end as usize
    }

    /// Row of x of tap `(ky, kx)`, whose kx is inside; none outside of the image.
    pub(super) fn pixel(&self, ky: usize, kx: usize) -> Option<usize> {
        let [height, width] = self.window.image.map(|side| side as usize);
        let y = usize::try_from(self.corner[0] + ky as i64).ok().filter(|y| *y < height)?;
        let x = usize::try_from(self.corner[1] + kx as i64).ok()?;
        Some((self.image * height + y) * width + x)
    }
}

/// How the columns of sequences are split in attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// Number of heads.
    pub heads: u32,
    /// Tokens of a sequence.
    pub tokens: u32,
    /// Columns of a head.
    pub depth: u32,
}

/// A fraction of at most 1 in COSINE_GE, any positive one in APPLY_DELTA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// Numerator.
    pub n: u32,
    /// Denominator.
    pub d: u32,
}

/// What is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// Seed.
    pub seed: B256,
    /// What keeps draws for different ends apart.
    pub domain: B256,
    /// First block, below 2^48.
    pub counter: u64,
}

/// What POOL makes of the taps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Pooling {
    /// The largest.
    Max = 0,
    /// The mean, halves up.
    Mean = 1,
}

/// An operation's code and attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `acc[i,j] = bias[j] + sum_k x[i,k] * weights[k,j]`, requantised if there are constants.
    MatmulI8,
    /// MATMUL_I8 of the taps of each output pixel.
    Conv2dI8 {
        /// The taps.
        window: Window,
        /// What stands outside the image.
        pad: i8,
    },
    /// 32-bit accumulators to 8 bits: see [`super::arithmetic::Requant`].
    Requant,
    /// `table[x + 128]`.
    Lut8,
    /// By row, in units of 1/127: see [`super::arithmetic::softmax_round`].
    SoftmaxI8,
    /// By row: see [`super::arithmetic::RowNorm`] and [`super::arithmetic::Scale`].
    LayernormI8,
    /// See [`super::arithmetic::AddConstants`].
    AddI8,
    /// Over the taps of each output pixel that are inside the image.
    Pool {
        /// What of the taps.
        pooling: Pooling,
        /// The taps.
        window: Window,
    },
    /// Rows of a table by their indices.
    Gather,
    /// Products of queries and keys, by head.
    ScoresI8 {
        /// The split.
        heads: Heads,
        /// First columns of q and k.
        first: [u32; 2],
    },
    /// Products of probabilities and values, by head.
    MixI8 {
        /// The split.
        heads: Heads,
        /// First column of v.
        first: u32,
    },
    /// By row, whether the cosine is at least the ratio.
    CosineGe(Ratio),
    /// Weighted mean of updates, rounded down.
    FedAvg {
        /// One for each update.
        weights: Vec<u64>,
    },
    /// Mean of the updates' values without the `trim` smallest and largest, rounded down.
    TrimmedMean {
        /// Values dropped at each end.
        trim: u32,
    },
    /// `base + floor(delta * n / d)`, saturating.
    ApplyDelta(Ratio),
    /// Words of Keccak blocks.
    Prng {
        /// From what.
        draw: Draw,
        /// How many.
        n: u32,
    },
    /// Numbers below `population`, none twice.
    Sample {
        /// From what.
        draw: Draw,
        /// Of how many.
        population: u32,
        /// How many.
        n: u32,
    },
}

/// Names of the operands, and which may be absent.
type Slots = &'static [(&'static str, bool)];

const LINEAR: Slots = &[("x", false), ("weights", false), ("bias", true), ("requant", true)];
const WITH_CONSTANTS: Slots = &[("x", false), ("constants", false)];
const WITH_TABLE: Slots = &[("x", false), ("table", false)];

impl Kind {
    /// The last byte of the precompile's address, and the operation's code in requests and graphs.
    pub const fn code(&self) -> u8 {
        match self {
            Self::MatmulI8 => 0x10,
            Self::Conv2dI8 { .. } => 0x11,
            Self::Requant => 0x12,
            Self::Lut8 => 0x13,
            Self::SoftmaxI8 => 0x14,
            Self::LayernormI8 => 0x15,
            Self::AddI8 => 0x16,
            Self::Pool { .. } => 0x17,
            Self::Gather => 0x18,
            Self::ScoresI8 { .. } => 0x19,
            Self::MixI8 { .. } => 0x1a,
            Self::CosineGe(_) => 0x31,
            Self::FedAvg { .. } => 0x40,
            Self::TrimmedMean { .. } => 0x41,
            Self::ApplyDelta(_) => 0x42,
            Self::Prng { .. } => 0x50,
            Self::Sample { .. } => 0x51,
        }
    }

    /// Attributes of an operation that is read from `words` words of attributes and operands; none without such a code.
    pub(crate) const fn attributes_of(code: u8, words: usize) -> Option<usize> {
        Some(match code {
            0x10 | 0x12..=0x16 | 0x18 => 0,
            0x11 | 0x17 => Window::ATTRIBUTES + 1,
            0x19 => 5,
            0x1a => 4,
            0x31 | 0x42 => 2,
            // A weight for each update.
            0x40 => words / 2,
            0x41 => 1,
            0x50 => 4,
            0x51 => 5,
            _ => return None,
        })
    }

    /// Whether graphs may have it: operations on values alone.
    pub const fn in_graphs(&self) -> bool {
        self.code() < 0x20
    }

    /// The operands; none of updates, which are as many as there are.
    pub(crate) const fn slots(&self) -> Option<Slots> {
        Some(match self {
            Self::MatmulI8 | Self::Conv2dI8 { .. } => LINEAR,
            Self::Requant | Self::LayernormI8 => WITH_CONSTANTS,
            Self::Lut8 | Self::SoftmaxI8 => WITH_TABLE,
            Self::AddI8 => &[("a", false), ("b", false), ("constants", false)],
            Self::Pool { .. } => &[("x", false)],
            Self::Gather => &[("table", false), ("indices", false)],
            Self::ScoresI8 { .. } => &[("q", false), ("k", false), ("constants", false)],
            Self::MixI8 { .. } => &[("p", false), ("v", false), ("constants", false)],
            Self::CosineGe(_) => &[("a", false), ("b", false)],
            Self::FedAvg { .. } | Self::TrimmedMean { .. } => return None,
            Self::ApplyDelta(_) => &[("base", false), ("delta", false)],
            Self::Prng { .. } | Self::Sample { .. } => &[],
        })
    }

    /// The attributes, in order.
    pub fn attributes(&self) -> Vec<B256> {
        let numbers = |numbers: &[u64]| numbers.iter().map(|&number| B256::from(U256::from(number))).collect();
        let draws = |draw: &Draw, more: &[u64]| {
            let mut words = Vec::from([draw.seed, draw.domain]);
            words.extend(more.iter().map(|&number| B256::from(U256::from(number))));
            words
        };
        match self {
            Self::Conv2dI8 { window, pad } => {
                let mut words = window.to_words().to_vec();
                words.push((i64::from(*pad) + 128) as u64);
                numbers(&words)
            }
            Self::Pool { pooling, window } => {
                let mut words = Vec::from([*pooling as u64]);
                words.extend(window.to_words());
                numbers(&words)
            }
            Self::ScoresI8 { heads: Heads { heads, tokens, depth }, first: [q, k] } => {
                numbers(&[*heads, *tokens, *depth, *q, *k].map(u64::from))
            }
            Self::MixI8 { heads: Heads { heads, tokens, depth }, first } => {
                numbers(&[*heads, *tokens, *depth, *first].map(u64::from))
            }
            Self::CosineGe(Ratio { n, d }) | Self::ApplyDelta(Ratio { n, d }) => numbers(&[*n, *d].map(u64::from)),
            Self::FedAvg { weights } => numbers(weights),
            Self::TrimmedMean { trim } => numbers(&[u64::from(*trim)]),
            Self::Prng { draw, n } => draws(draw, &[draw.counter, u64::from(*n)]),
            Self::Sample { draw, population, n } => draws(draw, &[draw.counter, u64::from(*population), u64::from(*n)]),
            _ => Vec::new(),
        }
    }

    /// Whether the attributes are in range; the index of one that is not, otherwise. What is decoded is sound.
    pub(crate) fn check(&self) -> Result<(), usize> {
        match Self::read(self.code(), &self.attributes()) {
            Some(Ok(read)) if read == *self => Ok(()),
            Some(Err(index)) => Err(index),
            _ => Err(0),
        }
    }

    /// The operation of this code with these attributes. The index of the one that is out of range, or missing, is the
    /// error; an unknown code is none.
    pub(crate) fn read(code: u8, attributes: &[B256]) -> Option<Result<Self, usize>> {
        Self::attributes_of(code, 2 * attributes.len())?;
        Some(read(code, &Attributes(attributes)))
    }
}

struct Attributes<'a>(&'a [B256]);

impl Attributes<'_> {
    fn word(&self, index: usize) -> Result<B256, usize> {
        self.0.get(index).copied().ok_or(index)
    }

    fn number(&self, index: usize, range: core::ops::RangeInclusive<u64>) -> Result<u64, usize> {
        let value = u64::try_from(U256::from_be_bytes(self.word(index)?.0)).ok();
        value.filter(|value| range.contains(value)).ok_or(index)
    }

    /// A number from 1 to the largest dimension.
    fn dim(&self, index: usize) -> Result<u32, usize> {
        Ok(self.number(index, 1..=MAX_DIM.into())? as u32)
    }

    fn first_column(&self, index: usize) -> Result<u32, usize> {
        Ok(self.number(index, 0..=u64::from(MAX_DIM) - 1)? as u32)
    }

    fn window(&self, start: usize) -> Result<Window, usize> {
        let mut words = [0; Window::ATTRIBUTES];
        for (offset, word) in words.iter_mut().enumerate() {
            *word = self.number(start + offset, 0..=MAX_DIM.into())?;
        }
        Window::from_words(words).map_err(|index| start + index)
    }

    fn heads(&self) -> Result<Heads, usize> {
        Ok(Heads { heads: self.dim(0)?, tokens: self.dim(1)?, depth: self.dim(2)? })
    }

    fn draw(&self) -> Result<Draw, usize> {
        Ok(Draw { seed: self.word(0)?, domain: self.word(1)?, counter: self.number(2, 0..=(1 << 48) - 1)? })
    }
}

fn read(code: u8, attributes: &Attributes<'_>) -> Result<Kind, usize> {
    Ok(match code {
        0x10 => Kind::MatmulI8,
        0x11 => Kind::Conv2dI8 {
            window: attributes.window(0)?,
            pad: (attributes.number(Window::ATTRIBUTES, 0..=255)? as i64 - 128) as i8,
        },
        0x12 => Kind::Requant,
        0x13 => Kind::Lut8,
        0x14 => Kind::SoftmaxI8,
        0x15 => Kind::LayernormI8,
        0x16 => Kind::AddI8,
        0x17 => Kind::Pool {
            pooling: if attributes.number(0, 0..=1)? == 0 { Pooling::Max } else { Pooling::Mean },
            window: match attributes.window(1)? {
                window if window.taps() > MAX_POOL_TAPS => return Err(3),
                window => window,
            },
        },
        0x18 => Kind::Gather,
        0x19 => Kind::ScoresI8 {
            heads: attributes.heads()?,
            first: [attributes.first_column(3)?, attributes.first_column(4)?],
        },
        0x1a => Kind::MixI8 { heads: attributes.heads()?, first: attributes.first_column(3)? },
        0x31 => {
            let d = attributes.number(1, 1..=u32::MAX.into())?;
            Kind::CosineGe(Ratio { n: attributes.number(0, 1..=d)? as u32, d: d as u32 })
        }
        0x40 => {
            let count = attributes.0.len();
            if count == 0 || count > MAX_UPDATES {
                return Err(0);
            }
            let weights =
                (0..count).map(|index| attributes.number(index, 0..=u64::MAX)).collect::<Result<Vec<_>, _>>()?;
            if weights.iter().all(|weight| *weight == 0) {
                return Err(0);
            }
            Kind::FedAvg { weights }
        }
        0x41 => Kind::TrimmedMean { trim: attributes.number(0, 0..=(MAX_UPDATES as u64 - 1) / 2)? as u32 },
        0x42 => {
            let part = |index| attributes.number(index, 1..=i32::MAX as u64).map(|part| part as u32);
            Kind::ApplyDelta(Ratio { n: part(0)?, d: part(1)? })
        }
        0x50 => Kind::Prng { draw: attributes.draw()?, n: attributes.number(3, 1..=MAX_DRAWS.into())? as u32 },
        _ => {
            let population = attributes.dim(3)?;
            Kind::Sample {
                draw: attributes.draw()?,
                population,
                n: attributes.number(4, 1..=population.into())? as u32,
            }
        }
    })
}
