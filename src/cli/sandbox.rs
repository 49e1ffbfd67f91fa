//! `accord sandbox`: both systems emulated on loopback until the process is stopped.

use super::args::SandboxArgs;
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::session::Session;
use crate::sandbox::{RunningSandbox, Sandbox, seed};

pub(crate) async fn run(session: &Session, args: &SandboxArgs) -> Result<ExitCode, Failed> {
    let seed = match &args.data {
        Some(folder) => seed::from_dir(&session.path(folder)),
        None => seed::web_shop(),
    };
    let seed = seed.map_err(|error| Failed::new(ExitCode::Failure, error.to_string()))?;
    let running = start(args.port, &seed).await?;
    session.ui.stdout(&greeting(&running));
    let _ = tokio::signal::ctrl_c().await;
    running.stop().await;
    Ok(ExitCode::Success)
}

/// Starts a sandbox with this data on a port of 127.0.0.1; port 0 takes a free one.
pub(crate) async fn start(port: u16, seed: &seed::Seed) -> Result<RunningSandbox, Failed> {
    let running = Sandbox::default().start(port).await.map_err(|error| {
        Failed::new(
            ExitCode::Failure,
            format!("cannot listen on 127.0.0.1:{port}: {error}"),
        )
        .with_help("--port 0 takes a free port")
    })?;
    seed.plant_running(&running)
        .map_err(|error| Failed::new(ExitCode::Failure, error.to_string()))?;
    Ok(running)
}

/// The sandbox's credentials by the variables that the example project takes them from.
pub(crate) fn credentials() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("../../examples/sandbox-project/sandbox.env")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
}

fn greeting(running: &RunningSandbox) -> String {
    let mut text = format!(
        "TestWorthy    {}\nAzure DevOps  {}\nrequest log   http://{}/_sandbox/log\n\n",
        running.testworthy_url(),
        running.organization_url(),
        running.address
    );
    text.push_str("These credentials open it; they open nothing else:\n");
    for (name, value) in credentials() {
        text.push_str("  export ");
        text.push_str(name);
        text.push('=');
        text.push_str(value);
        text.push('\n');
    }
    text.push_str("\nLet accord talk to it with --allow-host ");
    text.push_str(&running.address.to_string());
    text.push_str(". Ctrl-C stops it.\n");
    text
}
