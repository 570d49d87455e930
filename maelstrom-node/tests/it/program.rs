//! A real process whose node is that of `disk.rs`: this very program, started again to run one
//! test of it, [`a_node`], which is the node.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use super::disk::start;

/// What the test harness says before the node does, on the same line.
const HARNESS: &str = "test program::a_node ... ";

#[test]
#[ignore = "it is the node of other tests"]
fn a_node() {
    // Whoever runs all that is ignored does not mean it.
    if !std::env::args().any(|arg| arg == "program::a_node") {
        return;
    }
    // Of what the test harness writes, nothing follows.
    std::process::exit(match maelstrom_node::run(start) {
        std::process::ExitCode::SUCCESS => 0,
        _ => 1,
    });
}

/// A node's process, which is killed with this value.
pub(crate) struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Program {
    /// Starts it with this in its environment.
    pub(crate) fn start(environment: &[(&str, &str)]) -> Program {
        Program::spawn(Command::new(std::env::current_exe().unwrap()), environment)
    }

    /// Starts it as the child of another process, which waits for it.
    #[cfg(unix)]
    pub(crate) fn start_by_another(environment: &[(&str, &str)]) -> Program {
        let mut shell = Command::new("sh");
        shell.args(["-c", r#""$0" "$@"; exit $?"#]);
        shell.arg(std::env::current_exe().unwrap());
        Program::spawn(shell, environment)
    }

    fn spawn(mut command: Command, environment: &[(&str, &str)]) -> Program {
        let mut child = command
            .args(["--exact", "program::a_node", "--ignored", "--nocapture"])
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Program {
            stdin: child.stdin.take(),
            stdout: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    pub(crate) fn tell(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("its input has not ended");
        // One that has ended is found out by what it does not say.
        let _ = stdin.write_all(format!("{line}\n").as_bytes());
    }

    /// The next line of the node, without what the test harness says before it; none at the end.
    pub(crate) fn line(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.stdout.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            let line = line.trim_end();
            let line = line.rsplit_once(HARNESS).map_or(line, |(_, line)| line);
            if line.starts_with(['{', '=']) {
                return Some(line.to_owned());
            }
        }
    }

    /// As SIGKILL does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends its input. Gives what else it says, how it ends, and its log.
    pub(crate) fn end(mut self) -> (Vec<String>, ExitStatus, String) {
        drop(self.stdin.take());
        let said = std::iter::from_fn(|| self.line()).collect();
        let mut log = String::new();
        let mut stderr = BufReader::new(self.child.stderr.take().unwrap());
        std::io::Read::read_to_string(&mut stderr, &mut log).unwrap();
        (said, self.child.wait().unwrap(), log)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
