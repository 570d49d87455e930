//! The command line of elle-cli: all its flags are taken, so that a script that calls it
//! needs only another program's name.
//!
//! It was read from elle-cli 0.1.10 and from the commits after it. Its models, `-m`, and its
//! flags of models are [`check`](super)'s own; here are those about files and what is
//! printed, and those that mean nothing. Two things differ: a history of which there is no
//! telling gives the status 2, where elle-cli says 0; and what proves a violation is told on
//! stderr.

use std::path::Path;

use clap::ValueEnum;
use verdict::{Checked, Validity};

use crate::terminal;

/// What is printed of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// Its name, and whether it is valid: true, false or unknown
    Text,
    /// The results as JSON
    Json,
    /// The results as EDN
    Edn,
}

/// Of what language a history is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Edn,
    Json,
}

/// Of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Plot {
    Svg,
    Png,
}

/// The flags that say what is printed.
#[derive(Debug, clap::Args)]
pub(super) struct Printing {
    /// What to print: without it, text if a model was named or there are several histories,
    /// else edn
    #[arg(short = 'v', long, value_enum, num_args = 0..=1, default_missing_value = "json")]
    output: Option<Output>,

    /// The same as --output json
    #[arg(long, visible_alias = "verbose")]
    json: bool,
}

impl Printing {
    /// How to print; `is_many`: a model was named, or there are several histories.
    pub(super) fn output(&self, is_many: bool) -> Output {
        match (self.output, self.json, is_many) {
            (_, true, _) => Output::Json,
            (Some(output), ..) => output,
            (None, _, true) => Output::Text,
            (None, _, false) => Output::Edn,
        }
    }
}

/// The verdict on a history, to be printed.
pub(super) fn print(output: Output, path: &Path, checked: &Checked) -> Result<(), String> {
    let path = path.display();
    let text = match output {
        Output::Edn => checked.results.pretty(),
        Output::Json => format!("{:#}\n", checked.results.to_json()),
        Output::Text => {
            for sentence in checked.sentences() {
                terminal::tell(&format!("workbench: {path}: {sentence}"));
            }
            let valid = match checked.valid {
                Validity::Valid => "true",
                Validity::Invalid => "false",
                Validity::Unknown => "unknown",
            };
            // With a space on each side of the tab, as elle-cli.
            format!("{path} \t {valid}\n")
        }
    };
    crate::cli::print(&text)
}

/// Flags that are taken, and mean nothing here.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Taken, as elle-cli takes them; they mean nothing")]
pub(super) struct Meaningless {
    /// The format is found by looking
    #[arg(short, long, value_enum)]
    format: Option<Format>,

    /// A search for cycles ends after so many steps, not milliseconds
    #[arg(short = 's', long, value_name = "MILLIS")]
    cycle_search_timeout: Option<u64>,

    /// Pictures are SVG
    #[arg(short, long, value_enum)]
    plot_format: Option<Plot>,

    /// Pictures are drawn in a moment
    #[arg(short = 't', long, value_name = "MILLIS")]
    plot_timeout: Option<u64>,

    /// Pictures show what proves a violation, and are small
    #[arg(short = 'b', long, value_name = "BYTES")]
    max_plot_bytes: Option<u64>,

    /// Transfers have been made
    #[arg(long, value_name = "AMOUNT")]
    max_transfer: Option<u64>,
}

impl Meaningless {
    /// That those which were given, and would change something, mean nothing.
    pub(super) fn said(&self) -> Option<String> {
        let given = [
            (
                "--cycle-search-timeout",
                self.cycle_search_timeout.is_some(),
            ),
            ("--plot-format png", self.plot_format == Some(Plot::Png)),
            ("--plot-timeout", self.plot_timeout.is_some()),
            ("--max-plot-bytes", self.max_plot_bytes.is_some()),
            ("--max-transfer", self.max_transfer.is_some()),
        ];
        let given = given.iter().filter(|(_, is_given)| *is_given);
        let given: Vec<&str> = given.map(|(flag, _)| *flag).collect();
        (!given.is_empty()).then(|| {
            let given = given.join(", ");
            format!(
                "{given}: this means nothing here, where searches end after so many steps and \
                 pictures are small SVGs"
            )
        })
    }
}
