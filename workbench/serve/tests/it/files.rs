//! What `serve` answers of the store: its files and folders, and nothing besides.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::symlink;

use super::Store;

#[test]
fn an_answer_in_full() {
    let store = Store::serve();
    let answer = store.raw(
        "GET /echo/20260131T120000.000+0100/history.edn HTTP/1.1\r\nHost: localhost:1234\r\n\r\n",
    );
    assert_eq!(
        answer.replace("\r\n", "\n"),
        "HTTP/1.1 200 OK\n\
         Content-Type: text/plain; charset=utf-8\n\
         Content-Length: 10\n\
         Cache-Control: no-store\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'\n\
         Cross-Origin-Resource-Policy: same-origin\n\
         Referrer-Policy: no-referrer\n\
         X-Content-Type-Options: nosniff\n\
         Connection: close\n\
         \n\
         {:f :echo}"
    );
}

#[test]
fn files_and_folders() {
    let store = Store::serve();
    let run = "/echo/20260131T120000.000+0100";
    let got = store.get(&format!("{run}/"));
    assert_eq!(got.body, "<p>a run</p>");
    assert_eq!(got.header("Content-Type"), Some("text/html; charset=utf-8"));

    // What is relative to the folder, is wrong without the slash.
    let got = store.get(run);
    assert_eq!(got.status, "HTTP/1.1 301 Moved Permanently");
    let location = got.header("Location").unwrap();
    assert_eq!(location, "/echo/20260131T120000.000%2B0100/");
    assert_eq!(store.get(location).body, "<p>a run</p>");
    // Two slashes would lead to another host.
    assert_eq!(store.get("//echo").header("Location"), Some("/echo/"));

    let got = store.get(&format!("{run}/node-logs/n1.log?a=/../b"));
    assert_eq!(got.body, "<b>ä</b>\n");
    assert_eq!(
        got.header("Content-Type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(got.header("Content-Length"), Some("10"));

    // The list of runs, though none has ended that would have written it.
    for address in ["/", "/index.html"] {
        let got = store.get(address);
        assert!(got.body.contains("<h1>Runs</h1>"), "{}", got.body);
        assert!(
            got.body
                .contains("./echo/20260131T120000.000%2B0100/index.html")
        );
    }
    store.write("index.html", "the list");
    assert_eq!(store.get("/").body, "the list");
    assert_eq!(store.get("/index.html").body, "the list");
}

#[test]
fn types_of_content() {
    let store = Store::serve();
    let mut found = String::new();
    for name in [
        "a.html",
        "a.SVG",
        "a.json",
        "a.jsonl",
        "a.edn",
        "a.txt",
        "a.log",
        "a.png",
        "a.js",
        "a.html.bin",
        "a",
        ".html",
    ] {
        store.write(name, "");
        let got = store.get(&format!("/{name}"));
        found += &format!("{name}: {}\n", got.header("Content-Type").unwrap());
    }
    assert_eq!(
        found,
        "a.html: text/html; charset=utf-8\n\
         a.SVG: image/svg+xml; charset=utf-8\n\
         a.json: application/json; charset=utf-8\n\
         a.jsonl: text/plain; charset=utf-8\n\
         a.edn: text/plain; charset=utf-8\n\
         a.txt: text/plain; charset=utf-8\n\
         a.log: text/plain; charset=utf-8\n\
         a.png: image/png\n\
         a.js: application/octet-stream\n\
         a.html.bin: application/octet-stream\n\
         a: application/octet-stream\n\
         .html: application/octet-stream\n"
    );
}

#[cfg(unix)] // where a name may have such characters
#[test]
fn a_folder_without_a_page_is_listed() {
    let store = Store::serve();
    store.write("echo/20260131T120000.000+0100/node-logs/<i>\"&.log", "x");
    let got = store.get("/echo/20260131T120000.000+0100/node-logs/");
    let (_, table) = got.body.split_once("<table>\n").unwrap();
    assert_eq!(
        table,
        "<tr><td><a href=\"./%3Ci%3E%22%26.log\">&lt;i&gt;&quot;&amp;.log</a></td><td>1 B</td></tr>\n\
         <tr><td><a href=\"./n1.log\">n1.log</a></td><td>10 B</td></tr>\n\
         </table>\n</body>\n</html>\n"
    );
    let file = store.get("/echo/20260131T120000.000+0100/node-logs/%3Ci%3E%22%26.log");
    assert_eq!(file.body, "x");
    let above = store.get("/echo/").body;
    assert!(
        above.contains("<a href=\"./20260131T120000.000%2B0100/\">20260131T120000.000+0100/</a>"),
        "{above}"
    );
}

#[test]
fn the_head_alone() {
    let store = Store::serve();
    for address in [
        "/echo/20260131T120000.000+0100/history.edn",
        "/",
        "/echo/",
        "/echo",
        "/none",
        "/..",
    ] {
        let (head, got) = (store.ask("HEAD", address), store.get(address));
        assert_eq!(got.length(), got.body.len(), "{address}");
        assert_eq!(
            (head.status, head.head),
            (got.status, got.head),
            "{address}"
        );
        assert_eq!(head.body, "", "{address}");
    }
}

#[cfg(unix)]
#[test]
fn nothing_outside_the_store_is_read() {
    let store = Store::serve();
    let secret = store.folder.path().join("secret.txt");
    let within = store.path();
    symlink(&secret, within.join("out.txt")).unwrap();
    symlink("../secret.txt", within.join("relative.txt")).unwrap();
    symlink("..", within.join("up")).unwrap();
    symlink("/etc", within.join("etc")).unwrap();
    symlink("loop", within.join("loop")).unwrap();
    symlink("nowhere", within.join("broken")).unwrap();
    symlink("echo/20260131T120000.000+0100", within.join("latest")).unwrap();
    fs::create_dir(within.join("index")).unwrap();
    symlink(&secret, within.join("index/index.html")).unwrap();
    // A folder whose name begins with the store's own.
    fs::create_dir(store.folder.path().join("store-2")).unwrap();
    symlink("../store-2", within.join("sibling")).unwrap();
    let transcript = store.transcript(&[
        "/../secret.txt",
        "/echo/../../secret.txt",
        "/echo/../index.html",
        "/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%2Fsecret.txt",
        "/..%5csecret.txt",
        "/%252e%252e/secret.txt",
        "/..",
        "//etc/passwd",
        "/etc/passwd",
        "/%2fetc/passwd",
        "/echo%00.html",
        "/out.txt",
        "/relative.txt",
        "/up/",
        "/up/secret.txt",
        "/up",
        "/index/",
        "/sibling/",
        "/broken",
        "/latest/",
        "/latest/history.edn",
        "/latest/history.edn/",
        "/latest/history.edn/x",
        "/%zz",
        "/none%0d%0aX:%20y",
        "http://localhost/",
        "*",
    ]);
    assert_eq!(
        transcript,
        "/../secret.txt -> 403 Forbidden: an address does not lead upwards: it has no .. in it
/echo/../../secret.txt -> 403 Forbidden: an address does not lead upwards: it has no .. in it
/echo/../index.html -> 403 Forbidden: an address does not lead upwards: it has no .. in it
/%2e%2e/secret.txt -> 403 Forbidden: an address does not lead upwards: it has no .. in it
/%2e%2e%2fsecret.txt -> 400 Bad Request: a file's name has neither slash nor NUL in it
/..%2Fsecret.txt -> 400 Bad Request: a file's name has neither slash nor NUL in it
/..%5csecret.txt -> 404 Not Found: the store has no /..%5Csecret.txt
/%252e%252e/secret.txt -> 404 Not Found: the store has no /%252e%252e/secret.txt
/.. -> 403 Forbidden: an address does not lead upwards: it has no .. in it
//etc/passwd -> 403 Forbidden: a link at /etc/passwd leads out of the store
/etc/passwd -> 403 Forbidden: a link at /etc/passwd leads out of the store
/%2fetc/passwd -> 400 Bad Request: a file's name has neither slash nor NUL in it
/echo%00.html -> 400 Bad Request: a file's name has neither slash nor NUL in it
/out.txt -> 403 Forbidden: a link at /out.txt leads out of the store
/relative.txt -> 403 Forbidden: a link at /relative.txt leads out of the store
/up/ -> 403 Forbidden: a link at /up leads out of the store
/up/secret.txt -> 403 Forbidden: a link at /up/secret.txt leads out of the store
/up -> 403 Forbidden: a link at /up leads out of the store
/index/ -> 403 Forbidden: a link at /index leads out of the store
/sibling/ -> 403 Forbidden: a link at /sibling leads out of the store
/broken -> 404 Not Found: the store has no /broken
/latest/ -> <p>a run</p>
/latest/history.edn -> {:f :echo}
/latest/history.edn/ -> 404 Not Found: the store has no /latest/history.edn
/latest/history.edn/x -> 404 Not Found: the store has no /latest/history.edn/x
/%zz -> 400 Bad Request: after % in an address, there are two hexadecimal digits
/none%0d%0aX:%20y -> 404 Not Found: the store has no /none%0D%0AX%3A%20y
http://localhost/ -> 400 Bad Request: an address begins with a slash
* -> 400 Bad Request: an address begins with a slash"
    );
    let looped = store.get("/loop").body;
    let expected = "500 Internal Server Error: cannot read /loop: ";
    assert!(looped.starts_with(expected), "{looped}");
    fs::remove_file(within.join("etc")).unwrap();
    assert_eq!(
        store.get("//etc/passwd").body,
        "404 Not Found: the store has no /etc/passwd\n"
    );
}

#[test]
fn big_files_come_whole() {
    let store = Store::serve();
    let big: Vec<u8> = (0..20_000_000u32).map(|i| b'a' + (i % 23) as u8).collect();
    store.write("messages.jsonl", &big);
    let got = store.get("/messages.jsonl");
    assert_eq!(got.length(), big.len());
    assert!(got.body.as_bytes() == big);
}

/// To open a pipe would be to wait for ever.
#[cfg(unix)]
#[test]
fn a_pipe_is_not_read() {
    let store = Store::serve();
    let pipe = store.path().join("pipe");
    let mkfifo = std::process::Command::new("mkfifo").arg(pipe).status();
    assert!(mkfifo.unwrap().success());
    assert_eq!(
        store.get("/pipe").body,
        "403 Forbidden: /pipe may not be read\n"
    );
}

#[test]
fn the_store_may_go_and_come_back() {
    let store = Store::serve();
    fs::remove_dir_all(store.path()).unwrap();
    assert_eq!(store.get("/").status, "HTTP/1.1 404 Not Found");
    fs::create_dir(store.path()).unwrap();
    assert!(store.get("/").body.contains("<h1>Runs</h1>"));
}
