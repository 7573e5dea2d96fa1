//! Working an operation out.

use super::{Kind, Operation, attention, draw, i8s, i32s, image, product, rows, updates};
use crate::{
    error::Failure,
    kernel::Engine,
    operand::Shaped,
    tensor::{Elements, Shape, Tensor},
};
use alloc::vec::Vec;
use attention::Columns;
use core::borrow::Borrow;

impl<P: Borrow<Tensor> + Shaped> Operation<P> {
    /// The result. Types and shapes are checked first, then values; the answer does not depend on the processor.
    pub fn apply(&self) -> Result<Tensor, Failure> {
        self.apply_on(&Engine::detect())
    }

    /// The same with given kernels and threads.
    pub fn apply_on(&self, engine: &Engine) -> Result<Tensor, Failure> {
        let output = self.plan()?.output;
        let dims = output.dims();
        match self.kind() {
            Kind::MatmulI8 => self.finish(engine, self.i8s(0)?, &output),
            Kind::Conv2dI8 { window, pad } => {
                let channels = self.shape(0)?.cols();
                let taps = product::im2col(engine, window, *pad, self.i8s(0)?, channels, output.rows());
                self.finish(engine, &taps, &output)
            }
            Kind::Requant => Ok(Tensor::from_i8(dims, product::requantise(engine, self.i32s(0)?, self.i32s(1)?)?)?),
            Kind::Lut8 => Ok(Tensor::from_i8(dims, rows::lut8(engine, self.i8s(0)?, self.i8s(1)?))?),
            Kind::SoftmaxI8 => {
                Ok(Tensor::from_i8(dims, rows::softmax(engine, self.i8s(0)?, output.cols(), self.i32s(1)?)?)?)
            }
            Kind::LayernormI8 => {
                Ok(Tensor::from_i8(dims, rows::layernorm(engine, self.i8s(0)?, output.cols(), self.i32s(1)?)?)?)
            }
            Kind::AddI8 => Ok(Tensor::from_i8(dims, rows::add(engine, self.i8s(0)?, self.i8s(1)?, self.i32s(2)?)?)?),
            Kind::Pool { pooling, window } => {
                let data = image::pool(engine, *pooling, window, self.i8s(0)?, output.cols(), output.rows());
                Ok(Tensor::from_i8(dims, data)?)
            }
            Kind::Gather => {
                let (table, indices) = (self.tensor(0)?, self.i32s(1)?);
                Ok(match table.elements() {
                    Elements::I8(table) => Tensor::from_i8(dims, rows::gather(table, output.cols(), indices)?)?,
                    Elements::I32(table) => Tensor::from_i32(dims, rows::gather(table, output.cols(), indices)?)?,
                })
            }
            Kind::ScoresI8 { heads, first: [q, k] } => {
                let (q, k) = (self.columns(0, *q)?, self.columns(1, *k)?);
                Ok(Tensor::from_i8(dims, attention::scores(engine, heads, q, k, self.i32s(2)?)?)?)
            }
            Kind::MixI8 { heads, first } => {
                let (p, v) = (self.i8s(0)?, self.columns(1, *first)?);
                Ok(Tensor::from_i8(dims, attention::mix(engine, heads, p, v, self.i32s(2)?)?)?)
            }
            Kind::CosineGe(ratio) => {
                let cols = self.shape(0)?.cols();
                Ok(Tensor::from_i8(dims, rows::cosine_ge(engine, *ratio, self.i8s(0)?, self.i8s(1)?, cols))?)
            }
            Kind::FedAvg { weights } => {
                Ok(Tensor::from_i32(dims, updates::fedavg(engine, weights, &self.updates()?)?)?)
            }
            Kind::TrimmedMean { trim } => {
                Ok(Tensor::from_i32(dims, updates::trimmed_mean(engine, *trim as usize, &self.updates()?))?)
            }
            Kind::ApplyDelta(ratio) => {
                Ok(Tensor::from_i32(dims, updates::apply(engine, *ratio, self.i32s(0)?, self.i32s(1)?))?)
            }
            Kind::Prng { draw, n } => Ok(Tensor::from_i32(dims, draw::prng(draw, *n as usize))?),
            Kind::Sample { draw, population, n } => Ok(Tensor::from_i32(dims, draw::sample(draw, *population, *n)?)?),
        }
    }

    /// A product with the weights, requantised if there are constants.
    fn finish(&self, engine: &Engine, a: &[i8], output: &Shape) -> Result<Tensor, Failure> {
        let weights = self.i8s(1)?;
        let bias = self.optional(2).map(|bias| i32s(bias.borrow(), "bias")).transpose()?;
        product::check(engine, weights, bias)?;
        let acc = product::accumulate(engine, a, weights, bias, output);
        match self.optional(3) {
            Some(constants) => {
                let constants = i32s(constants.borrow(), "requant")?;
                Ok(Tensor::from_i8(output.dims(), product::requantise(engine, &acc, constants)?)?)
            }
            None => Ok(Tensor::from_i32(output.dims(), acc)?),
        }
    }

    fn tensor(&self, index: usize) -> Result<&Tensor, Failure> {
        self.operand(index).map(Borrow::borrow)
    }

    fn shape(&self, index: usize) -> Result<&Shape, Failure> {
        self.operand(index).map(Shaped::shape)
    }

    fn i8s(&self, index: usize) -> Result<&[i8], Failure> {
        i8s(self.tensor(index)?, self.name(index))
    }

    fn i32s(&self, index: usize) -> Result<&[i32], Failure> {
        i32s(self.tensor(index)?, self.name(index))
    }

    fn columns(&self, index: usize, first: u32) -> Result<Columns<'_>, Failure> {
        Ok(Columns { data: self.i8s(index)?, cols: self.shape(index)?.cols(), first: first as usize })
    }

    fn updates(&self) -> Result<Vec<&[i32]>, Failure> {
        (0..self.operands().len()).map(|index| self.i32s(index)).collect()
    }
}
