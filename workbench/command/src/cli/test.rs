//! `workbench test`: runs a workload against a node's binary.

mod choices;
mod exploring;
mod flags;
mod hunting;
mod meaningless;
mod nodes;
pub(super) mod results;
mod signals;
mod smallest;
mod sweep;
mod values;
pub(super) mod walking;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hunt::Failure;
use maelstrom_node::Rng;

pub(super) use self::flags::Args;
use programs::Program;
use programs::{Clock, Onlookers, Programs};
use simulation::folder::Journal;
use simulation::host::Host;
use simulation::recording::Recording;
use simulation::run::{Event, Inbox, Message, MessageEvent, Observer, Position};
use simulation::schedule::{Choice, World};
use simulation::workload::Workload;
use simulation::{Judged, Limits, run};
use verdict::Validity;

use self::signals::Signals;
use self::walking::Walk;
use super::command::{repeat_command, this_command, told};
use crate::live_page::LivePage;
use crate::local_time::LocalTime;
use crate::progress::Progress;
use crate::report::Report;
use crate::store::Store;

use crate::terminal;

pub(super) fn run(args: &Args) -> Result<u8, String> {
    // What is wrong with the flags is known before anything is built.
    if let Some(why) = args.is_refused() {
        terminal::tell(&format!("workbench: {why}"));
        return Ok(super::USAGE);
    }
    if let Some(said) = args.meaningless.said() {
        terminal::tell(&format!("workbench: {said}"));
    }
    let bin = args.program()?;
    let store = |folder: &Path| {
        let store = Store::create(folder, &args.workload).map_err(|e| e.to_string())?;
        Ok::<_, String>(store.with_json_log(args.logging_json))
    };
    let signals = Signals::listen()?;
    if let Some(seeds) = &args.seeds {
        return sweep::run(args, &bin, seeds.clone(), store(&args.store)?, &signals);
    }

    if args.schedule.is_some() {
        let again = Planned::of_schedule(args, &bin)?;
        return Ok(run_and_report(args, &again, store(&args.store)?, &signals)?.status);
    }
    let first = args.seed.unwrap_or_else(draw_seed);
    for seed in (0..args.test_count).map(|i| first.wrapping_add(i)) {
        let planned = Planned::of_seed(args, &bin, seed)?;
        let done = run_and_report(args, &planned, store(&args.store)?, &signals)?;
        if done.status != Validity::Valid.exit_status() {
            smallest::find(args, &bin, &done, &signals)?;
            return Ok(done.status);
        }
    }
    Ok(Validity::Valid.exit_status())
}

/// Looks for a run that fails, for so long; and makes it smaller.
pub(super) fn hunt(args: &Args, patience: Duration) -> Result<u8, String> {
    if let Some(why) = args.is_refused() {
        terminal::tell(&format!("workbench: {why}"));
        return Ok(super::USAGE);
    }
    let bin = args.program()?;
    let signals = Signals::listen()?;
    hunting::run(args, &bin, patience, &signals)
}

/// Looks at every run of a small world.
pub(super) fn explore(args: &Args, small: &super::explore::Args) -> Result<u8, String> {
    if let Some(why) = args.is_refused() {
        terminal::tell(&format!("workbench: {why}"));
        return Ok(super::USAGE);
    }
    let bin = args.program()?;
    let signals = Signals::listen()?;
    exploring::run(args, small, &bin, &signals)
}

/// Makes what a schedule holds smaller, as long as it fails.
pub(super) fn shrink(args: &Args, folder: &Path) -> Result<u8, String> {
    let bin = args.program()?;
    let signals = Signals::listen()?;
    smallest::of_schedule(args, &bin, folder, &signals)
}

/// A run to be made.
struct Planned<'a> {
    bin: &'a Path,
    config: run::Config,
    /// The command that makes it.
    command: String,
    /// What the node's program and the workload follow from, for the schedule.
    told: Vec<String>,
    /// What is to be said before the verdict, if anything is.
    heading: Option<String>,
}

impl<'a> Planned<'a> {
    fn of_seed(args: &Args, bin: &'a Path, seed: u64) -> Result<Self, String> {
        Ok(Planned {
            bin,
            config: args.config(seed)?,
            command: repeat_command(seed),
            told: told(),
            heading: None,
        })
    }

