use eyre::{Result, bail};
use std::time::Duration;
use tokio::time::Instant;

/// Looks until something is there; fails when it is not in time, naming it.
pub async fn until<T>(what: &str, timeout: Duration, mut look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + timeout;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            bail!("waited {} s in vain: {what}", timeout.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
