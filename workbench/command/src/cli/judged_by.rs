//! What a history is judged by: the flags that `test` and `check` share. Those of
//! transactions are Elle's, under elle-cli's names.

use verdict::isolation::model::Models;
use verdict::isolation::options::{Anomalies, Keys};

/// The flags.
#[derive(Debug, clap::Args)]
pub(super) struct JudgedBy {
    /// What consistency models transactions must keep to, with commas between
    #[arg(
        short,
        long,
        value_name = "MODELS",
        default_value = "strict-serializable"
    )]
    pub(super) consistency_models: Models,

    /// Anomalies that transactions must not show, whatever the models say, with commas between
    #[arg(short, long, value_name = "ANOMALIES", default_value = "")]
    pub(super) anomalies: Anomalies,

    /// Of transactions over registers: take for granted that each key is sequentially
    /// consistent by itself
    #[arg(long)]
    sequential_keys: bool,

    /// The same: that each key is linearizable by itself
    #[arg(long)]
    linearizable_keys: bool,

    /// The same: that a transaction's writes follow its reads, which always is
    #[arg(long)]
    wfr_keys: bool,

    /// Of kafka: say as well where clients sent in an order that offsets contradict; that is
    /// no error
    #[arg(long)]
    pub(super) ww_deps: bool,
}

impl JudgedBy {
    /// What is known of keys.
    pub(super) fn keys(&self) -> Keys {
        Keys {
            are_sequential: self.sequential_keys,
            are_linearizable: self.linearizable_keys,
        }
    }
}
