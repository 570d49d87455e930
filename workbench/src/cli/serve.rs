//! `workbench serve`: shows the store to the browser on this machine.

use std::io;
use std::path::PathBuf;

use crate::serve::Server;

/// Serve the store over HTTP, to this machine alone, until Ctrl-C
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The port to listen on; 0 is any that is free
    #[arg(short, long, default_value_t = 8080)]
    port: u16,

    /// The folder with what is kept of runs
    #[arg(long, value_name = "FOLDER", default_value = "store")]
    store: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<u8, String> {
    let server = Server::bind(&args.store, args.port).map_err(|e| match e.kind() {
        io::ErrorKind::AddrInUse => format!("{e}; give another with --port"),
        io::ErrorKind::NotFound => format!("{e}; workbench test makes it"),
        _ => e.to_string(),
    })?;
    let address = server.address().map_err(|e| e.to_string())?;
    ctrlc::set_handler(|| std::process::exit(0))
        .map_err(|e| format!("cannot listen to Ctrl-C: {e}"))?;
    let store = args.store.display();
    super::print(&format!("serving {store} on http://{address}/\n"))?;
    server.run();
    Ok(0)
}
