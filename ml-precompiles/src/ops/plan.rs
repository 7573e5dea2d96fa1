//! What an operation makes and costs, from shapes alone.

use super::{Heads, Kind, Operation, TABLE_LEN, Window, expect, expect_shape, matrix};
use crate::{
    error::Failure,
    gas,
    operand::Shaped,
    tensor::{Dtype, MAX_DIM, Shape, TensorError},
};

/// Multiplications that one call can ask for: 2^34.
pub const MAX_MACS: u64 = 1 << 34;

/// What an operation costs and makes, known from shapes alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Shape of the result.
    pub output: Shape,
    /// Multiplications.
    pub macs: u64,
    /// Gas for what grows with the rows, without the base, the loading of operands and the commitment to the result.
    pub gas: u64,
    /// Gas for what does not: the operation's parameters.
    pub fixed: u64,
}

impl Plan {
    const fn new(output: Shape, gas: u64) -> Self {
        Self { output, macs: 0, gas, fixed: 0 }
    }
}

/// A matrix as result: its dimensions are checked.
fn output(dtype: Dtype, [rows, cols]: [u64; 2]) -> Result<Shape, Failure> {
    let max = u64::from(MAX_DIM);
    let dim = |index: usize, value: u64| {
        let value = u32::try_from(value).unwrap_or(u32::MAX);
        if u64::from(value) > max { Err(TensorError::Dim { index, value }) } else { Ok(value) }
    };
    Ok(Shape::new(dtype, &[dim(0, rows)?, dim(1, cols)?])?)
}

impl<P: Shaped> Operation<P> {
    /// Checks the attributes and the types and shapes of all operands, and prices the operation.
    pub fn plan(&self) -> Result<Plan, Failure> {
        self.kind().check().map_err(Failure::Word)?;
        match self.kind() {
            Kind::MatmulI8 => {
                let [m, k] = matrix(self.operand(0)?, Dtype::I8, "x")?;
                self.plan_product(m, k)
            }
            Kind::Conv2dI8 { window, .. } => self.plan_conv2d(window),
            Kind::Requant => {
                let [m, n] = matrix(self.operand(0)?, Dtype::I32, "x")?;
                expect_shape(self.operand(1)?, Dtype::I32, &[3, n as u32], "constants")?;
                Ok(Plan { fixed: gas::columns(n), ..Plan::new(output(Dtype::I8, [m, n])?, gas::requant(m * n)) })
            }
            Kind::Lut8 => {
                let x = self.operand(0)?.shape();
                expect(x.dtype() == Dtype::I8, "x")?;
                expect_shape(self.operand(1)?, Dtype::I8, &[TABLE_LEN as u32], "table")?;
                Ok(Plan::new(*x, gas::lut8(x.elements() as u64)))
            }
            Kind::SoftmaxI8 => {
                let dims = matrix(self.operand(0)?, Dtype::I8, "x")?;
                expect_shape(self.operand(1)?, Dtype::I32, &[TABLE_LEN as u32], "table")?;
                Ok(Plan::new(output(Dtype::I8, dims)?, gas::softmax(dims)))
            }
            Kind::LayernormI8 => {
                let dims = matrix(self.operand(0)?, Dtype::I8, "x")?;
                expect_shape(self.operand(1)?, Dtype::I32, &[3, dims[1] as u32], "constants")?;
                Ok(Plan { fixed: gas::columns(dims[1]), ..Plan::new(output(Dtype::I8, dims)?, gas::layernorm(dims)) })
            }
            Kind::AddI8 => {
                let [m, n] = matrix(self.operand(0)?, Dtype::I8, "a")?;
                let [p, cols] = matrix(self.operand(1)?, Dtype::I8, "b")?;
                expect(cols == n && m.is_multiple_of(p), "b")?;
                expect_shape(self.operand(2)?, Dtype::I32, &[4], "constants")?;
                Ok(Plan::new(output(Dtype::I8, [m, n])?, gas::add(m * n)))
            }
            Kind::Pool { window, .. } => {
                let [m, n] = matrix(self.operand(0)?, Dtype::I8, "x")?;
                let output = output(Dtype::I8, [pixels(window, m)?, n])?;
                let macs = output.elements() as u64 * window.taps();
                Ok(Plan { macs, ..Plan::new(output, gas::pool(output.rows() as u64, window.taps(), n)) })
            }
            Kind::Gather => self.plan_gather(),
            Kind::ScoresI8 { heads, first } => self.plan_scores(heads, *first),
            Kind::MixI8 { heads, first } => self.plan_mix(heads, *first),
            Kind::CosineGe(_) => {
                let [m, n] = matrix(self.operand(0)?, Dtype::I8, "a")?;
                expect(self.operand(1)?.shape() == self.operand(0)?.shape(), "b")?;
                Ok(Plan::new(Shape::new(Dtype::I8, &[m.min(u64::from(u32::MAX)) as u32])?, gas::cosine([m, n])))
            }
            Kind::FedAvg { .. } | Kind::TrimmedMean { .. } => self.plan_updates(),
            Kind::ApplyDelta(_) => {
                let base = self.operand(0)?.shape();
                expect(base.dtype() == Dtype::I32, "base")?;
                expect(self.operand(1)?.shape() == base, "delta")?;
                Ok(Plan::new(*base, gas::apply_delta(base.elements() as u64)))
            }
            Kind::Prng { n, .. } => Ok(Plan::new(Shape::new(Dtype::I32, &[*n])?, gas::prng(u64::from(*n)))),
            Kind::Sample { population, n, .. } => {
                Ok(Plan::new(Shape::new(Dtype::I32, &[*n])?, gas::sample(u64::from(*population), u64::from(*n))))
            }
        }
    }

