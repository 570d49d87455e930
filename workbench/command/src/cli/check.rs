//! `workbench check`: the verdict on a history that was recorded elsewhere.

use std::io::Read;
use std::path::PathBuf;

use history::History;
use picture::proof;
use simulation::judge;
use verdict::Availability;
use verdict::isolation::model::Models;

use workloads::Registry;

/// Judge a recorded history (Jepsen's history.edn); the results are printed as
/// EDN
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What workload the history is of
    #[arg(short, long, value_name = "NAME")]
    workload: String,

    /// What fraction of the operations must succeed: total, or from 0 to 1
    #[arg(long, value_name = "EXPECTED")]
    availability: Option<Availability>,

    /// What consistency models transactions must keep to, with commas between
    #[arg(long, value_name = "MODELS", default_value = "strict-serializable")]
    consistency_models: Models,

    /// A folder for pictures that prove what is wrong
    #[arg(long, value_name = "FOLDER")]
    drawings: Option<PathBuf>,

    /// Print JSON instead of EDN
    #[arg(long)]
    json: bool,

    /// The history, or - for standard input
    history: PathBuf,
}

pub(super) fn run(args: &Args, workloads: &Registry) -> Result<u8, String> {
    let path = args.history.display();
    let mut text = String::new();
    let read = match args.history.as_os_str() == "-" {
        true => std::io::stdin().read_to_string(&mut text).map(drop),
        false => std::fs::read_to_string(&args.history).map(|read| text = read),
    };
    read.map_err(|e| format!("cannot read {path}: {e}"))?;
    let history = History::read(&text).map_err(|e| {
        format!("{path}: {e}\nexpected a history.edn: one operation, a map, a line")
    })?;
    let mut options = workloads::Options::default();
    options.txn.consistency_models = args.consistency_models.clone();
    let workload = workloads
        .find(&args.workload, &options)
        .ok_or("no such workload")?;
    let checked = judge::history(&*workload, &history, args.availability);
    if let Some(folder) = &args.drawings {
        let drawings = proof::drawings(&history, &checked.findings, None);
        page::folder::draw(folder, &drawings).map_err(|e| e.to_string())?;
    }
    let text = match args.json {
        true => format!("{:#}\n", checked.results.to_json()),
        false => checked.results.pretty(),
    };
    super::print(&text)?;
    Ok(checked.valid.exit_status())
}
