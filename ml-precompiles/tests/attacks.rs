//! What someone would try who wants work for nothing: calls at their limits, sums that do not fit, short sequences.

mod support;

use alloy_primitives::{Address, B256, Bytes};
use autonet_ml_precompiles::{
    CallOutcome, Commitment, Draw, Dtype, Failure, GraphBuilder, Heads, Input, Kind, MAX_MACS, MAX_NODES, Operand,
    Operation, Pooling, Price, Ratio, Registered, Request, Residency, Shape, TensorHost, Value, Window, abi, call, gas,
};
use std::{collections::BTreeMap, convert::Infallible};
use support::{cases, word};

/// A host with shapes alone, however large, which counts what it is asked to work out.
#[derive(Clone, Debug, Default)]
struct Shapes {
    tensors: BTreeMap<B256, Commitment>,
    graph: Option<Registered>,
    requests: usize,
}

impl Shapes {
    fn make(&mut self, dtype: Dtype, dims: &[u32]) -> B256 {
        let shape = Shape::new(dtype, dims).expect("a shape");
        let commitment = Commitment { shape, root: B256::repeat_byte(self.tensors.len() as u8 + 1) };
        self.tensors.insert(commitment.id(), commitment);
        commitment.id()
    }

    fn i8(&mut self, dims: &[u32]) -> B256 {
        self.make(Dtype::I8, dims)
    }

    fn i32(&mut self, dims: &[u32]) -> B256 {
        self.make(Dtype::I32, dims)
    }

    fn call(&mut self, address: Address, input: &[u8], gas: u64) -> CallOutcome {
        self.requests = 0;
        let Ok(outcome) = call(address, input, gas, self);
        outcome
    }
}

impl TensorHost for Shapes {
    type Error = Infallible;

    fn local(&mut self, id: B256) -> Result<Option<Operand>, Infallible> {
        Ok(self.tensors.get(&id).map(|commitment| (*commitment).into()))
    }

    fn insert_local(&mut self, _: B256, _: Operand) -> Result<(), Infallible> {
        Ok(())
    }

    fn resident(&mut self, _: B256) -> Result<Option<Residency>, Infallible> {
        Ok(None)
    }

    fn load(&mut self, _: B256) -> Result<Operand, Infallible> {
        unreachable!("nothing is resident")
    }

    fn first_use(&mut self, _: B256) -> Result<bool, Infallible> {
        Ok(false)
    }

    fn request(&mut self, _: &Request<Operand>) -> Result<Option<B256>, Infallible> {
        self.requests += 1;
        Ok(Some(B256::with_last_byte(1)))
    }

    fn preimage(&mut self, _: B256) -> Result<Bytes, Infallible> {
        unreachable!("nothing is sliced")
    }

    fn graph(&mut self, _: B256) -> Result<Option<Registered>, Infallible> {
        Ok(self.graph.clone())
    }
}

const fn window(image: [u32; 2], kernel: [u32; 2], before: [u32; 2], after: [u32; 2]) -> Window {
    Window { image, kernel, stride: [1, 1], before, after }
}

