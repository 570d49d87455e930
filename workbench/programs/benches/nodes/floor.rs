//! An echo node without a library, as fast as `serde_json` lets it be: it answers all that has
//! come, then flushes.

use std::io::{self, BufRead, BufReader, Write};
use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Message<'a> {
    src: &'a str,
    dest: &'a str,
    #[serde(borrow)]
    body: Body<'a>,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    msg_id: Option<u64>,
    #[serde(borrow)]
    echo: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Reply<'a> {
    src: &'a str,
    dest: &'a str,
    body: ReplyBody<'a>,
}

#[derive(Serialize)]
struct ReplyBody<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    in_reply_to: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    echo: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u64>,
}

/// Writes what is to be said to a line, if anything is.
fn answer(line: &[u8], out: &mut Vec<u8>) {
    let Ok(Message { src, dest, body }) = serde_json::from_slice(line) else {
        return;
    };
    let Some(in_reply_to) = body.msg_id else {
        return;
    };
    let (kind, code) = match body.kind {
        "init" => ("init_ok", None),
        "echo" => ("echo_ok", None),
        _ => ("error", Some(10)), // not supported
    };
    let reply = Reply {
        src: dest,
        dest: src,
        body: ReplyBody {
            kind,
            in_reply_to,
            echo: body.echo,
            code,
        },
    };
    serde_json::to_writer(&mut *out, &reply).expect("memory");
    out.push(b'\n');
}

/// Answers until the end of stdin.
#[expect(clippy::disallowed_methods, reason = "it stands on no library")]
pub(crate) fn run() -> ExitCode {
    let mut input = BufReader::with_capacity(1 << 16, io::stdin().lock());
    let mut output = io::stdout().lock();
    let (mut line, mut out) = (Vec::new(), Vec::new());
    loop {
        line.clear();
        match input.read_until(b'\n', &mut line) {
            Ok(0) => return ExitCode::SUCCESS,
            Ok(_) => answer(&line, &mut out),
            Err(_) => return ExitCode::FAILURE,
        }
        if !input.buffer().contains(&b'\n') {
            if output
                .write_all(&out)
                .and_then(|()| output.flush())
                .is_err()
            {
                return ExitCode::FAILURE;
            }
            out.clear();
        }
    }
}
