//! The page of a run that goes on, as a browser has it: it looks again by itself.

use std::time::Duration;

use page::Going;

use crate::browser::{Browser, Folder, LIMIT, Scheme};
use crate::pages::SIZE;

#[test]
fn a_run_that_goes_on_is_watched() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("going");
    let at = |seconds: u64| {
        let going = Going {
            workload: "echo",
            command: "workbench test -w echo --live",
            now: Duration::from_secs(seconds),
            end: Duration::from_secs(20),
            operations: 5 * seconds as usize,
            messages: 10 * seconds as usize,
        };
        folder.write("index.html", &going.to_string())
    };
    let mut page = browser.open(&at(2), SIZE, Scheme::Light);
    let says = |what: &str| format!("document.body?.textContent.includes({what:?})");
    page.wait_for(&says("2.0 of about 20.0 s, 10 operations begun"), LIMIT);
    let done = "document.querySelector('progress')?.position";
    assert_eq!(page.eval(done).unwrap(), 0.1);
    // Nobody does anything, and it is as the run is.
    at(15);
    page.wait_for(&says("15.0 of about 20.0 s, 75 operations begun"), LIMIT);
    // In the end the page of the run is in its place.
    folder.write(
        "index.html",
        "<!doctype html><title>echo</title><p>valid</p>",
    );
    page.wait_for(&says("valid"), LIMIT);
}