/// The dearest operations that there are, and ones that are a little larger.
fn largest(host: &mut Shapes) -> [Vec<Operation<B256>>; 2] {
    let same = window([256, 256], [32, 32], [15, 15], [16, 16]);
    let all = window([256, 256], [256, 256], [127, 127], [128, 128]);
    let (pixels, tall, wide) = (host.i8(&[65_536, 1]), host.i8(&[65_536, 1_024]), host.i32(&[4_096, 4_096]));
    let mut conv = |n: u32| {
        let weights = host.i8(&[1_024, n]);
        Operation::conv2d(same, 0, pixels, weights, None, None)
    };
    let [conv, conv_over] = [conv(256), conv(257)];
    let mut product = |k: u32| {
        let (x, weights, requant) = (host.i8(&[4_096, k]), host.i8(&[k, 4_096]), host.i32(&[3, 4_096]));
        Operation::matmul(x, weights, None, Some(requant))
    };
    let [product, product_over] = [product(1_024), product(1_025)];
    let mut pool = |channels: u32| Operation::pool(Pooling::Mean, all, host.i8(&[65_536, channels]));
    let [pool, pool_over] = [pool(4), pool(5)];
    let mut scores = |depth: u32| {
        let (x, constants) = (host.i8(&[8_192, depth]), host.i32(&[3, 1]));
        Operation::scores(Heads { heads: 1, tokens: 8_192, depth }, [0, 0], x, x, constants)
    };
    let [scores, scores_over] = [scores(256), scores(257)];
    let mut mix = |tokens: u32| {
        let (p, v, constants) = (host.i8(&[tokens, tokens]), host.i8(&[tokens, 65_536]), host.i32(&[3, 65_536]));
        Operation::mix(Heads { heads: 1, tokens, depth: 65_536 }, 0, p, v, constants)
    };
    let [mix, mix_over] = [mix(512), mix(513)];
    let (table, exps, constants, add) = (host.i8(&[256]), host.i32(&[256]), host.i32(&[3, 1_024]), host.i32(&[4]));
    let (requant, row, indices) = (host.i32(&[3, 4_096]), host.i8(&[1, 1_024]), host.i32(&[65_536, 1]));
    let draw = Draw { seed: B256::ZERO, domain: B256::ZERO, counter: (1 << 48) - 1 };
    let fits = vec![
        conv,
        product,
        pool,
        scores,
        mix,
        Operation::requant(wide, requant),
        Operation::lut8(tall, table),
        Operation::softmax(tall, exps),
        Operation::layernorm(tall, constants),
        Operation::add(tall, row, add),
        Operation::gather(tall, indices),
        Operation::cosine_ge(Ratio { n: 1, d: 1 }, tall, tall),
        Operation::fedavg(vec![(u64::MAX, wide); 64]).expect("updates"),
        Operation::trimmed_mean(31, vec![wide; 64]).expect("updates"),
        Operation::apply_delta(Ratio { n: 1, d: 1 }, wide, wide),
        Operation::prng(draw, 65_536),
        Operation::sample(draw, 65_536, 65_536),
    ];
    let stripes = window([1, 1], [8_193, 8_192], [0, 8_191], [8_192, 0]);
    let (long, few) = (host.i32(&[16_385, 1]), host.i8(&[1, 4_096]));
    let more = vec![
        conv_over,
        product_over,
        pool_over,
        scores_over,
        mix_over,
        // X' of more than 2^26 bytes, and of too many columns.
        Operation::conv2d(window([256, 256], [32, 33], [0, 0], [31, 32]), 0, pixels, table, None, None),
        Operation::conv2d(stripes, 0, few, table, None, None),
        // 2^26 bytes and a row.
        Operation::gather(few, host.i32(&[16_385])),
        Operation::gather(wide, long),
    ];
    [fits, more]
}

#[test]
fn the_largest_calls_are_paid_before_anything_is_worked_out() {
    let mut host = Shapes::default();
    let [fits, over] = largest(&mut host);
    let mut codes: Vec<_> = fits.iter().map(|operation| operation.kind().code()).collect();
    codes.sort_unstable();
    assert_eq!(codes, cases::CODES);
    for operation in fits {
        let (address, input) = (cases::address(operation.kind().code()), operation.encode());
        let CallOutcome::Return { gas_used, .. } = host.call(address, &input, u64::MAX) else {
            panic!("{operation:?}")
        };
        // One that is asked for, and the ones of the mask.
        let asked = 1 + usize::from(matches!(operation.kind(), Kind::CosineGe(_)));
        assert_eq!(host.requests, asked);
        assert_eq!(host.call(address, &input, gas_used - 1), CallOutcome::Fail(Failure::OutOfGas));
        assert_eq!(host.requests, 0);
        let shape = operation.try_map(|id| host.tensors.get(id).map(|tensor| tensor.shape).ok_or(())).expect("shapes");
        let plan = shape.plan().expect("fits");
        assert!(plan.macs <= MAX_MACS);
        assert_eq!(gas_used, gas::BASE + plan.gas + plan.fixed + gas::commit(&plan.output));
    }
    for operation in over {
        let (address, input) = (cases::address(operation.kind().code()), operation.encode());
        let outcome = host.call(address, &input, u64::MAX);
        assert!(
            matches!(outcome, CallOutcome::Fail(Failure::Macs(_) | Failure::Tensor(_))),
            "{operation:?} {outcome:?}"
        );
        assert_eq!(host.requests, 0);
    }
}

