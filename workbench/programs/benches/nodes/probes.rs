//! Twelve things that a node meets sooner or later, each tried on a program that has just been
//! started.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin};
use std::sync::mpsc::{self, Receiver};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::{self, INIT, Program, echo};

/// Whether a program does as it should; nothing where it says nothing.
type Probe = fn(&mut Talk) -> Option<bool>;

/// What is tried, as a person would say it, and how.
pub(crate) const PROBES: [(&str, Probe); 12] = [
    ("an unknown type is error 10", |talk| {
        talk.say(&echo(2, "1").replace(r#""echo","msg"#, r#""nonesuch","msg"#));
        let body = talk.reply(2)?;
        Some(body["type"] == "error" && body["code"] == 10)
    }),
    ("a line that is no JSON", |talk| {
        talk.survives("{\"src\":\n")
    }),
    ("a message of another shape", |talk| {
        talk.survives("{\"src\":\"c1\",\"dest\":\"n0\",\"body\":[]}\n")
    }),
    ("a blank line", |talk| talk.survives("\n")),
    ("fields that it does not know", |talk| {
        let request = echo(2, "\"a\"").replace("\"src\"", "\"id\":7,\"more\":[{}],\"src\"");
        talk.say(&request.replace("\"type\"", "\"extra\":{\"a\":[1]},\"type\""));
        Some(talk.reply(2)?["echo"] == "a")
    }),
    ("a request without msg_id", |talk| {
        talk.survives(&echo(2, "\"a\"").replace("\"msg_id\":2,", ""))
    }),
    (
        "requests in one write with init are answered in order",
        |talk| {
            let requests: String = (2..102).map(|id| echo(id, "\"a\"")).collect();
            talk.write(&(INIT.to_owned() + &requests));
            let replies: Option<Vec<Value>> = (1..102).map(|_| talk.next()).collect();
            let replied = replies?.into_iter().map(|body| body["in_reply_to"].clone());
            Some(replied.eq((1..102).map(|id| json!(id))))
        },
    ),
    ("a payload of a MiB", |talk| {
        talk.echoes(&format!("\"{}\"", "x".repeat(1 << 20)))
    }),
    ("escapes in strings", |talk| {
        talk.echoes(r#""a\"\\\/\b\f\n\r\t\u0000\u00e9\ud83d\ude00 é😀""#)
    }),
    ("payloads in payloads", |talk| {
        talk.echoes(r#"{"a":[1,-2.5,{"b":[[],{},null,true]}],"type":"echo"}"#)
    }),
    ("integers beyond 2^53", |talk| {
        talk.echoes("[9007199254740993,-9223372036854775807]")
    }),
    ("its end comes with that of its input", |talk| {
        talk.say(&echo(2, "\"a\""));
        talk.reply(2)?;
        talk.to = None;
        for _ in 0..200 {
            if let Ok(Some(status)) = talk.child.try_wait() {
                return Some(status.success());
            }
            #[expect(clippy::disallowed_methods, reason = "the program lives in real time")]
            sleep(Duration::from_millis(10));
        }
        Some(false)
    }),
];

/// A program that has just been started.
pub(crate) struct Talk {
    child: Child,
    to: Option<ChildStdin>,
    from: Receiver<Value>,
    is_started: bool,
}

impl Talk {
    fn with(program: &Program) -> Option<Talk> {
        let mut child = program.start().ok()?;
        let out = BufReader::new(child.stdout.take()?);
        let (said, from) = mpsc::channel();
        let read = move || {
            for line in out.lines().map_while(Result::ok) {
                let message = serde_json::from_str::<Value>(&line).unwrap_or_default();
                if said.send(message["body"].clone()).is_err() {
                    return;
                }
            }
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "whoever waits for it wants to give up"
        )]
        std::thread::spawn(read);
        let to = child.stdin.take();
        Some(Talk {
            child,
            to,
            from,
            is_started: false,
        })
    }

    /// Says this, after `init` if nothing was said before.
    fn say(&mut self, text: &str) {
        if !std::mem::replace(&mut self.is_started, true) {
            self.write(INIT);
            self.reply(1);
        }
        self.write(text);
    }

    fn write(&mut self, text: &str) {
        if let Some(to) = &mut self.to {
            let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
        }
    }

    /// The body of the next message.
    fn next(&mut self) -> Option<Value> {
        self.from.recv_timeout(Duration::from_secs(2)).ok()
    }

    /// The body of the reply to this request.
    fn reply(&mut self, id: usize) -> Option<Value> {
        loop {
            let body = self.next()?;
            if body["in_reply_to"] == id {
                return Some(body);
            }
        }
    }

    /// Whether it still answers after this.
    fn survives(&mut self, text: &str) -> Option<bool> {
        self.say(text);
        self.echoes("\"still here\"")
    }

    /// Whether this comes back as it was sent.
    fn echoes(&mut self, payload: &str) -> Option<bool> {
        self.say(&echo(9, payload));
        let expected: Value = serde_json::from_str(payload).expect("a payload is JSON");
        Some(self.reply(9)?["echo"] == expected)
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        program::end(&mut self.child);
    }
}

/// The probes that a program does not pass.
pub(crate) fn failed(program: &Program) -> Vec<&'static str> {
    let passes =
        |probe: Probe| Talk::with(program).and_then(|mut talk| probe(&mut talk)) == Some(true);
    let failed = PROBES.iter().filter(|(_, probe)| !passes(*probe));
    failed.map(|(name, _)| *name).collect()
}
