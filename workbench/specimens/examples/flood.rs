//! The flooding node of the tests as a program, sound or broken:
//!
//! ```sh
//! cargo build --release --package specimens --example flood
//! cargo workbench test -w broadcast --bin target/release/examples/flood -- forgets
//! ```
//!
//! Its one argument is the fault, `no-retry` without it. As it is then, it is
//! the node of Maelstrom's own documentation, and gives the same figures.

use specimens::flood;

use std::process::ExitCode;

use flood::{Fault, Flood};

const FAULTS: [(&str, Fault); 11] = [
    ("none", Fault::None),
    ("no-retry", Fault::NoRetry),
    ("loses", Fault::Loses),
    ("forgets", Fault::Forgets),
    ("amnesia", Fault::Amnesia),
    ("wrong-shape", Fault::WrongShape),
    ("refuses", Fault::Refuses),
    ("hangs", Fault::Hangs),
    ("answers-first", Fault::AnswersFirst),
    ("invents", Fault::Invents),
    ("floods", Fault::Floods),
];

fn main() -> ExitCode {
    let argument = std::env::args().nth(1);
    let name = argument.as_deref().unwrap_or("no-retry");
    match FAULTS.into_iter().find(|(known, _)| *known == name) {
        Some((_, fault)) => maelstrom_node::run(move |node| Flood::new(node, fault)),
        None => {
            let known = FAULTS.map(|(known, _)| known).join(", ");
            eprintln!("no fault {name:?}; expected one of {known}");
            ExitCode::FAILURE
        }
    }
}