/// Each of these nodes alone counts 2^50 taps.
#[test]
fn taps_that_cannot_be_counted_are_too_many() {
    let window = window([65_536, 1], [4_096, 4_096], [4_095, 4_095], [0, 0]);
    for nodes in [1, 63, 64, 65, MAX_NODES] {
        let mut builder = GraphBuilder::with_items(Input { dtype: Dtype::I8, rows_per_item: 65_536, cols: 1_024 });
        (0..nodes).fold(Value::INPUT, |value, _| builder.node(Operation::pool(Pooling::Max, window, value.into())));
        let graph: Bytes = builder.build().expect("a graph").encode().into();
        let mut host = Shapes::default();
        let failure = CallOutcome::Fail(Failure::Macs((nodes as u64) << 50));
        assert_eq!(host.call(abi::PRICE, &graph, u64::MAX), failure);
        let x = host.i8(&[65_536, 1_024]);
        host.graph = Some(Registered { graph, price: Price::default() });
        for to in [0, nodes as u64] {
            let input = [B256::ZERO.0, x.0, word(0), word(to)].concat();
            assert_eq!(host.call(abi::FORWARD, &input, u64::MAX), failure);
        }
    }
}

/// A sum of more would not fit the 32 bits that it is carried in.
#[test]
fn pools_of_more_than_2_to_the_24_taps_are_refused() {
    let x = Shape::new(Dtype::I8, &[65_536, 1]).expect("a shape");
    let pool = |kernel: [u32; 2]| {
        let window = window([256, 256], kernel, [0, 0], kernel.map(|side| side - 1));
        Operation::pool(Pooling::Mean, window, x).plan()
    };
    assert!(pool([4_096, 4_096]).is_ok());
    assert_eq!(pool([4_096, 4_097]), Err(Failure::Word(3)));
}

#[test]
fn a_price_beyond_all_gas_is_out_of_gas() {
    let mut host = Shapes::default();
    let (x, table) = (host.i8(&[65_536, 1]), host.i8(&[256]));
    let mut builder = GraphBuilder::new(Dtype::I8, 1);
    builder.lut8(Value::INPUT, table);
    let graph: Bytes = builder.build().expect("a graph").encode().into();
    let input = [B256::ZERO.0, x.0, word(0), word(0)].concat();
    for (fixed, per_item) in [(u64::MAX, 0), (0, u64::MAX), (u64::MAX, u64::MAX), (0, (1 << 48) - 1)] {
        host.graph = Some(Registered { graph: graph.clone(), price: Price { fixed, per_item } });
        assert_eq!(host.call(abi::FORWARD, &input, u64::MAX - 1), CallOutcome::Fail(Failure::OutOfGas));
        assert_eq!(host.requests, 0);
    }
}

/// A product of one token pays for reading it, not for its multiplications alone.
#[test]
fn attention_pays_for_what_it_reads() {
    let price = |tokens: u32, depth: u32, rows: u32| {
        let mut host = Shapes::default();
        let (x, constants) = (host.i8(&[rows, depth]), host.i32(&[3, 1]));
        let p = host.i8(&[rows, tokens]);
        let (wide, heads) = (host.i32(&[3, depth]), Heads { heads: 1, tokens, depth });
        let plan = |operation: Operation<B256>| {
            operation
                .try_map(|id| host.tensors.get(id).map(|t| t.shape).ok_or(()))
                .expect("shapes")
                .plan()
                .expect("fits")
                .gas
        };
        [plan(Operation::scores(heads, [0, 0], x, x, constants)), plan(Operation::mix(heads, 0, p, x, wide))]
    };
    for (tokens, depth, rows) in
        [(1, 1, 65_536), (1, 1_024, 65_536), (2, 512, 65_536), (4_096, 1, 4_096), (64, 64, 4_096)]
    {
        let reads = gas::weights(rows.into(), depth.into());
        let blocks = u64::from(rows / tokens);
        for gas in price(tokens, depth, rows) {
            assert!(gas >= reads.max(blocks), "{tokens} {depth}: {gas}");
        }
        let [_, mix] = price(tokens, depth, rows);
        assert!(mix >= gas::weights(rows.into(), tokens.into()));
    }
}