    /// A product of `m` rows of `k` elements with the weights.
    fn plan_product(&self, m: u64, k: u64) -> Result<Plan, Failure> {
        let [rows, n] = matrix(self.operand(1)?, Dtype::I8, "weights")?;
        expect(rows == k, "weights")?;
        if let Some(bias) = self.optional(2) {
            expect_shape(bias, Dtype::I32, &[n as u32], "bias")?;
        }
        let (dtype, requant) = match self.optional(3) {
            Some(constants) => {
                expect_shape(constants, Dtype::I32, &[3, n as u32], "requant")?;
                (Dtype::I8, [gas::requant(m * n), gas::columns(n)])
            }
            None => (Dtype::I32, [0; 2]),
        };
        let output = output(dtype, [m, n])?;
        // The accumulators take as much memory as an I32 result, whatever the result is.
        Shape::new(Dtype::I32, output.dims())?;
        Ok(Plan {
            output,
            macs: m * k * n,
            gas: gas::product(m, k, n) + requant[0],
            fixed: gas::weights(k, n) + requant[1],
        })
    }

    fn plan_conv2d(&self, window: &Window) -> Result<Plan, Failure> {
        let [m, channels] = matrix(self.operand(0)?, Dtype::I8, "x")?;
        // X' has to be a tensor.
        let taps = output(Dtype::I8, [pixels(window, m)?, window.taps().saturating_mul(channels)])?;
        let [rows, cols] = [taps.rows() as u64, taps.cols() as u64];
        let plan = self.plan_product(rows, cols)?;
        Ok(Plan { gas: plan.gas + gas::im2col(rows, window.taps(), channels), ..plan })
    }

    fn plan_gather(&self) -> Result<Plan, Failure> {
        let table = self.operand(0)?.shape();
        expect(table.dims().len() == 2, "table")?;
        let indices = self.operand(1)?.shape();
        let column = matches!(indices.dims(), [_] | [_, 1]);
        expect(column && indices.dtype() == Dtype::I32, "indices")?;
        let output = output(table.dtype(), [indices.elements() as u64, table.cols() as u64])?;
        Ok(Plan::new(output, gas::gather(output.rows() as u64, output.size_bytes() as u64)))
    }

    fn plan_scores(&self, heads: &Heads, first: [u32; 2]) -> Result<Plan, Failure> {
        let &Heads { heads: h, tokens, depth } = heads;
        let (h, tokens, depth) = (u64::from(h), u64::from(tokens), u64::from(depth));
        let [q, k] = [("q", 0), ("k", 1)].map(|(name, index)| {
            let [rows, cols] = matrix(self.operand(index)?, Dtype::I8, name)?;
            let fits = rows.is_multiple_of(tokens) && cols >= u64::from(first[index]) + h * depth;
            expect(fits, name).map(|()| rows)
        });
        let rows = q?;
        expect(k? == rows, "k")?;
        expect_shape(self.operand(2)?, Dtype::I32, &[3, h as u32], "constants")?;
        let output = output(Dtype::I8, [rows.saturating_mul(h), tokens])?;
        let gas = gas::attention(rows / tokens * h, [tokens, depth, tokens]);
        Ok(Plan { macs: output.elements() as u64 * depth, fixed: gas::columns(h), ..Plan::new(output, gas) })
    }

    fn plan_mix(&self, heads: &Heads, first: u32) -> Result<Plan, Failure> {
        let &Heads { heads: h, tokens, depth } = heads;
        let (h, tokens, depth) = (u64::from(h), u64::from(tokens), u64::from(depth));
        let [rows, cols] = matrix(self.operand(1)?, Dtype::I8, "v")?;
        expect(rows.is_multiple_of(tokens) && cols >= u64::from(first) + h * depth, "v")?;
        let p = matrix(self.operand(0)?, Dtype::I8, "p")?;
        expect(p == [rows.saturating_mul(h), tokens], "p")?;
        let output = output(Dtype::I8, [rows, h * depth])?;
        expect_shape(self.operand(2)?, Dtype::I32, &[3, output.cols() as u32], "constants")?;
        let gas = gas::attention(rows / tokens * h, [tokens, tokens, depth]);
        let fixed = gas::columns(output.cols() as u64);
        Ok(Plan { macs: output.elements() as u64 * tokens, fixed, ..Plan::new(output, gas) })
    }

    fn plan_updates(&self) -> Result<Plan, Failure> {
        let first = self.operand(0)?.shape();
        expect(first.dtype() == Dtype::I32, "updates")?;
        for index in 1..self.operands().len() {
            expect(self.operand(index)?.shape() == first, "updates")?;
        }
        let (elements, count) = (first.elements() as u64, self.operands().len() as u64);
        let gas = match self.kind() {
            Kind::TrimmedMean { trim } if 2 * u64::from(*trim) >= count => return Err(Failure::Word(0)),
            Kind::TrimmedMean { .. } => gas::trimmed_mean(elements, count),
            _ => gas::fedavg(elements, count),
        };
        Ok(Plan::new(*first, gas))
    }
}

/// Rows of the output for `m` pixels.
fn pixels(window: &Window, m: u64) -> Result<u64, Failure> {
    let image = u64::from(window.image[0]) * u64::from(window.image[1]);
    expect(m.is_multiple_of(image), "x")?;
    let [height, width] = window.output().map(u64::from);
    Ok((m / image).saturating_mul(height * width))
}
