//! What proofs cost: steps, time, memory.

use crate::{Evidence, EvidenceHost, MemoryChain, ProverError, Span, Unanswered, guest, record, workload::Workload};
use autonet_fpvm::{Error, HistoryCommitment, Machine};
use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

/// Steps between two leaves of the commitment to a whole run, as a power of two.
pub const STRIDE_LOG2: u32 = 24;

/// Leaves of that commitment, as a power of two.
pub const HEIGHT: u32 = 16;

/// Why a measurement failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The chain or the evidence.
    #[error(transparent)]
    Prover(#[from] ProverError),
    /// The machine.
    #[error(transparent)]
    Machine(#[from] Error<Unanswered>),
    /// The guest refused what it must prove.
    #[error("the guest exited with {0}")]
    Exit(u8),
    /// The table could not be written.
    #[error(transparent)]
    Output(#[from] io::Error),
}

/// Measures, and writes a table row by row. `repeat` runs of each speed; the best counts.
pub fn bench(out: &mut impl Write, repeat: u32) -> Result<(), BenchError> {
    writeln!(out, "| what | measured |\n|---|---|")?;
    let (none, ..) = measure(Workload::Transfers(0))?;
    let (transfers, ..) = measure(Workload::Transfers(1_000))?;
    let none_steps = run(&none)?.0;
    let steps = run(&transfers)?.0;
    writeln!(out, "| steps of a block without transactions | {none_steps} |")?;
    writeln!(out, "| steps per transfer (block of 1,000) | {} |", (steps - none_steps) / 1_000)?;
    let (mixed, gas, transactions) = measure(Workload::Mixed { gas: 30_000_000 })?;
    let mut plain = Duration::MAX;
    let mut tracked = Duration::MAX;
    let mut steps = 0;
    for _ in 0..repeat.max(1) {
        let (counted, time) = run(&mixed)?;
        (steps, plain) = (counted, plain.min(time));
        tracked = tracked.min(run_tracked(&mixed)?);
    }
    let per_second = |time: Duration| steps as f64 / time.as_secs_f64() / 1e6;
    writeln!(out, "| mixed block: gas, transactions | {gas}, {transactions} |")?;
    writeln!(out, "| mixed block: steps | {steps} |")?;
    writeln!(out, "| steps per million gas of a mixed block | {} |", steps * 1_000_000 / gas.max(1))?;
    writeln!(out, "| million steps per second, the loop alone | {:.0} |", per_second(plain))?;
    writeln!(out, "| million steps per second, noting what is written | {:.0} |", per_second(tracked))?;
    let start = Instant::now();
    let root = commit(&mixed)?;
    let seconds = start.elapsed().as_secs_f64();
    writeln!(out, "| seconds to commit to its history (stride 2^{STRIDE_LOG2}) | {seconds:.1} |")?;
    writeln!(out, "| its root | {root} |")?;
    if let Some(peak) = peak_memory_bytes() {
        writeln!(out, "| peak memory, MiB | {} |", peak >> 20)?;
    }
    Ok(())
}

fn measure(workload: Workload) -> Result<(Evidence, u64, usize), BenchError> {
    let (chain, gas, transactions) = workload.chain()?;
    Ok((last_block(&chain)?, gas, transactions))
}

fn last_block(chain: &MemoryChain) -> Result<Evidence, ProverError> {
    let span = Span::block(chain, chain.head(), 0..chain.inbox().batch_count())?;
    record(chain, chain.inbox(), &span, |_| ())
}

fn run(evidence: &Evidence) -> Result<(u64, Duration), BenchError> {
    let machine = Machine::new(&guest().map_err(ProverError::from)?);
    let start = Instant::now();
    let outcome = machine.run_untracked(&mut EvidenceHost::new(evidence), u64::MAX)?;
    let time = start.elapsed();
    if outcome.exit_code == 0 { Ok((outcome.steps, time)) } else { Err(BenchError::Exit(outcome.exit_code)) }
}

fn run_tracked(evidence: &Evidence) -> Result<Duration, BenchError> {
    let mut machine = Machine::new(&guest().map_err(ProverError::from)?);
    let start = Instant::now();
    machine.run(&mut EvidenceHost::new(evidence), u64::MAX)?;
    Ok(start.elapsed())
}

fn commit(evidence: &Evidence) -> Result<autonet_fpvm::B256, BenchError> {
    let mut machine = Machine::new(&guest().map_err(ProverError::from)?);
    let mut host = EvidenceHost::new(evidence);
    Ok(HistoryCommitment::root_of(&mut machine, &mut host, 1 << STRIDE_LOG2, HEIGHT, |_| ())?)
}

/// The most memory that this process has had, where the system tells.
pub fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}
