//! What a client asks for: read within limits, and refused with a reason unless it
//! is a plain GET or HEAD of something in this store, under this machine's name.

use std::ffi::OsString;
use std::io::{self, Read};

use simulation::address;

use crate::response::{Refusal, Status};

/// How long an address may be, and all of a request, in bytes.
const MOST_ADDRESS: usize = 8 << 10;
const MOST_BYTES: usize = 16 << 10;
const MOST_HEADERS: usize = 64;

/// A request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// Whether only the head of the answer is wanted.
    pub(super) head: bool,
    pub(super) target: Result<Target, Refusal>,
}

/// A place in the store.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The names on the way there. None is empty, `.` or `..`, or has a slash.
    pub(super) names: Vec<OsString>,
    /// Whether a slash follows, so that a folder is meant.
    pub(super) folder: bool,
}

/// Reads a request; none, if nobody asks anything.
pub(super) fn read(client: &mut impl Read) -> Option<Asked> {
    let refused = |status, why: &str| {
        Some(Asked {
            head: false,
            target: Err(Refusal::new(status, why)),
        })
    };
    let mut bytes = vec![0; MOST_BYTES];
    let mut length = 0;
    loop {
        match client.read(&mut bytes[length..]) {
            // Browsers open connections that they may need, and close them.
            Ok(0) if length == 0 => return None,
            Ok(0) => return refused(Status::BadRequest, "the request ends in its middle"),
            Ok(read) => length += read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) if length == 0 => return None,
            Err(_) => return refused(Status::Timeout, "the request did not come in time"),
        }
        if let Some(asked) = parse(&bytes[..length]) {
            return Some(asked);
        }
    }
}

/// The request, once it is all there.
fn parse(bytes: &[u8]) -> Option<Asked> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let parsed = request.parse(bytes);
    let line = bytes.iter().position(|&byte| byte == b'\n');
    let refusal = match parsed {
        _ if line.unwrap_or(bytes.len()) > MOST_ADDRESS => {
            Refusal::new(Status::AddressTooLong, "the address is longer than 8 KB")
        }
        Ok(httparse::Status::Complete(_)) => {
            return Some(Asked {
                head: request.method == Some("HEAD"),
                target: target(&request),
            });
        }
        Ok(httparse::Status::Partial) if bytes.len() < MOST_BYTES => return None,
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => Refusal::new(
            Status::HeadersTooLarge,
            "the headers are more than 64, or larger than 16 KB",
        ),
        Err(e) => Refusal::new(Status::BadRequest, format!("this is no HTTP request: {e}")),
    };
    Some(Asked {
        head: false,
        target: Err(refusal),
    })
}

fn target(request: &httparse::Request<'_, '_>) -> Result<Target, Refusal> {
    let mut hosts = request
        .headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("host"));
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if is_this_machine(host.value) => {}
        (Some(_), None) => {
            return Err(Refusal::new(
                Status::Misdirected,
                "the host asked for is not this one: it is called localhost or 127.0.0.1",
            ));
        }
        _ => return Err(Refusal::new(Status::BadRequest, "there must be one Host")),
    }
    if !matches!(request.method, Some("GET" | "HEAD")) {
        let why = "the store can only be read: with GET or HEAD";
        return Err(Refusal::new(Status::NotAllowed, why));
    }
    place(request.path.unwrap_or_default())
}

/// Whether a request is meant for this machine, as seen from itself. A name of
/// someone else's may lead here, too, and that someone's pages would then be
/// allowed to read the answer.
fn is_this_machine(host: &[u8]) -> bool {
    let Ok(host) = str::from_utf8(host) else {
        return false;
    };
    let host = host.to_ascii_lowercase();
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
        let port = host.strip_prefix(name);
        port.is_some_and(|port| match port.strip_prefix(':') {
            Some(port) => port.bytes().all(|byte| byte.is_ascii_digit()),
            None => port.is_empty(),
        })
    })
}

