//! TBD
pub fn run(_args: std::env::ArgsOs) -> std::process::ExitCode {
    todo!()
}
