//! Flags that Jepsen has for real machines, and so Maelstrom, which has no use for
//! them either. They are taken, so that a command line that works there works here.

/// What they would say.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Taken, as Maelstrom takes them; they mean nothing")]
pub(super) struct Meaningless {
    /// Nodes are processes of this machine: nobody logs in
    #[arg(long, value_name = "USER")]
    username: Option<String>,

    /// The same
    #[arg(long, value_name = "PASS")]
    password: Option<String>,

    /// The same
    #[arg(long)]
    strict_host_key_checking: bool,

    /// The same
    #[arg(long)]
    no_ssh: bool,

    /// The same
    #[arg(long, value_name = "FILE")]
    ssh_private_key: Option<String>,

    /// Nodes end with the run
    #[arg(long)]
    leave_db_running: bool,
}

impl Meaningless {
    /// That those which were given mean nothing.
    pub(super) fn said(&self) -> Option<String> {
        let given = [
            ("--username", self.username.is_some()),
            ("--password", self.password.is_some()),
            ("--strict-host-key-checking", self.strict_host_key_checking),
            ("--no-ssh", self.no_ssh),
            ("--ssh-private-key", self.ssh_private_key.is_some()),
            ("--leave-db-running", self.leave_db_running),
        ];
        let given: Vec<&str> = (given.iter())
            .filter_map(|(flag, is_given)| is_given.then_some(*flag))
            .collect();
        (!given.is_empty()).then(|| {
            let given = given.join(", ");
            format!("{given}: this means nothing here, where nodes are processes of this machine and end with the run")
        })
    }
}