/// What is in no name of a file, and would lead elsewhere. On Windows that are also other slashes,
/// drives and what is beside a file's content.
const IN_NO_NAME: &[u8] = if cfg!(windows) { b"/\0\\:" } else { b"/\0" };
const NO_NAME: &str = match cfg!(windows) {
    true => "a file's name is UTF-8, and has no slash, backslash, colon or NUL in it",
    false => "a file's name has neither slash nor NUL in it",
};

/// The name of these bytes, if the system may have one.
fn file_name(bytes: Vec<u8>) -> Option<OsString> {
    #[cfg(unix)]
    return Some(std::os::unix::ffi::OsStringExt::from_vec(bytes));
    #[cfg(windows)]
    return String::from_utf8(bytes).ok().map(OsString::from);
}

fn place(address: &str) -> Result<Target, Refusal> {
    let bad = |why| Refusal::new(Status::BadRequest, why);
    let path = address.split('?').next().unwrap_or_default();
    if !path.starts_with('/') {
        return Err(bad("an address begins with a slash"));
    }
    let mut names = Vec::new();
    for name in path.split('/') {
        let name = address::decoded(name)
            .ok_or_else(|| bad("after % in an address, there are two hexadecimal digits"))?;
        match name.as_slice() {
            b"" | b"." => {}
            b".." => {
                let why = "an address does not lead upwards: it has no .. in it";
                return Err(Refusal::new(Status::Forbidden, why));
            }
            name if name.iter().any(|byte| IN_NO_NAME.contains(byte)) => return Err(bad(NO_NAME)),
            _ => names.push(file_name(name).ok_or_else(|| bad(NO_NAME))?),
        }
    }
    Ok(Target {
        folder: names.is_empty() || path.ends_with('/'),
        names,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(address: &str) -> Option<Vec<OsString>> {
        place(address).ok().map(|target| target.names)
    }

    #[test]
    fn no_address_leads_out() {
        for address in [
            "/..",
            "/../",
            "/a/../b",
            "/%2e%2e/",
            "/.%2E",
            "/a%2fb",
            "/%2e%2e%2f",
            "/a%00",
            "/%",
            "",
            "a",
            "*",
            "http://localhost/",
            "\\",
        ] {
            assert_eq!(names(address), None, "{address}");
        }
        assert_eq!(names("//etc/./passwd?/../x"), names("/etc/passwd"));
        assert_eq!(names("/...").unwrap(), ["..."]);
        assert_eq!(names("/%252e%252e").unwrap(), ["%2e%2e"]);
        assert_eq!(names("/").unwrap(), Vec::<OsString>::new());
    }

    #[test]
    fn this_machine_has_three_names() {
        for host in [
            "localhost",
            "LocalHost:8080",
            "127.0.0.1:1",
            "[::1]",
            "[::1]:80",
        ] {
            assert!(is_this_machine(host.as_bytes()), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "evil.example:127.0.0.1",
            "127.0.0.1.evil.example:8080",
            "localhost:8080@evil.example",
            "localhost:http",
            "127.0.0.10",
            "0.0.0.0",
            "::1",
        ] {
            assert!(!is_this_machine(host.as_bytes()), "{host}");
        }
        assert!(!is_this_machine(b"localhost\xff"));
    }

    #[test]
    fn a_request_is_the_same_however_it_is_cut() {
        let whole = b"HEAD /echo/?q HTTP/1.1\r\nHost: localhost\r\nX: y\r\n\r\n";
        let asked = Asked {
            head: true,
            target: Ok(Target {
                names: vec!["echo".into()],
                folder: true,
            }),
        };
        assert_eq!(read(&mut &whole[..]), Some(asked));
        for cut in 1..whole.len() {
            let (one, two) = whole.split_at(cut);
            assert_eq!(read(&mut one.chain(two)), read(&mut &whole[..]), "{cut}");
            let half = read(&mut &*one).unwrap().target.unwrap_err();
            assert_eq!(half.status, Status::BadRequest, "{cut}");
        }
    }
}
