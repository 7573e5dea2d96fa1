use crate::VerifierError;
use autonet_bridge::ErrorKind;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Takes steps until shutdown: one every `poll`, the next one at once while a step says that L1's head is not reached.
///
/// # Errors
/// The first error that only a person can mend.
pub(crate) async fn drive(
    poll: Duration,
    shutdown: CancellationToken,
    mut step: impl AsyncFnMut() -> Result<bool, VerifierError>,
) -> Result<(), VerifierError> {
    let mut ticks = tokio::time::interval(poll);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            _ = ticks.tick() => {}
        }
        let step = tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            step = step() => step,
        };
        match step {
            Ok(true) => {}
            Ok(false) => ticks.reset_immediately(),
            Err(error) if error.kind() == ErrorKind::Fatal => return Err(error),
            Err(error) => {
                metrics::counter!("autonet_verifier_retries_total").increment(1);
                tracing::warn!(%error, "trying again");
            }
        }
    }
}
