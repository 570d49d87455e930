//! The browser of the tests: what a person does reaches a page, what a page does
//! that it should not is found out, and nothing is left of it.

use std::fs;

use serde_json::json;

use crate::browser::legible::{CONTRASTS, assert_legible};
use crate::browser::{Browser, Folder, LIMIT, Page, Scheme, Size};

const SIZE: Size = Size {
    width: 1280,
    height: 900,
};

/// A page that notes what is done to it.
const DIARY: &str = r#"<!doctype html>
<title>diary</title>
<style>
    body { margin: 0; background: #fff; color: #000 }
    @media (prefers-color-scheme: dark) { body { background: #000; color: #fff } }
    #box { width: 100px; height: 100px }
    #deep { margin-top: 3000px }
</style>
<div id="box">box</div>
<input id="name">
<button id="deep">deep</button>
<button hidden>hidden</button>
<script>
    const notes = [];
    const box = document.getElementById('box');
    box.onpointerenter = () => notes.push('enter');
    box.onclick = event => notes.push(`click ${event.clientX} ${event.clientY}`);
    box.onpointerdown = () => notes.push('down');
    document.getElementById('deep').onclick = () => notes.push(`deep ${scrollY > 2000}`);
    onkeydown = event => notes.push(`${event.shiftKey ? 'Shift+' : ''}${event.key} ${event.code}`);
    onwheel = event => notes.push(`wheel ${event.deltaY}`);
</script>
"#;

#[test]
fn what_a_person_does_reaches_the_page() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("diary");
    // A name that a URL cannot have as it is.
    let file = folder.write("a diary, 100%? #1.html", DIARY);
    let mut page = browser.open(&file, SIZE, Scheme::Light);
    assert!(
        page.url()
            .ends_with("/a%20diary%2C%20100%25%3F%20%231.html")
    );
    assert_eq!(page.eval("document.title").unwrap(), "diary");
    assert_eq!(
        page.eval("[innerWidth, innerHeight]").unwrap(),
        json!([1280, 900])
    );

    let mut notes = |does: &dyn Fn(&mut Page<'_>)| {
        does(&mut page);
        let notes = page.eval("notes.splice(0)").unwrap();
        let notes: Vec<String> = serde_json::from_value(notes).unwrap();
        notes.join(", ")
    };
    assert_eq!(notes(&|page| page.hover(50.0, 60.0)), "enter");
    assert_eq!(notes(&|page| page.click(20.0, 30.0)), "down, click 20 30");
    assert_eq!(notes(&|page| page.click_on("#box")), "down, click 50 50");
    // Begins within, ends without: no click.
    assert_eq!(
        notes(&|page| page.drag((50.0, 50.0), (300.0, 300.0))),
        "down"
    );
    assert_eq!(notes(&|page| page.hover_on("#box")), "enter");
    assert_eq!(
        notes(&|page| page.key("ArrowRight")),
        "ArrowRight ArrowRight"
    );
    assert_eq!(notes(&|page| page.key("Shift+Tab")), "Shift+Tab Tab");
    assert_eq!(notes(&|page| page.wheel(50.0, 50.0, 120.0)), "wheel 120");
    assert_eq!(notes(&|page| page.click_on("#deep")), "deep true");
    page.click_on("#name");
    page.type_text("Aé 1+");
    assert_eq!(
        page.eval("document.getElementById('name').value").unwrap(),
        "Aé 1+"
    );
    page.assert_quiet();
}

#[test]
fn expressions_are_awaited_and_their_exceptions_told() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("expressions");
    let file = folder.write("page.html", DIARY);
    let mut page = browser.open(&file, SIZE, Scheme::Light);
    for (expression, value) in [
        ("1 + 1", json!(2)),
        ("undefined", json!(null)),
        ("({a: [1, 'x']})", json!({"a": [1, "x"]})),
        ("0 / 0", json!("NaN")),
        ("Promise.resolve(7)", json!(7)),
    ] {
        assert_eq!(page.eval(expression), Ok(value), "{expression}");
    }
    for (expression, why) in [
        ("missing", "ReferenceError: missing is not defined"),
        ("1 +", "SyntaxError: Unexpected end of input"),
        ("Promise.reject(new Error('no'))", "Error: no"),
        ("(() => { throw 5 })()", "5"),
    ] {
        let failed = page.eval(expression).unwrap_err();
        assert!(failed.starts_with(why), "{expression}: {failed}");
    }
    page.eval("setTimeout(() => document.title = 'later', 50)")
        .unwrap();
    page.wait_for("document.title === 'later'", LIMIT);
}

#[test]
fn a_page_is_seen_in_the_scheme_that_the_system_prefers() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("scheme");
    let file = folder.write("page.html", DIARY);
    let mut page = browser.open(&file, SIZE, Scheme::Dark);
    let background = "getComputedStyle(document.body).backgroundColor";
    assert_eq!(page.eval(background).unwrap(), "rgb(0, 0, 0)");
    assert_legible(&mut page, 2);
    page.prefer(Scheme::Light);
    assert_eq!(page.eval(background).unwrap(), "rgb(255, 255, 255)");

    let png = folder.path().join("page.png");
    page.screenshot(&png);
    let png = fs::read(png).unwrap();
    assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
    let size = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!((size(16), size(20)), (SIZE.width, SIZE.height));
    assert_eq!(png[png.len() - 8..png.len() - 4], *b"IEND");
}

