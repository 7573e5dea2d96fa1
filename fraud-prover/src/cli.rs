use alloy_primitives::hex;
use autonet_bridge::{Endpoint, InboxReader, InboxView, L1Client};
use autonet_fpvm::{HistoryCommitment, Machine, StepWitness};
use autonet_fraud_prover::{
    Evidence, EvidenceHost, HEIGHT, STRIDE_LOG2, Span, bench, guest, peak_memory_bytes, record,
};
use autonet_storage::{Storage, StorageOptions};
use autonet_telemetry::TelemetryArgs;
use clap::{Args, Parser, Subcommand};
use eyre::{Context, Result, ensure, eyre};
use std::{
    io::stdout,
    path::PathBuf,
    time::{Duration, Instant},
};

/// Steps between two lines of progress.
const PROGRESS_STEPS: u64 = 1 << 31;

/// Autonet's fraud prover: runs the guest in the fault-proof machine, commits to its run, and proves any step of it.
///
/// What is proven is either a folder of evidence (--evidence), or gathered from a node's database and L1: all batches, some
/// (--from-batch, --to-batch), or one block (--block).
#[derive(Debug, Parser)]
#[command(version, name = "autonet-fraud-prover")]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the guest to its end: print exit code, output, steps, speed and peak memory
    Run {
        #[command(flatten)]
        source: Source,
        /// Also write the evidence to this folder
        #[arg(long)]
        save: Option<PathBuf>,
    },
    /// Print the root of the commitment to the run's state hashes
    Commit {
        #[command(flatten)]
        source: Source,
        /// Step before the range
        #[arg(long, default_value_t = 0)]
        start: u64,
        /// Steps between two leaves, as a power of two
        #[arg(long, default_value_t = STRIDE_LOG2, value_parser = clap::value_parser!(u32).range(..=40))]
        stride_log2: u32,
        /// Leaves, as a power of two
        #[arg(long, default_value_t = HEIGHT, value_parser = clap::value_parser!(u32).range(..=40))]
        height: u32,
    },
    /// Print, as JSON, what L1 needs to make one step
    Witness {
        #[command(flatten)]
        source: Source,
        /// Steps before it
        #[arg(long)]
        step: u64,
    },
    /// Measure proofs of made-up blocks, and print a table
    Bench {
        /// Runs of each speed; the best counts
        #[arg(long, default_value_t = 3)]
        repeat: u32,
    },
}

#[derive(Debug, Args)]
struct Source {
    /// Folder of evidence, as `run --save` writes it
    #[arg(long, conflicts_with_all = ["from_batch", "to_batch", "block"])]
    evidence: Option<PathBuf>,
    /// Folder of a node's database; the node may be running
    #[arg(long, env = "AUTONET_DATADIR", default_value = "data")]
    datadir: PathBuf,
    /// L1 endpoint (http or https)
    #[arg(long, env = "AUTONET_L1_RPC", hide_env_values = true, default_value = "http://127.0.0.1:8545")]
    l1_rpc: Endpoint,
    /// Batches that are agreed on
    #[arg(long, default_value_t = 0)]
    from_batch: u64,
    /// Batches that the claim consumes; all that the node knows if not given
    #[arg(long)]
    to_batch: Option<u64>,
    /// Prove this block of the claim alone
    #[arg(long)]
    block: Option<u64>,
}

impl Cli {
    /// Carries the command out.
    pub(crate) async fn run(self) -> Result<()> {
        self.telemetry.init()?;
        match self.command {
            Command::Run { source, save } => {
                let evidence = source.evidence().await?;
                if let Some(folder) = save {
                    evidence.save(&folder)?;
                    tracing::info!(folder = %folder.display(), "evidence saved");
                }
                blocking(move || run(&evidence)).await
            }
            Command::Commit { source, start, stride_log2, height } => {
                let evidence = source.evidence().await?;
                blocking(move || commit(&evidence, start, stride_log2, height)).await
            }
            Command::Witness { source, step } => {
                let evidence = source.evidence().await?;
                blocking(move || witness(&evidence, step)).await
            }
            Command::Bench { repeat } => blocking(move || Ok(bench(&mut stdout(), repeat)?)).await,
        }
    }
}

