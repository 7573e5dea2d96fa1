use crate::scenario::{chain, ml_successes};
use alloy_primitives::{B256, Bytes, U256};
use autonet_fpvm::Machine;
use autonet_fraud_prover::{Evidence, EvidenceHost, History, MemoryChain, NativeOracle, Span, guest, record};
use autonet_guest::{LocalInput, run};

/// The most steps that a test's proof may take.
const MAX_STEPS: u64 = 20_000_000_000;

pub(crate) fn evidence(chain: &MemoryChain, span: &Span) -> Evidence {
    record(chain, chain.inbox(), span, |_| ()).expect("evidence")
}

/// Exit code, output and steps of the guest in the machine.
pub(crate) fn in_machine(evidence: &Evidence) -> (u8, B256, u64) {
    let machine = Machine::new(&guest().expect("the guest"));
    let outcome = machine.run_untracked(&mut EvidenceHost::new(evidence), MAX_STEPS).expect("answers");
    assert!(outcome.exited);
    (outcome.exit_code, outcome.oracle_key, outcome.steps)
}

fn config_hash(chain: &MemoryChain) -> B256 {
    chain.config().hash()
}

/// What a checkpoint after so many batches claims.
pub(crate) fn claim(chain: &MemoryChain, batch_count: u64) -> B256 {
    Span::batches(chain, batch_count, batch_count).expect("a batch").previous.hash(config_hash(chain))
}

#[test]
fn the_scenario_has_what_it_is_for() {
    let chain = chain();
    let refused = 4;
    let expected: Vec<_> = (0..13).map(|call| call != refused).collect();
    assert_eq!(ml_successes(&chain), expected);
    assert!(chain.head() >= 10, "{} blocks", chain.head());
}

#[test]
fn a_whole_chain_ends_in_its_checkpoint() {
    let chain = chain();
    let batches = chain.inbox().batch_count();
    for (from, to) in [(0, batches), (0, 1), (1, 3), (batches - 3, batches), (batches, batches)] {
        let evidence = evidence(&chain, &Span::batches(&chain, from, to).expect("a span"));
        assert_eq!(run(&NativeOracle::new(&evidence)).expect("an output"), claim(&chain, to), "{from} to {to}");
        let (code, output, steps) = in_machine(&evidence);
        assert_eq!((code, output), (0, claim(&chain, to)), "{from} to {to}");
        println!("batches {from} to {to}: {steps} steps");
    }
}

#[test]
fn each_block_alone_leads_to_the_next() {
    let chain = chain();
    let batches = chain.inbox().batch_count();
    let mut before = claim(&chain, 0);
    let outputs: Vec<_> = (1..=chain.head())
        .map(|number| {
            let span = Span::block(&chain, number, 0..batches).expect("a block");
            assert_eq!(span.previous.hash(config_hash(&chain)), before, "block {number}");
            let evidence = evidence(&chain, &span);
            let output = run(&NativeOracle::new(&evidence)).expect("an output");
            assert_eq!(in_machine(&evidence).1, output, "block {number}");
            before = output;
            // Where the claim before this one ended is a checkpoint, though the block lies in a batch that others see from within.
            let agreed = Span::block(&chain, number, 1..batches).ok().filter(|span| span.from == 2);
            if let Some(agreed) = agreed {
                assert_eq!(agreed.previous.hash(config_hash(&chain)), claim(&chain, 1));
                assert_eq!(in_machine(&self::evidence(&chain, &agreed)).1, output, "from the checkpoint");
            }
            output
        })
        .collect();
    // What is left after the last block: batches without blocks.
    let after = Span::block(&chain, chain.head() + 1, 0..batches).expect("the block after the last");
    assert_eq!(after.previous.hash(config_hash(&chain)), outputs[outputs.len() - 1]);
    let closing = Span { target: chain.head(), ends_claim: true, ..after };
    assert_eq!(in_machine(&evidence(&chain, &closing)).1, claim(&chain, batches));
}

#[test]
fn what_cannot_be_derived_is_refused() {
    let chain = chain();
    let batches = chain.inbox().batch_count();
    let sound = evidence(&chain, &Span::batches(&chain, 1, batches).expect("a span"));
    assert_eq!(in_machine(&sound).0, 0);
    let number = |value: u64| B256::from(U256::from(value));
    let head = chain.head();
    let refused: [(&str, LocalInput, B256); 9] = [
        ("a block after the last", LocalInput::TargetBlock, number(head + 1)),
        ("not the last block", LocalInput::TargetBlock, number(head - 1)),
        ("a block before the start", LocalInput::TargetBlock, number(0)),
        ("no block number", LocalInput::TargetBlock, B256::repeat_byte(0xff)),
        ("another chain", LocalInput::ConfigHash, sound.locals[LocalInput::PreviousOutput as usize]),
        ("fewer batches than before", LocalInput::BatchCount, number(0)),
        ("more batches than there are", LocalInput::BatchCount, number(batches + 100)),
        ("other batches", LocalInput::BatchAcc, sound.locals[LocalInput::DelayedAcc as usize]),
        ("other messages", LocalInput::DelayedAcc, sound.locals[LocalInput::BatchAcc as usize]),
    ];
    for (what, input, value) in refused {
        let mut evidence = sound.clone();
        // Before the first item, the accumulator is zero: the hash of nothing that anyone could show.
        evidence.preimages.insert(B256::ZERO, Bytes::new());
        evidence.set_local(input, value);
        assert!(run(&NativeOracle::new(&evidence)).is_err(), "{what}");
        if input != LocalInput::BatchCount {
            assert_eq!(in_machine(&evidence).0, 1, "{what}");
        }
    }
}