#[test]
fn a_page_that_is_not_quiet_is_found_out() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("loud");
    for (number, (body, told)) in [
        ("<script>console.error('a', 1)</script>", "error: a 1"),
        ("<script>console.warn('b')</script>", "warning: b"),
        (
            "<script>setTimeout(() => nothing())</script>",
            "exception: ReferenceError: nothing is not defined",
        ),
        (
            "<script>Promise.reject(new Error('c'))</script>",
            "exception: Error: c",
        ),
        ("<script>alert('d')</script>", "alert dialog: d"),
        ("<img src='missing.png'>", "failed request: net::ERR_FILE_NOT_FOUND"),
        (
            "<meta http-equiv='Content-Security-Policy' content=\"script-src 'none'\"><script>1</script>",
            "Content Security Policy",
        ),
        (
            "<meta http-equiv='Content-Security-Policy' content=\"img-src 'none'\"><img src='page.png'>",
            "Content Security Policy",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let file = folder.write(&format!("{number}.html"), &format!("<!doctype html>{body}"));
        let mut page = browser.open(&file, SIZE, Scheme::Light);
        let console = page.console();
        let is_told = console.iter().any(|line| line.contains(told));
        assert!(is_told, "{told:?} is not told of {body}: {console:?}");
    }
}

#[test]
fn a_page_that_asks_for_something_is_found_out() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("asks");
    folder.write("style.css", "p { color: red }");
    folder.write("frame.html", "");
    for (number, (body, asked)) in [
        ("<link rel='stylesheet' href='style.css'>", "/style.css"),
        ("<iframe src='frame.html'></iframe>", "/frame.html"),
        (
            "<script>fetch('http://127.0.0.1:9/').catch(() => 0)</script>",
            "http://127.0.0.1:9/",
        ),
        (
            "<style>@font-face { font-family: f; src: url('f.woff') } p { font: 9px f }</style><p>f</p>",
            "/f.woff",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let file = folder.write(&format!("{number}.html"), &format!("<!doctype html>{body}"));
        let mut page = browser.open(&file, SIZE, Scheme::Light);
        let requests = page.requests();
        assert_eq!(requests[0], page.url());
        let is_told = requests[1..].iter().any(|url| url.ends_with(asked));
        assert!(is_told, "{asked:?} is not among {requests:?}");
    }

    // What a page holds itself is asked of no one.
    let body = "<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>\">";
    let file = folder.write("data.html", &format!("<!doctype html>{body}"));
    browser.open(&file, SIZE, Scheme::Light).assert_quiet();
}