async fn blocking(work: impl FnOnce() -> Result<()> + Send + 'static) -> Result<()> {
    tokio::task::spawn_blocking(work).await?
}

impl Source {
    async fn evidence(&self) -> Result<Evidence> {
        if let Some(folder) = &self.evidence {
            return Evidence::load(folder).wrap_err("cannot read the evidence");
        }
        let storage = Storage::open_read_only(&self.datadir, &StorageOptions::default())?;
        let batch_count = self.to_batch.map_or_else(|| storage.batch_count(), Ok)?;
        let span = match self.block {
            Some(number) => Span::block(&storage, number, self.from_batch..batch_count)?,
            None => Span::batches(&storage, self.from_batch, batch_count)?,
        };
        let client = L1Client::connect(&self.l1_rpc, storage.config()).await?;
        let mut reader = InboxReader::new(client, storage.genesis().l1_start_block);
        while !reader.poll().await?.caught_up {}
        let started = Instant::now();
        let evidence = tokio::task::block_in_place(|| gather(&storage, reader.view(), &span))?;
        let seconds = started.elapsed().as_secs_f64();
        tracing::info!(
            from = span.from,
            to = span.target,
            pieces = evidence.preimages.len(),
            seconds,
            "evidence gathered"
        );
        Ok(evidence)
    }
}

fn gather(storage: &Storage, inbox: &InboxView, span: &Span) -> Result<Evidence> {
    let mut last = Instant::now();
    Ok(record(storage, inbox, span, |block| {
        if last.elapsed() > Duration::from_secs(5) {
            last = Instant::now();
            tracing::info!(block, to = span.target, "gathering");
        }
    })?)
}

fn run(evidence: &Evidence) -> Result<()> {
    let (mut machine, mut host) = (Machine::new(&guest()?), EvidenceHost::new(evidence));
    let started = Instant::now();
    while !machine.exited {
        machine.run(&mut host, PROGRESS_STEPS)?;
        if !machine.exited {
            tracing::info!(steps = machine.step, seconds = started.elapsed().as_secs_f64(), "running");
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("exit code      {}", machine.exit_code);
    println!("output         {}", machine.oracle_key);
    println!("steps          {}", machine.step);
    println!("steps/s        {:.0} million", machine.step as f64 / seconds / 1e6);
    if let Some(peak) = peak_memory_bytes() {
        println!("peak memory    {} MiB", peak >> 20);
    }
    ensure!(machine.exit_code == 0, "the claim cannot be derived: the guest exited with {}", machine.exit_code);
    Ok(())
}

fn at(host: &mut EvidenceHost<'_>, step: u64) -> Result<Machine> {
    let mut machine = Machine::new(&guest()?);
    machine.run(host, step)?;
    Ok(machine)
}

fn commit(evidence: &Evidence, start: u64, stride_log2: u32, height: u32) -> Result<()> {
    let mut host = EvidenceHost::new(evidence);
    let mut machine = at(&mut host, start)?;
    let started = Instant::now();
    let mut last = started;
    let before = machine.state().hash();
    let root = HistoryCommitment::root_of(&mut machine, &mut host, 1 << stride_log2, height, |leaves| {
        if last.elapsed() > Duration::from_secs(5) {
            last = Instant::now();
            tracing::info!(leaves, seconds = started.elapsed().as_secs_f64(), "committing");
        }
    })?;
    println!("state before   {before}");
    println!("root           {root}");
    println!("state after    {}", machine.state().hash());
    println!("seconds        {:.1}", started.elapsed().as_secs_f64());
    Ok(())
}

fn witness(evidence: &Evidence, step: u64) -> Result<()> {
    let mut host = EvidenceHost::new(evidence);
    let mut machine = at(&mut host, step)?;
    if machine.step < step {
        return Err(eyre!("the run has only {} steps", machine.step));
    }
    let StepWitness { state, memory_proof, oracle_data, is_ml, post } = StepWitness::take(&mut machine, &mut host)?;
    let json = serde_json::json!({
        "state": hex::encode_prefixed(state),
        "memoryProof": hex::encode_prefixed(memory_proof),
        "oracleData": hex::encode_prefixed(oracle_data),
        "locals": evidence.locals,
        "isMl": is_ml,
        "post": post,
    });
    println!("{}", serde_json::to_string_pretty(&json)?);
    Ok(())
}
