//! A run within this process, for tests: engines in virtual time, and the
//! verdict on them.
//!
//! ```
//! # use maelstrom_node::{Node, NodeId, Result, Server};
//! # struct Echo;
//! # #[derive(serde::Deserialize)] #[serde(rename_all = "snake_case")]
//! # enum Request { Echo { echo: String } }
//! # #[derive(serde::Serialize)] #[serde(rename_all = "snake_case")]
//! # enum Response { EchoOk { echo: String } }
//! # impl Server for Echo {
//! #     type Request = Request;
//! #     type Response = Response;
//! #     async fn handle(&self, Request::Echo { echo }: Request, _: &NodeId) -> Result<Response> {
//! #         Ok(Response::EchoOk { echo })
//! #     }
//! # }
//! use simulation::simulate;
//! use simulation::run;
//!
//! let config = run::Config::for_nodes(3).seed(7);
//! let mut workload = workloads::echo::Echo;
//! let simulated = simulate(&config, &mut workload, |_node| Echo);
//! simulated.assert_valid();
//! ```

mod keep;
mod log;

use std::fmt;
use std::ops::Deref;

use maelstrom_node::{Node, Rng, Server};
use recording::Recording;
use verdict::{Checked, Validity, assertion};

use crate::host::in_process::in_process;
use crate::judge;
use crate::judged::Judged;
use crate::run::{self, Config, Observer, Outcome, Problem};
use crate::schedule::{Schedule, Written};
use crate::workload::Workload;

/// What came of a simulated run.
///
/// An assertion that fails leaves the run behind, as a folder with a page, and says where
/// that is and how the test is run again: below Cargo's target folder, in
/// `workbench/<workload>/<package>.<test>.<seed>`, the last 50 of all. With
/// `WORKBENCH_KEEP=0` in the environment nothing is kept; a path there is kept at.
/// [`Simulated::assert_invalid`] is for nodes that are broken on purpose: what it convicts
/// leaves nothing behind.
pub struct Simulated {
    judged: Judged,
    /// Of its workload.
    shares_state: bool,
    again: Again,
}

type Again = Box<dyn Fn(&mut dyn Observer) -> Outcome>;

impl Deref for Simulated {
    type Target = Judged;

    fn deref(&self) -> &Judged {
        &self.judged
    }
}

impl fmt::Debug for Simulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&in_words(&self.checked, self))
    }
}

/// Runs a workload against engines whose servers are made by `start`. The same
/// configuration gives the same outcome.
///
/// # Panics
/// If [`Config::check_with`] refuses the configuration: with what was expected.
#[track_caller]
pub fn simulate<S, F>(config: &Config, workload: &mut dyn Workload, start: F) -> Simulated
where
    S: Server,
    F: Fn(Node) -> S + Clone + 'static,
{
    let unused = workload.copied();
    let outcome = once(config, workload, start.clone(), &mut ());
    let judged = Judged::of(workload, config.clone(), outcome);
    // Whoever looks at it again sees what the nodes knew.
    let config = Config {
        states: true,
        ..config.clone()
    };
    let again = move |observer: &mut dyn Observer| {
        once(&config, &mut *unused.copied(), start.clone(), observer)
    };
    Simulated {
        judged,
        shares_state: workload.shares_state(),
        again: Box::new(again),
    }
}

fn once<S, F>(
    config: &Config,
    workload: &mut dyn Workload,
    start: F,
    observer: &mut dyn Observer,
) -> Outcome
where
    S: Server,
    F: Fn(Node) -> S + Clone + 'static,
{
    let host = in_process(config.nodes.len(), &Rng::new(!config.seed), start);
    let host = host.with_noise(config.noise, config.noise_seed());
    let host = host.with_disks(config.disk, config.disk_seed());
    let mut host = host.with_states(config.states);
    run::run(config, workload, &mut host, observer)
}

impl Simulated {
    /// # Panics
    /// Unless the run is valid: with the seed and what is wrong.
    #[track_caller]
    pub fn assert_valid(&self) {
        if self.checked.valid != Validity::Valid {
            self.fail(&in_words(&self.explained(), self));
        }
    }

    /// Ends the test with these words, and leaves the run for who wants to look at it.
    #[track_caller]
    fn fail(&self, words: &str) -> ! {
        panic!("{words}{}", keep::keep(self))
    }

    /// The same run once more, before the eyes of an observer: its messages were not
    /// recorded.
    pub fn again(&self, observer: &mut dyn Observer) -> Outcome {
        (self.again)(observer)
    }

    /// All that was chosen in it.
    pub fn schedule(&self) -> Schedule {
        let mut written = Written::default();
        self.again(&mut written);
        written.schedule().expect("a run tells what it is like")
    }

    /// The verdict with what the messages say of it: the run is done again for that, since
    /// they were not recorded.
    pub fn explained(&self) -> Checked {
        let mut recording = Recording::default();
        self.again(&mut recording);
        let mut checked = self.checked.clone();
        judge::explain(&mut checked, self.shares_state, &self.outcome, &recording);
        checked
    }

    /// For nodes that are broken on purpose.
    ///
    /// # Panics
    /// Unless the run is invalid, and a finding says so in these words.
    #[track_caller]
    pub fn assert_invalid(&self, words: &str) {
        let sentences = self.checked.sentences();
        let is_said = sentences.iter().any(|sentence| sentence.contains(words));
        if self.checked.valid != Validity::Invalid || !is_said {
            let found = in_words(&self.explained(), self);
            self.fail(&format!(
                "expected INVALID, and a finding that says {words:?}; found {found}"
            ));
        }
    }

    /// # Panics
    /// Unless a text quotes the report of this run as it is: below a line that ends with
    /// `: INVALID`, each line that begins with `- ` is a finding, and the first is the
    /// first. A chapter thus keeps up with what it is about.
    #[track_caller]
    pub fn assert_quoted(&self, text: &str) {
        let explained = self.explained();
        let sentences = explained.sentences();
        let report = text.lines().skip_while(|line| !line.ends_with(": INVALID"));
        let report = report.take_while(|line| *line != "```");
        let quoted: Vec<&str> = report.filter_map(|line| line.strip_prefix("- ")).collect();
        let is_said = |quoted: &&str| sentences.iter().any(|said| said == quoted);
        let is_first = quoted.first() == sentences.first().map(String::as_str).as_ref();
        if !is_first || !quoted.iter().all(is_said) {
            let (quoted, found) = (quoted.join("\n- "), in_words(&explained, self));
            self.fail(&format!("the text quotes\n- {quoted}\nbut found {found}"));
        }
    }

    /// A number of the results by its path, such as `net.servers.msgs-per-op`
    /// or `workload.stable-latencies.0.5`.
    pub fn figure(&self, path: &str) -> Option<f64> {
        assertion::figure(&self.checked.results, path)
    }
}

/// A verdict on a run and what it stands on, for a person.
fn in_words(checked: &Checked, run: &Judged) -> String {
    let verdict = match checked.valid {
        Validity::Valid => "valid",
        Validity::Unknown => "unknown",
        Validity::Invalid => "INVALID",
    };
    let mut words = format!("seed {}: {verdict}", run.config.seed);
    for Problem { node, what, .. } in &run.outcome.problems {
        words += &format!("\n- node {node}: {what}");
    }
    for sentence in checked.sentences() {
        words += &format!("\n- {sentence}");
    }
    words
}
