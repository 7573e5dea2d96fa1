//! `autonet-convert`: from files to files.

use autonet_converter::{
    Calibration, ConvertError, Converted, Description, Options, Progress, SafetensorsFile, convert,
};
use clap::Parser;
use std::{
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

/// How often progress is told.
const EVERY: Duration = Duration::from_secs(2);

/// Converts a trained float model into an integer model that the chain can run.
///
/// Runs the float model on calibration inputs, chooses scales for its weights and values, and writes the graph, its
/// tensors, a manifest (ids, and how to quantise inputs) and a report of what the integers lose.
#[derive(Debug, Parser)]
#[command(version, after_long_help = EXAMPLE)]
struct Cli {
    /// Trained weights: a safetensors file of f64, f32, f16 or bf16.
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// The layers that they are for: JSON, see the example below and the README.
    #[arg(long, value_name = "FILE")]
    description: PathBuf,
    /// A safetensors file with `inputs` (items first) and, for accuracies, `labels` (one index for each output row).
    ///
    /// Some hundred inputs of the kind that the model will see: activations outside of their range are clipped.
    #[arg(long, value_name = "FILE")]
    calibration: PathBuf,
    /// Where the model's files are written to.
    #[arg(long, value_name = "FOLDER")]
    output: PathBuf,
    /// Share of the values that ranges hold at each end, in per cent. Below 100, outliers are clipped for finer steps.
    #[arg(long, default_value_t = 100.0)]
    percentile: f64,
    /// No progress, no report on the terminal.
    #[arg(long, short)]
    quiet: bool,
}

const EXAMPLE: &str = r#"Example of a description, an MLP with weights named as PyTorch does:

  {
    "input": { "columns": 64 },
    "layers": [
      { "kind": "linear", "name": "hidden", "weight": "0.weight", "bias": "0.bias" },
      { "kind": "relu", "name": "relu" },
      { "kind": "linear", "name": "output", "weight": "2.weight", "bias": "2.bias" }
    ]
  }

Files in PyTorch:

  from safetensors.torch import save_file
  save_file(model.state_dict(), "weights.safetensors")
  save_file({"inputs": images, "labels": labels}, "calibration.safetensors")

Written: graph.bin (register it with ModelRegistry), tensors/<id>.bin (pin them with TensorStore; storage encoding),
manifest.json, report.json, report.txt. The same files give the same model id."#;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(converted) => {
            if !cli.quiet {
                println!("{}", converted.report);
                println!("model {} in {}", converted.manifest.model_id, cli.output.display());
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprint!("error: {error}");
            let mut source = error.source();
            while let Some(error) = source {
                eprint!(": {error}");
                source = error.source();
            }
            eprintln!();
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<Converted, ConvertError> {
    let description = Description::from_json(&read(&cli.description)?)?;
    let weights = read(&cli.weights)?;
    let calibration = Calibration::read(&SafetensorsFile::new(&read(&cli.calibration)?)?)?;
    let mut told = Instant::now();
    let mut progress = |Progress { stage, done, total }: Progress| {
        if !cli.quiet && told.elapsed() >= EVERY {
            told = Instant::now();
            eprintln!("{stage:?}: {done} of {total} items");
        }
    };
    let options = Options { percentile: cli.percentile };
    let converted = convert(&description, &SafetensorsFile::new(&weights)?, &calibration, &options, &mut progress)?;
    converted.write(&cli.output)?;
    Ok(converted)
}

fn read(path: &Path) -> Result<Vec<u8>, ConvertError> {
    std::fs::read(path).map_err(|source| ConvertError::File { path: path.into(), source })
}
