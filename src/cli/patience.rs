//! Gives up a read-only command when neither system has answered for too long.

use std::future::Future;
use std::time::Duration;

use super::exit_code::ExitCode;
use super::failure::Failed;
use crate::reconcile::{HttpRemotes, ReconcileError};

/// How often the counters are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Runs `work`; ends it with exit code 10 once no answer has come for `patience`.
pub(crate) async fn watch<T>(
    patience: Duration,
    remotes: &HttpRemotes,
    work: impl Future<Output = Result<T, ReconcileError>>,
) -> Result<T, Failed> {
    tokio::pin!(work);
    let mut seen = 0;
    let mut idle = Duration::ZERO;
    loop {
        tokio::select! {
            result = &mut work => return result.map_err(Failed::from),
            () = tokio::time::sleep(LOOK) => {
                let answered = remotes.counters().iter().map(|(_, _, c)| c.bytes_received).sum();
                idle = if answered == seen { idle + LOOK } else { Duration::ZERO };
                seen = answered;
                if idle >= patience {
                    return Err(Failed::new(
                        ExitCode::Unavailable,
                        format!("no answer from either system for {} s", patience.as_secs()),
                    )
                    .with_help("check the addresses and the network; --timeout SECONDS waits longer"));
                }
            }
        }
    }
}