    /// The one that this command was told.
    fn of_schedule(args: &Args, bin: &'a Path) -> Result<Self, String> {
        let schedule = args.schedule.as_ref();
        Ok(Planned {
            bin,
            config: args.config(0)?,
            command: this_command(),
            told: schedule.map_or_else(Vec::new, |schedule| schedule.world.command.clone()),
            heading: None,
        })
    }
}

/// What came of a run that was reported.
struct Done {
    status: u8,
    /// Where it is.
    folder: PathBuf,
    /// What is wrong with it, if it would be so again.
    failure: Option<Failure>,
}

/// Makes a run, keeps everything and prints the summary.
fn run_and_report(
    args: &Args,
    planned: &Planned<'_>,
    mut store: Store,
    signals: &Signals,
) -> Result<Done, String> {
    store.log(&planned.command);
    let began = LocalTime::now().to_the_second();
    let program = args.node_program(
        planned.bin,
        store.folder().node_logs(),
        store.folder().disks(),
    );
    let journal = store.folder().journal().map_err(|e| e.to_string())?;
    let mut watcher = Watcher {
        signals,
        progress: Progress::new(),
        journal: journal.of_command(planned.told.clone()),
        recording: Recording::default(),
        walk: args.until.as_ref().map(|until| Walk::new(until, signals)),
        log_send: args.log_net_send,
        log_recv: args.log_net_recv,
        going: LivePage::new(store.folder(), &args.workload, &planned.command),
    };
    signals.running();
    let config = run::Config {
        states: true, // what nodes show is on the page
        ..planned.config.clone()
    };
    let ran = match run_once(args, config, &program, Some(&store), &mut watcher) {
        Ok(ran) => ran,
        Err(why) => {
            store.discard();
            return Err(why);
        }
    };
    watcher.progress.clear();
    let walked = watcher.walk.as_ref();
    if let Some(over) = walked.and_then(|it| it.over(ran.virtual_time, ran.outcome.interrupted)) {
        let folder = store.folder().path().to_owned();
        store.discard();
        return over.map(|status| Done {
            status,
            folder,
            failure: None,
        });
    }
    let folder = store.folder().path().to_owned();
    // A full disk is no reason to keep the verdict from anyone.
    let mut written = match ran.virtual_time {
        true => Ok(()),
        false => watcher.journal.remove_schedule(),
    };
    written = written.and(watcher.journal.flush());
    written = written.and(store.folder().write_history(&ran.outcome.history));
    signals.judging(shown(&folder), &args.workload);
    let looks_reactive = ran.looks_reactive;
    let run = ran.judged(args, watcher.recording);

    for problem in &run.outcome.problems {
        store.log(&format!("{}: {}", problem.node, problem.what));
    }
    store.log(&format!("valid? {}", run.checked.valid.to_edn()));
    let mut summary = run.summary(began, planned.command.clone());
    if let Some(heading) = &planned.heading {
        let messages = run.outcome.messages.all.sent;
        summary.sentence = format!("{heading}, {messages} messages: {}", summary.sentence);
    }
    written = written.and(store.keep(&run.kept(&summary)));
    let report = Report {
        run: &run,
        heading: planned.heading.as_deref(),
        repeat: run.virtual_time.then(|| planned.command.clone()),
        looks_reactive,
        folder: shown(&folder),
    };
    let printed = terminal::print_headed(&report.to_string(), report.colour());
    printed.map_err(|e| super::cannot_print(&e))?;
    let status = match run.outcome.interrupted {
        true => super::INTERRUPTED,
        false => run.checked.valid.exit_status(),
    };
    let is_repeated = run.virtual_time && !run.outcome.interrupted;
    let failure = is_repeated.then(|| Failure::of(&run)).flatten();
    Ok(Done {
        status: kept_or(written.map_err(|e| e.to_string()), status)?,
        folder,
        failure,
    })
}

/// The exit status of a run that could be kept or not: that nothing was wrong is not
/// said of one that could not be.
fn kept_or(written: Result<(), String>, status: u8) -> Result<u8, String> {
    match written {
        Err(e) if status == Validity::Valid.exit_status() => Err(e),
        Err(e) => {
            terminal::tell(&format!("workbench: {e}"));
            Ok(status)
        }
        Ok(()) => Ok(status),
    }
}

/// Shows how far a run is, keeps its messages, and ends it at Ctrl-C.
struct Watcher<'a> {
    signals: &'a Signals,
    progress: Progress,
    journal: Journal,
    recording: Recording,
    walk: Option<Walk<'a>>,
    log_send: bool,
    log_recv: bool,
    going: LivePage,
}

