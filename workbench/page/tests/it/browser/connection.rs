//! The DevTools protocol: commands with numbers, their answers, and events, each
//! a JSON text that ends with a NUL.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use serde_json::{Value, json};

use super::{LIMIT, now};

pub(super) struct Connection {
    commands: ChildStdin,
    messages: Receiver<Value>,
    /// The number of the last command.
    last: u64,
    events: Vec<Value>,
}

impl Connection {
    /// Takes over the child's stdin and stdout.
    pub(super) fn new(child: &mut Child) -> Connection {
        let commands = child.stdin.take().expect("stdin is a pipe");
        let mut answers = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let (sender, messages) = mpsc::channel();
        // A read has no time limit, a channel has. It ends with the process.
        #[expect(clippy::disallowed_methods, reason = "a test's own thread")]
        std::thread::spawn(move || {
            let mut text = Vec::new();
            while answers.read_until(0, &mut text).is_ok_and(|read| read > 0) {
                let message = serde_json::from_slice(text.strip_suffix(&[0]).unwrap_or(&text));
                if message.is_ok_and(|message| sender.send(message).is_err()) {
                    return;
                }
                text.clear();
            }
        });
        Connection {
            commands,
            messages,
            last: 0,
            events: Vec::new(),
        }
    }

    /// Gives a command, to a page's session or to Chromium as a whole, and waits
    /// for the answer.
    pub(super) fn call(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<Value, String> {
        let number = self.send(session, method, params)?;
        let start = now();
        loop {
            let left = LIMIT.saturating_sub(start.elapsed());
            let Some(mut message) = self.receive(left)? else {
                return Err(format!("no answer to {method} within {LIMIT:?}"));
            };
            if message["id"] == number {
                return match message.get("error") {
                    Some(error) => Err(format!("{method}: {}", error["message"])),
                    None => Ok(message["result"].take()),
                };
            }
            self.keep(message)?;
        }
    }

    /// Waits for one event, if one comes within this time.
    pub(super) fn wait(&mut self, limit: Duration) -> Result<bool, String> {
        match self.receive(limit)? {
            Some(message) => self.keep(message).map(|()| true),
            None => Ok(false),
        }
    }

    /// The events since the last time.
    pub(super) fn take_events(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.events)
    }

    fn send(&mut self, session: Option<&str>, method: &str, params: Value) -> Result<u64, String> {
        self.last += 1;
        let mut command = json!({"id": self.last, "method": method, "params": params});
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        let text = format!("{command}\0");
        self.commands
            .write_all(text.as_bytes())
            .map_err(|e| format!("{method}: Chromium does not listen any more: {e}"))?;
        Ok(self.last)
    }

    fn receive(&mut self, limit: Duration) -> Result<Option<Value>, String> {
        match self.messages.recv_timeout(limit) {
            Ok(message) => Ok(Some(message)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err("Chromium has ended".to_owned()),
        }
    }

    fn keep(&mut self, message: Value) -> Result<(), String> {
        match message["method"].as_str() {
            // An answer to a command that no one waits for.
            None => return Ok(()),
            // The page stands still until its dialog is answered.
            Some("Page.javascriptDialogOpening") => {
                let session = message["sessionId"].as_str();
                let answer = json!({"accept": false});
                self.send(session, "Page.handleJavaScriptDialog", answer)?;
            }
            Some("Inspector.targetCrashed") => return Err("the page has crashed".to_owned()),
            Some(_) => {}
        }
        self.events.push(message);
        Ok(())
    }
}