#[test]
fn text_that_is_hard_to_read_is_found_out() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("faint");
    for (name, text, legible) in [
        ("a.html", "<p style='color: #999'>grey</p>", false),
        ("b.html", "<p style='color: #666'>grey</p>", true),
        (
            "c.html",
            "<body style='background: #222'><p>black</p>",
            false,
        ),
        (
            "d.svg",
            "<svg xmlns='http://www.w3.org/2000/svg'><rect width='99' height='99' fill='#000'/>\
             <text y='20'>black</text></svg>",
            false,
        ),
        ("f.html", "<p style='opacity: 0.4'>pale</p>", false),
        (
            "g.html",
            "<div style='background: #000; opacity: 0.1'><p style='color: #000'>pale</p></div>",
            false,
        ),
        (
            "e.svg",
            "<svg xmlns='http://www.w3.org/2000/svg'><text y='20'>black</text></svg>",
            true,
        ),
    ] {
        let file = folder.write(name, text);
        let mut page = browser.open(&file, SIZE, Scheme::Light);
        let texts = page.eval(CONTRASTS).unwrap();
        assert_eq!(texts.as_array().unwrap().len(), 1, "{texts}");
        let contrast = texts[0][1].as_f64().unwrap();
        assert_eq!(contrast >= 4.5, legible, "{name}: {contrast}");
    }
}

/// The message of a panic.
fn panic_of(does: impl FnOnce()) -> String {
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(does)).unwrap_err();
    *panic.downcast::<String>().unwrap()
}

#[test]
fn what_cannot_be_done_is_told() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("cannot");
    let missing = folder.path().join("missing.html");
    let why = panic_of(|| drop(browser.open(&missing, SIZE, Scheme::Light)));
    assert!(
        why.contains("missing.html: net::ERR_FILE_NOT_FOUND"),
        "{why}"
    );

    let covered = "<div style='position: fixed; inset: 0' id=cover></div>";
    let file = folder.write("page.html", &format!("{DIARY}{covered}"));
    let mut page = browser.open(&file, SIZE, Scheme::Light);
    for (selector, told) in [
        ("#nowhere", "there is no such element"),
        ("[hidden]", "it is not shown"),
        ("#box", "it is covered by <div"),
        ("##", "SyntaxError"),
    ] {
        let why = panic_of(|| page.click_on(selector));
        assert!(why.contains(told), "{selector}: {why}");
    }
    let why = panic_of(|| page.wait_for("window.never", std::time::Duration::ZERO));
    assert!(
        why.contains("for window.never: it is Ok(Bool(false))"),
        "{why}"
    );
    let why = panic_of(|| page.wait_for("1 +", LIMIT));
    assert!(why.contains("SyntaxError"), "{why}");
    let why = panic_of(|| page.key("Enterprise"));
    assert!(why.contains("\"Enterprise\" is no key"), "{why}");
}

#[test]
fn nothing_is_left_of_a_browser() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("left");
    let file = folder.write("page.html", DIARY);
    browser.open(&file, SIZE, Scheme::Light).assert_quiet();
    let (profile, group) = browser.traces();
    let processes = |marker: &str| {
        let ps = std::process::Command::new("ps")
            .args(["-e", "-o", "pgid=,stat=,args="])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&ps.stdout).into_owned();
        let group = group.to_string();
        text.lines()
            .filter(|line| {
                let mut words = line.split_whitespace();
                let is_of_group = words.next() == Some(&*group);
                let has_ended = words.next().is_some_and(|stat| stat.starts_with('Z'));
                (is_of_group || line.contains(marker)) && !has_ended
            })
            .count()
    };
    let marker = profile.to_str().unwrap();
    assert!(profile.exists());
    assert!(processes(marker) > 1);
    drop(browser);
    assert!(!profile.exists());
    // The kernel's signals are on their way by now.
    assert!((0..1000).any(|_| processes(marker) == 0));
}
