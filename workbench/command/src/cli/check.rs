//! `workbench check`: the verdict on a history that was recorded elsewhere.

mod elle_cli;
mod page;
mod source;
mod time_budget;

use std::path::{Path, PathBuf};
use std::time::Duration;

use history::History;
use history::edn::{self, Value};
use picture::clock;
use picture::proof;
use simulation::judge;
use verdict::jepsen::bank::Bank;
use verdict::models::{self, Named};
use verdict::{Availability, Checked, Rules, Validity, stats};
use workloads::Registry;
use workloads::guess::{Guess, guess};

use self::elle_cli::Output;
use self::time_budget::Watch;
use super::judged_by::JudgedBy;
use crate::terminal;

/// Judge recorded histories: Jepsen's history.edn, history.txt or test.jepsen, JSON, or lines of
/// JSON, also packed with gzip; takes the flags of elle-cli as well
#[derive(Debug, clap::Args)]
#[command(version)]
pub(super) struct Args {
    /// What workload the history is of, or a model as with -m; without it, that is guessed from
    /// the operations
    #[arg(short, long, value_name = "NAME", conflicts_with = "model")]
    workload: Option<String>,

    #[arg(
        short,
        long,
        value_name = "NAME",
        value_parser = model,
        help = "What model to hold it against, whatever workload it is of",
        long_help = long_help()
    )]
    model: Option<&'static Named>,

    /// What fraction of the operations must succeed: total, or from 0 to 1
    #[arg(long, value_name = "EXPECTED")]
    availability: Option<Availability>,

    #[command(flatten)]
    judged_by: JudgedBy,

    /// What a register holds at first, as EDN; of several, a map
    #[arg(long, value_name = "VALUE", default_value = "nil", value_parser = value)]
    initial: Value,

    /// What the balances of a bank come to; if it is not said, what the first read shows
    #[arg(
        short = 'o',
        long,
        visible_alias = "total",
        value_name = "AMOUNT",
        allow_negative_numbers = true
    )]
    total_amount: Option<i128>,

    /// Let the accounts of a bank have balances below zero
    #[arg(short = 'n', long)]
    allow_negative_balances: bool,

    /// How many keys each read of a long fork's history must read
    #[arg(short, long, value_name = "COUNT")]
    group_size: Option<usize>,

    /// How many permits a semaphore has
    #[arg(long, value_name = "COUNT")]
    permits: Option<u64>,

    /// Judge as Maelstrom v0.2.4 does, which lets some of what is wrong pass
    #[arg(long)]
    as_maelstrom: bool,

    /// After how many seconds there is no verdict on a history: it is unknown then, and the
    /// command ends
    #[arg(
        long,
        value_name = "SECONDS",
        default_value = time_budget::USUAL,
        value_parser = time_budget::parse
    )]
    time_budget: Duration,

    /// A folder for pictures that prove what is wrong; one in it for each of several histories
    #[arg(short = 'd', long, visible_alias = "directory", value_name = "FOLDER")]
    drawings: Option<PathBuf>,

    /// Write a page that shows the verdict, the proofs and what happened, in one file: this
    /// one, or one beside the history that has its name
    #[arg(
        long,
        value_name = "FILE or FOLDER",
        num_args = 0..=1,
        require_equals = true
    )]
    page: Option<Option<PathBuf>>,

    #[command(flatten)]
    printing: elle_cli::Printing,

    /// The histories, or - for standard input
    #[arg(required = true)]
    histories: Vec<PathBuf>,

    // The last, since its heading is for all that follow.
    #[command(flatten)]
    meaningless: elle_cli::Meaningless,
}

pub(super) fn run(args: &Args, workloads: &Registry) -> Result<u8, String> {
    if let Some(said) = args.meaningless.said() {
        terminal::tell(&format!("workbench: {said}"));
    }
    let is_many = args.histories.len() > 1;
    let output = args.printing.output(is_many || args.model.is_some());
    let mut valid = Validity::Valid;
    for path in &args.histories {
        let (history, checked) = judged(args, workloads, path, output)?;
        if let Some(folder) = &args.drawings {
            let (drawn, _) = clock::drawable(&history);
            let drawings = proof::drawings(&drawn, &checked.findings, None);
            let name = path.file_name().filter(|_| is_many).unwrap_or_default();
            ::page::folder::draw(&folder.join(name), &drawings).map_err(|e| e.to_string())?;
        }
        elle_cli::print(output, path, &checked)?;
        valid = valid.and(checked.valid);
        if !is_many {
            // It is not freed: the system does that faster when the command has ended.
            std::mem::forget(history);
        }
    }
    Ok(valid.exit_status())
}

