//! `workbench serve`: shows the store to the browser on this machine.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serve::Server;

/// Serve the store over HTTP, to this machine alone, until Ctrl-C
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The name of this machine to listen on: localhost, 127.0.0.1 or ::1
    #[arg(short = 'b', long, default_value = "127.0.0.1", value_parser = loopback)]
    host: IpAddr,

    /// The port to listen on; 0 is any that is free
    #[arg(short, long, default_value_t = 8080)]
    port: u16,

    /// The folder with what is kept of runs
    #[arg(long, value_name = "FOLDER", default_value = "store")]
    store: PathBuf,
}

/// What is in a store comes from nodes, and nobody is asked for a password.
fn loopback(host: &str) -> Result<IpAddr, String> {
    let address = match host {
        "localhost" => Some(Ipv4Addr::LOCALHOST.into()),
        _ => host.trim_matches(['[', ']']).parse().ok(),
    };
    address.filter(IpAddr::is_loopback).ok_or_else(|| {
        "expected localhost, 127.0.0.1 or ::1: serve asks nobody who they are, so it is for this \
         machine alone; to look at it from another, forward the port from there: ssh -L \
         8080:localhost:8080 THIS-MACHINE"
            .into()
    })
}

pub(super) fn run(args: &Args) -> Result<u8, String> {
    let server = Server::bind_to(&args.store, SocketAddr::from((args.host, args.port))).map_err(
        |e| match e.kind() {
            io::ErrorKind::AddrInUse => format!("{e}; give another with --port"),
            io::ErrorKind::NotFound => format!("{e}; workbench test makes it"),
            _ => e.to_string(),
        },
    )?;
    let address = server.address().map_err(|e| e.to_string())?;
    ctrlc::set_handler(|| std::process::exit(0))
        .map_err(|e| format!("cannot listen to Ctrl-C: {e}"))?;
    let store = args.store.display();
    super::print(&format!("serving {store} on http://{address}/\n"))?;
    server.run();
    Ok(0)
}
