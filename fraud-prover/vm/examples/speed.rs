//! Runs an ELF file that needs no host, and prints how long that takes: steps a second without and with change tracking, and
//! the commitments of a dispute.

use std::{convert::Infallible, error::Error, time::Instant};

use autonet_fpvm::{B256, Bytes, HistoryCommitment, Host, Machine, OracleKind, Program, StepWitness};

struct Nothing;

impl Host for Nothing {
    type Error = Infallible;

    fn preimage(&mut self, kind: OracleKind, key: B256) -> Result<Bytes, Infallible> {
        panic!("{kind:?} {key}")
    }

    fn ml(&mut self, request: B256, _hint: &[u8]) -> Result<B256, Infallible> {
        panic!("{request}")
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: speed <program.elf> [steps]")?;
    let steps = std::env::args().nth(2).map_or(Ok(u64::MAX), |steps| steps.parse())?;
    let program = Program::from_elf(&std::fs::read(path)?)?;
    let rate = |steps: u64, since: Instant| steps as f64 / since.elapsed().as_secs_f64() / 1e6;

    let machine = Machine::new(&program);
    let since = Instant::now();
    let outcome = machine.run_untracked(&mut Nothing, steps)?;
    println!("{outcome:?}");
    println!("without tracking: {:.0} million steps/s", rate(outcome.steps, since));

    let mut machine = Machine::new(&program);
    let since = Instant::now();
    let done = machine.run(&mut Nothing, steps)?;
    println!("with tracking: {:.0} million steps/s", rate(done, since));

    let since = Instant::now();
    let root = machine.memory_root();
    println!("memory root {root} in {:?}", since.elapsed());

    for (stride, height) in [(1 << 24, 6), (1 << 10, 12), (1, 20)] {
        let mut machine = Machine::new(&program);
        let since = Instant::now();
        let root = HistoryCommitment::root_of(&mut machine, &mut Nothing, stride, height, |_| ())?;
        println!("2^{height} leaves, {stride} steps apart: {root} in {:?}, {} steps", since.elapsed(), machine.step);
    }
    let mut machine = Machine::new(&program);
    machine.run(&mut Nothing, steps / 2)?;
    let since = Instant::now();
    let snapshot = machine.snapshot();
    println!("snapshot of {} pages in {:?}", snapshot.pages(), since.elapsed());
    let since = Instant::now();
    let witness = StepWitness::take(&mut machine, &mut Nothing)?;
    println!("proof of a step: {} bytes in {:?}", witness.memory_proof.len(), since.elapsed());
    Ok(())
}