impl Observer for Watcher<'_> {
    fn position(&mut self, position: Position) -> ControlFlow<()> {
        let Position { now, end, events } = position;
        self.progress.at(now, end, events / 2);
        let messages = self.recording.messages().len();
        self.going.at(now, end, events / 2, messages);
        if let Some(walk) = &mut self.walk {
            walk.position(position);
        }
        broken_off(self.signals)
    }

    fn message(&mut self, message: Message<'_>) {
        self.journal.message(message);
        self.recording.message(message);
        if let Some(walk) = &mut self.walk {
            walk.way().message(message);
        }
        let (shown, what) = match message.event {
            MessageEvent::Sent => (self.log_send, "send"),
            MessageEvent::Received => (self.log_recv, "recv"),
            MessageEvent::Lost => (self.log_recv, "lost"),
        };
        if shown {
            let line = String::from_utf8_lossy(message.line);
            let seconds = message.time.as_secs_f64();
            terminal::tell(&format!("{seconds:.6} {what} {line}"));
        }
    }

    fn event(&mut self, time: Duration, event: &Event) {
        self.journal.event(time, event);
        self.recording.event(time, event);
        if let Some(walk) = &mut self.walk {
            walk.way().event(time, event);
        }
    }

    fn logged(&mut self, at: Duration, _: &str, line: &str) {
        if let Some(walk) = &mut self.walk {
            self.progress.clear();
            walk.logged(at, line);
        }
    }

    fn looks_at(&self) -> Option<Duration> {
        self.walk.as_ref().map(Walk::moment)
    }

    fn look(&mut self, inboxes: &[Inbox<'_>]) -> ControlFlow<()> {
        self.progress.clear();
        match &mut self.walk {
            Some(walk) => walk.look(inboxes),
            None => ControlFlow::Continue(()),
        }
    }

    fn wants_choices(&self) -> bool {
        self.journal.wants_choices()
    }

    fn begins(&mut self, world: &World) {
        self.journal.begins(world);
    }

    fn choice(&mut self, choice: &Choice) {
        self.journal.choice(choice);
    }
}

fn broken_off(signals: &Signals) -> ControlFlow<()> {
    match signals.interrupted() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    }
}

/// A run that is not judged yet.
struct Ran {
    workload: Box<dyn Workload>,
    config: run::Config,
    outcome: run::Outcome,
    virtual_time: bool,
    looks_reactive: bool,
}

impl Ran {
    fn judged(self, args: &Args, recording: Recording) -> Judged {
        let limits = Limits {
            rules: super::check::rules(args.as_maelstrom),
            availability: args.availability,
            assertions: args.assert.clone(),
        };
        let Ran {
            workload,
            config,
            outcome,
            virtual_time,
            looks_reactive: _,
        } = self;
        Judged::new(&*workload, config, virtual_time, outcome, recording, limits)
    }
}

/// Runs the workload once; if it is kept, for this store, which says so once it has begun.
fn run_once(
    args: &Args,
    config: run::Config,
    program: &Program,
    store: Option<&Store>,
    observer: &mut dyn Observer,
) -> Result<Ran, String> {
    let mut workload = args.workload(&config)?;
    let clock = match args.live {
        true => Clock::Real,
        false if args.reactive => Clock::reactive(&config),
        false => Clock::of(&config),
    };
    let until = args.until.as_ref();
    let onlookers = until.map_or_else(Onlookers::default, |until| until.onlookers.clone());
    let host = Programs::start_for(program, &config.nodes, clock, &onlookers);
    let mut host = host.map_err(|e| e.to_string())?;
    if let Some(store) = store {
        store.link_current().map_err(|e| e.to_string())?;
    }
    let outcome = run::run(&config, &mut *workload, &mut host, observer);
    match host.refused() {
        Some(why) => Err(why.to_owned()),
        None => Ok(Ran {
            workload,
            config,
            outcome,
            virtual_time: !host.is_live(),
            looks_reactive: host.looks_reactive(),
        }),
    }
}

fn draw_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    // Short enough to be typed.
    Rng::new(RandomState::new().hash_one(0)).below(1 << 32)
}

fn shown(folder: &Path) -> &Path {
    folder.strip_prefix("./").unwrap_or(folder)
}
