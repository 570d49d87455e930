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

use maelstrom_node::{Node, Rng, Server};
use verdict::{Checked, Validity, assertion};

use crate::host::in_process::in_process;
use crate::judge;
use crate::run::{self, Config, Outcome, Problem};
use crate::workload::Workload;

/// What came of a simulated run.
#[derive(Debug)]
pub struct Simulated {
    /// What happened.
    pub outcome: Outcome,
    /// What the checkers say of it.
    pub checked: Checked,
    seed: u64,
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
    let host = in_process(config.nodes.len(), &Rng::new(!config.seed), start);
    let mut host = host.with_noise(config.noise, config.noise_seed());
    let outcome = run::run(config, workload, &mut host, &mut ());
    let checked = judge::judge(workload, &outcome, None);
    Simulated {
        outcome,
        checked,
        seed: config.seed,
    }
}

impl Simulated {
    /// # Panics
    /// Unless the run is valid: with the seed and what is wrong.
    #[track_caller]
    pub fn assert_valid(&self) {
        assert!(self.checked.valid == Validity::Valid, "{}", self.words());
    }

    /// The verdict and what it stands on, for a person.
    fn words(&self) -> String {
        let verdict = match self.checked.valid {
            Validity::Valid => "valid",
            Validity::Unknown => "unknown",
            Validity::Invalid => "INVALID",
        };
        let mut words = format!("seed {}: {verdict}", self.seed);
        for Problem { node, what, .. } in &self.outcome.problems {
            words += &format!("\n- node {node}: {what}");
        }
        for sentence in self.checked.sentences() {
            words += &format!("\n- {sentence}");
        }
        words
    }

    /// For nodes that are broken on purpose.
    ///
    /// # Panics
    /// Unless the run is invalid, and a finding says so in these words.
    #[track_caller]
    pub fn assert_invalid(&self, words: &str) {
        let sentences = self.checked.sentences();
        assert!(
            self.checked.valid == Validity::Invalid
                && sentences.iter().any(|sentence| sentence.contains(words)),
            "expected INVALID, and a finding that says {words:?}; found {}",
            self.words()
        );
    }

    /// # Panics
    /// Unless a text quotes the report of this run as it is: below a line that ends with
    /// `: INVALID`, each line that begins with `- ` is a finding, and the first is the
    /// first. A chapter thus keeps up with what it is about.
    #[track_caller]
    pub fn assert_quoted(&self, text: &str) {
        let sentences = self.checked.sentences();
        let report = text.lines().skip_while(|line| !line.ends_with(": INVALID"));
        let report = report.take_while(|line| *line != "```");
        let quoted: Vec<&str> = report.filter_map(|line| line.strip_prefix("- ")).collect();
        assert_eq!(
            quoted.first(),
            sentences.first().map(String::as_str).as_ref()
        );
        for quoted in quoted {
            assert!(sentences.iter().any(|said| said == quoted), "{quoted}");
        }
    }

    /// A number of the results by its path, such as `net.servers.msgs-per-op`
    /// or `workload.stable-latencies.0.5`.
    pub fn figure(&self, path: &str) -> Option<f64> {
        assertion::figure(&self.checked.results, path)
    }
}
