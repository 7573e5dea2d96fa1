use crate::TelemetryError;
use metrics_exporter_prometheus::PrometheusBuilder;
use std::{
    fs::OpenOptions,
    io::{self, IsTerminal},
    net::SocketAddr,
    path::PathBuf,
    sync::Mutex,
};
use tracing_subscriber::{EnvFilter, fmt::writer::BoxMakeWriter, util::SubscriberInitExt};

/// How a log line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Command-line arguments of logs and metrics; binaries flatten them into their own.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Telemetry")]
pub struct TelemetryArgs {
    /// Log level, or directives like `info,autonet_sequencer=debug`.
    #[arg(long, env = "AUTONET_LOG_LEVEL", default_value = "info", global = true)]
    pub log_level: String,
    /// Log format.
    #[arg(long, env = "AUTONET_LOG_FORMAT", value_enum, default_value_t, global = true)]
    pub log_format: LogFormat,
    /// File to append logs to, instead of standard error.
    #[arg(long, env = "AUTONET_LOG_FILE", global = true)]
    pub log_file: Option<PathBuf>,
    /// Address to serve Prometheus metrics at; none are served without it.
    #[arg(long, env = "AUTONET_METRICS_ADDR", global = true)]
    pub metrics_addr: Option<SocketAddr>,
}

impl TelemetryArgs {
    /// Starts logging, and serves metrics where an address is given. To be called once, inside a Tokio runtime.
    ///
    /// # Errors
    /// [`TelemetryError`]: a start without telemetry is not a start.
    pub fn init(&self) -> Result<(), TelemetryError> {
        if let Some(addr) = self.metrics_addr {
            PrometheusBuilder::new()
                .with_http_listener(addr)
                .install()
                .map_err(|source| TelemetryError::Metrics { addr, source })?;
        }
        self.init_logs()?;
        if let Some(addr) = self.metrics_addr {
            tracing::info!(%addr, "metrics served");
        }
        Ok(())
    }

    fn init_logs(&self) -> Result<(), TelemetryError> {
        let filter = EnvFilter::try_new(&self.log_level)
            .map_err(|source| TelemetryError::LogLevel { directives: self.log_level.clone(), source })?;
        let ansi = self.log_file.is_none() && io::stderr().is_terminal();
        let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(self.writer()?).with_ansi(ansi);
        match self.log_format {
            LogFormat::Text => builder.finish().try_init()?,
            LogFormat::Json => builder.json().flatten_event(true).finish().try_init()?,
        }
        Ok(())
    }

    fn writer(&self) -> Result<BoxMakeWriter, TelemetryError> {
        let Some(path) = &self.log_file else {
            return Ok(BoxMakeWriter::new(io::stderr));
        };
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(|source| TelemetryError::LogFile { path: path.clone(), source })?;
        Ok(BoxMakeWriter::new(Mutex::new(file)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        telemetry: TelemetryArgs,
    }

    fn parse(args: &[&str]) -> Result<TelemetryArgs, clap::Error> {
        Cli::try_parse_from([&["node"], args].concat()).map(|cli| cli.telemetry)
    }

    #[test]
    fn arguments_have_defaults_and_are_checked() {
        let args = parse(&[]).unwrap();
        assert_eq!((args.log_level.as_str(), args.log_format, args.metrics_addr), ("info", LogFormat::Text, None));

        let args = parse(&["--log-level", "debug", "--log-format", "json", "--metrics-addr", "[::1]:9000"]).unwrap();
        assert_eq!((args.log_level.as_str(), args.log_format), ("debug", LogFormat::Json));
        assert_eq!(args.metrics_addr, Some("[::1]:9000".parse().unwrap()));

        assert!(parse(&["--log-format", "xml"]).is_err());
        assert!(parse(&["--metrics-addr", "9000"]).is_err());
    }

    #[test]
    fn malformed_level_and_unwritable_file_are_errors() {
        let args = parse(&["--log-level", "autonet=loud"]).unwrap();
        assert!(
            matches!(args.init(), Err(TelemetryError::LogLevel { directives, .. }) if directives == "autonet=loud")
        );

        let args = parse(&["--log-file", "/nonexistent/folder/log"]).unwrap();
        assert!(matches!(args.init(), Err(TelemetryError::LogFile { .. })));
    }
}