/// A history, and the verdict on it.
fn judged(
    args: &Args,
    workloads: &Registry,
    file: &Path,
    output: Output,
) -> Result<(History, Checked), String> {
    let of = file.to_owned();
    let watch = Watch::new(args.time_budget, move |checked| {
        // Where nobody reads it, the exit status says it.
        let _ = elle_cli::print(output, &of, checked);
    });
    let path = file.display();
    let bytes = source::read(file).map_err(|e| format!("cannot read {path}: {e}"))?;
    let found = history::read::read_bytes(&bytes).map_err(|e| format!("{path}: {e}"))?;
    drop(bytes);
    for note in &found.notes {
        terminal::tell(&format!("workbench: {path}: {note}"));
    }
    let history = found.history;
    let kind = kind(args, workloads, file, &history).ok_or_else(|| {
        format!(
            "{path}: the operations do not say what it is a history of: pass -w with a workload, \
                 or -m with a model:\n{}",
            models::list()
        )
    })?;
    let checked = match &kind {
        Kind::Model(model) => {
            let mut checked = model.check(&history, &model_options(args));
            stats::add(&mut checked, &history);
            checked
        }
        Kind::Workload(name) => as_workload(args, workloads, name, &history)?,
    };
    watch.settle();
    if let Some(path) = &args.page {
        page::write(path.as_deref(), file, kind.name(), &history, &checked)?;
    }
    Ok((history, checked))
}

/// What a history is held against.
enum Kind {
    Model(&'static Named),
    Workload(String),
}

impl Kind {
    /// What it is called.
    fn name(&self) -> &str {
        match self {
            Kind::Model(model) => model.names[0],
            Kind::Workload(name) => name,
        }
    }
}

/// What the flags say, or else the operations; the latter is told.
fn kind(args: &Args, workloads: &Registry, file: &Path, history: &History) -> Option<Kind> {
    if let Some(model) = args.model {
        return Some(Kind::Model(model));
    }
    if let Some(name) = &args.workload {
        let is_workload = workloads.names().any(|known| known == name);
        let model = models::find(name).filter(|_| !is_workload);
        return Some(model.map_or_else(|| Kind::Workload(name.clone()), Kind::Model));
    }
    let path = file.display();
    let tell = |flag: &str, why: &str| {
        terminal::tell(&format!(
            "workbench: {path}: taken for {flag}, since {why}; say so, or otherwise, to be sure"
        ));
    };
    if let Some(Guess { workload, why }) = guess(history) {
        tell(&format!("-w {workload}"), why);
        return Some(Kind::Workload(workload.to_owned()));
    }
    let (model, why) = models::guess(history)?;
    tell(&format!("-m {}", model.names[0]), why);
    Some(Kind::Model(model))
}

fn as_workload(
    args: &Args,
    workloads: &Registry,
    name: &str,
    history: &History,
) -> Result<Checked, String> {
    let mut options = workloads::Options {
        initial: args.initial.clone(),
        ww_deps: args.judged_by.ww_deps,
        ..workloads::Options::default()
    };
    options.txn.consistency_models = args.judged_by.consistency_models.clone();
    options.txn.anomalies = args.judged_by.anomalies.clone();
    options.txn.keys = args.judged_by.keys();
    let workload = workloads.find(name, &options).ok_or("no such workload")?;
    let rules = rules(args.as_maelstrom);
    Ok(judge::history(
        &*workload,
        history,
        args.availability,
        rules,
    ))
}

fn model_options(args: &Args) -> models::Options {
    models::Options {
        rules: rules(args.as_maelstrom),
        initial: args.initial.clone(),
        permits: args.permits,
        consistency_models: args.judged_by.consistency_models.clone(),
        anomalies: args.judged_by.anomalies.clone(),
        keys: args.judged_by.keys(),
        ww_deps: args.judged_by.ww_deps,
        bank: Bank {
            total: args.total_amount,
            accounts: None,
            negative_balances: args.allow_negative_balances,
        },
        group_size: args.group_size,
    }
}

fn model(name: &str) -> Result<&'static Named, String> {
    models::find(name).ok_or_else(|| format!("expected one of these:\n{}", models::list()))
}

fn long_help() -> String {
    format!(
        "What model to hold it against, whatever workload it is of; names may begin with \
         knossos-, elle- or jepsen-:\n{}",
        models::list()
    )
}

/// What the flag --as-maelstrom stands for.
pub(super) fn rules(as_maelstrom: bool) -> Rules {
    match as_maelstrom {
        true => Rules::Maelstrom,
        false => Rules::Sound,
    }
}

fn value(text: &str) -> Result<Value, String> {
    edn::read(text).map_err(|e| e.to_string())
}
