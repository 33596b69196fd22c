use std::process::ExitCode;

fn main() -> ExitCode {
    zhenma::cli::run(std::env::args_os())
}
