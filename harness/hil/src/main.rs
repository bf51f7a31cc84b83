//! The `hil` command.

use std::process::ExitCode;

use clap::Parser;
use hil::cli::{Cli, Command, RigCommand, SimCommand};
use hil::commands::{check, coverage, list, mutants, record, rigs, run, schema, serve};
use hil::exit;
use hil::home::Home;

fn main() -> ExitCode {
    let cli = Cli::parse();
    exit::of(|| dispatch(&cli))
}

fn dispatch(cli: &Cli) -> anyhow::Result<ExitCode> {
    let home = || Home::find(cli.home.as_deref());
    match &cli.command {
        Command::List(select) => list::list(&home()?, select, cli.format),
        Command::Check(select) => check::check(&home()?, select),
        Command::Run(args) => run::run(&home()?, args, cli.format),
        Command::Mutants(args) => mutants::mutants(&home()?, args, cli.format),
        Command::Coverage { page } => coverage::coverage(&home()?, page.as_deref(), cli.format),
        Command::Report { record } => record::report(record, cli.format),
        Command::Judge { record } => record::judge(record),
        Command::Verify { record } => record::verify(record),
        Command::Schema { kind } => schema::print(*kind),
        Command::Rig {
            command: RigCommand::List,
        } => rigs::list(&home()?),
        Command::Sim { command } => sim(&home()?, command),
    }
}

fn sim(home: &Home, command: &SimCommand) -> anyhow::Result<ExitCode> {
    let SimCommand::Serve {
        rig,
        cells,
        port,
        blank,
        seed,
    } = command;
    let what = serve::Serve {
        rig: rig.clone(),
        cells: *cells,
        port: *port,
        blank: *blank,
        seed: *seed,
    };
    serve::serve(home, &what)
}
