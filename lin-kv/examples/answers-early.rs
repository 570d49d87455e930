//! A lin-kv node with a mistake: it answers before what it answers is on its disk.
//!
//! It is the node that is shipped, but for one rule: a client hears `write_ok` as soon as the
//! change is carried out, and the sync comes after that. It is quicker by a sync, and
//! nothing is lost as long as nobody dies. A node that is killed in between has forgotten a
//! change that it had acknowledged, and with the others who have not got it yet, it
//! makes a majority that never heard of it.

use std::process::ExitCode;

use lin_kv::LinKv;
use lin_kv::mutation::Mutation;
use maelstrom_node::{Node, Server};
use raft::Config;

pub(crate) fn start(node: Node) -> impl Server {
    LinKv::breaking(node, Config::default(), Mutation::AnswersBeforeSync)
}

fn main() -> ExitCode {
    maelstrom_node::run(start)
}
