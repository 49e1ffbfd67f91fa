//! The `accord` program: TLS provider, logs, one command, its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    accord::http::install_tls_provider();
    accord::cli::install_logs();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let code = match runtime {
        Ok(runtime) => {
            let code = runtime.block_on(accord::cli::run(std::env::args_os()));
            // The command is done; a name that is still being looked up must not hold its end up.
            runtime.shutdown_background();
            code
        }
        Err(_) => accord::cli::ExitCode::Internal,
    };
    ExitCode::from(code.code())
}
