//! Answers: what is told to a browser besides the bytes, and the words for what is
//! refused.

use std::fs::File;
use std::io::{self, Read, Write};

/// A page uses what is within it, pictures beside it, and nothing else: no text of
/// a node's can make it fetch or send anything.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
                      script-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// How a request came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    Moved,
    BadRequest,
    Forbidden,
    NotFound,
    NotAllowed,
    Timeout,
    AddressTooLong,
    Misdirected,
    HeadersTooLarge,
    Failed,
}

impl Status {
    /// The code and its words, as they are registered (RFC 9110, section 15; RFC
    /// 6585, section 5).
    fn line(self) -> &'static str {
        match self {
            Status::Ok => "200 OK",
            Status::Moved => "301 Moved Permanently",
            Status::BadRequest => "400 Bad Request",
            Status::Forbidden => "403 Forbidden",
            Status::NotFound => "404 Not Found",
            Status::NotAllowed => "405 Method Not Allowed",
            Status::Timeout => "408 Request Timeout",
            Status::AddressTooLong => "414 URI Too Long",
            Status::Misdirected => "421 Misdirected Request",
            Status::HeadersTooLarge => "431 Request Header Fields Too Large",
            Status::Failed => "500 Internal Server Error",
        }
    }
}

/// Why there is no other answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: Status,
    pub(super) why: String,
}

impl Refusal {
    pub(super) fn new(status: Status, why: impl Into<String>) -> Self {
        let why = why.into();
        Refusal { status, why }
    }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Response {
    status: Status,
    content_type: &'static str,
    /// Where it is instead.
    location: Option<String>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Text(String),
    /// A file of this many bytes. If it grows meanwhile, as a log does, they are
    /// its first.
    File(File, u64),
}

impl Response {
    pub(super) fn page(html: String) -> Self {
        Response {
            status: Status::Ok,
            content_type: HTML,
            location: None,
            body: Body::Text(html),
        }
    }

    pub(super) fn file(file: File, length: u64, content_type: &'static str) -> Self {
        Response {
            status: Status::Ok,
            content_type,
            location: None,
            body: Body::File(file, length),
        }
    }

    pub(super) fn moved(location: String) -> Self {
        Response {
            status: Status::Moved,
            content_type: TEXT,
            body: Body::Text(format!("it is at {location}\n")),
            location: Some(location),
        }
    }

    pub(super) fn refusal(status: Status, why: &str) -> Self {
        Response {
            status,
            content_type: TEXT,
            location: None,
            body: Body::Text(format!("{}: {why}\n", status.line())),
        }
    }

    /// Writes the answer, or its head alone.
    pub(super) fn write(self, out: &mut impl Write, head: bool) -> io::Result<()> {
        let length = match &self.body {
            Body::Text(text) => text.len() as u64,
            Body::File(_, length) => *length,
        };
        let mut start = format!(
            "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {length}\r\n",
            self.status.line(),
            self.content_type
        );
        if let Some(location) = &self.location {
            start += &format!("Location: {location}\r\n");
        }
        if self.status == Status::NotAllowed {
            start += "Allow: GET, HEAD\r\n";
        }
        start += &format!(
            "Cache-Control: no-store\r\nContent-Security-Policy: {POLICY}\r\n\
             Cross-Origin-Resource-Policy: same-origin\r\nReferrer-Policy: no-referrer\r\n\
             X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
        );
        if let (Body::Text(text), false) = (&self.body, head) {
            start += text;
        }
        out.write_all(start.as_bytes())?;
        if let (Body::File(file, length), false) = (self.body, head) {
            io::copy(&mut file.take(length), out)?;
        }
        Ok(())
    }
}

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// What a file is, by the end of its name.
pub(super) fn content_type(extension: &str) -> &'static str {
    match extension.to_ascii_lowercase().as_str() {
        "html" => HTML,
        "svg" => "image/svg+xml; charset=utf-8",
        "json" => "application/json; charset=utf-8",
        // Browsers show what they take for text, and save what they do not know.
        "jsonl" | "edn" | "txt" | "log" => TEXT,
        "png" => "image/png", // a chart of Maelstrom's
        _ => "application/octet-stream",
    }
}
