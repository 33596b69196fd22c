use std::process::ExitCode;

/// Threads of a server give back what others took: this one is quick at it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    zhenma::cli::run(std::env::args_os())
}
