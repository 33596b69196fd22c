//! The command line: one file a subcommand. Exit 0 done, 1 a negative answer,
//! 2 bad input or a failure; 3 where nothing is wrong and something was not
//! compared.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// 真码: signed serial codes on labels, and an answer for everyone who scans one.
#[derive(Parser)]
#[command(name = "zhenma", version, arg_required_else_help = true)]
struct Cli {
    /// Machine-readable output, one JSON object a line
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(serve::Demo),
    Serve(serve::Serve),
    Worker(serve::Worker),
    Courier(serve::Courier),
    Verify(verify::Verify),
    /// Register enterprises
    Enterprise(enterprise::Enterprise),
    /// Register products
    Product(product::Product),
    /// Register batches, issue their labels, say how they stand
    Batch(batch::Batch),
    /// Accounts of people and programs
    User(user::User),
    /// Make, list, retire and revoke signing keys
    Key(key::Key),
    /// Show or check the settings
    Config(config::Config),
    /// Draw labels of a table of codes, without key or server
    Label(label::Label),
    Replay(replay::Replay),
    /// Packages of evidence
    Evidence(evidence::Evidence),
    /// What decides that a code is suspect: list, add and compare policies
    Policy(policy::Policy),
    Doctor(doctor::Doctor),
    Backup(backup::Backup),
    Restore(backup::Restore),
    Move(backup::Move),
}

mod backup;
mod batch;
mod batch_issue;
mod batch_move;
mod batch_own;
mod batch_scanned;
mod config;
mod doctor;
mod enterprise;
mod evidence;
mod key;
mod label;
mod labels;
mod policy;
mod product;
mod progress;
mod replay;
mod serve;
mod shell;
mod user;
mod verify;

/// How a command ended, but for bad input.
pub(crate) enum Done {
    /// Exit 0.
    Yes,
    /// Exit 1: it worked, and the answer is no.
    No,
    /// Exit 3: nothing speaks against it, and not all that should was asked.
    Unsure,
}

/// What went wrong, in words that name the field and the remedy. Exit 2.
#[derive(Debug)]
pub(crate) struct Failure(pub String);

impl<E: std::fmt::Display> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

pub fn run(args: std::env::ArgsOs) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    let done = match cli.command {
        Command::Demo(command) => command.run(cli.json),
        Command::Serve(command) => command.run(cli.json),
        Command::Worker(command) => command.run(cli.json),
        Command::Courier(command) => command.run(cli.json),
        Command::Verify(command) => command.run(cli.json),
        Command::Enterprise(command) => command.run(cli.json),
        Command::Product(command) => command.run(cli.json),
        Command::Batch(command) => command.run(cli.json),
        Command::User(command) => command.run(cli.json),
        Command::Key(command) => command.run(cli.json),
        Command::Label(command) => command.run(cli.json),
        Command::Replay(command) => command.run(),
        Command::Evidence(command) => command.run(cli.json),
        Command::Policy(command) => command.run(cli.json),
        Command::Config(command) => command.run(cli.json),
        Command::Doctor(command) => command.run(cli.json),
        Command::Backup(command) => command.run(cli.json),
        Command::Restore(command) => command.run(cli.json),
        Command::Move(command) => command.run(cli.json),
    };
    match done {
        Ok(Done::Yes) => ExitCode::SUCCESS,
        Ok(Done::No) => ExitCode::from(1),
        Ok(Done::Unsure) => ExitCode::from(3),
        Err(Failure(message)) => {
            eprintln!("zhenma: {message}");
            ExitCode::from(2)
        }
    }
}
