//! Two runs beside each other, as a browser shows them.

use page::Comparison;
use specimens::flood::Fault;

use crate::browser::{Browser, Folder, LIMIT, Scheme};
use crate::pages::{SIZE, broadcast};

#[test]
fn two_runs_are_seen_beside_each_other() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let runs = [Fault::NoRetry, Fault::None].map(|fault| broadcast(fault, 10.0));
    let summaries = runs.each_ref().map(|run| run.summary());
    let kept = [0, 1].map(|i| runs[i].kept(&summaries[i]));
    let html = Comparison::new(["broken", "mended"], kept).page();
    let folder = Folder::new("compared");
    let file = folder.write("index.html", &html);
    for scheme in [Scheme::Light, Scheme::Dark] {
        let mut page = browser.open(&file, SIZE, scheme);
        page.wait_for("document.querySelectorAll('.two h2').length >= 2", LIMIT);
        let heads =
            "[...document.querySelectorAll('.two h2')].slice(0, 2).map(it => it.textContent)";
        let heads = page.eval(heads).unwrap();
        assert_eq!(heads, serde_json::json!(["broken invalid", "mended valid"]));
        // Beside each other, charts too, and nothing sticks out.
        let tops = "[...document.querySelectorAll('.two')].map(two =>
            new Set([...two.children].slice(0, 2).map(it => it.getBoundingClientRect().top)).size)";
        let tops: Vec<u64> = serde_json::from_value(page.eval(tops).unwrap()).unwrap();
        assert!(
            tops.len() >= 2 && tops.iter().all(|count| *count == 1),
            "{tops:?}"
        );
        let wide = "document.documentElement.scrollWidth - innerWidth";
        assert_eq!(page.eval(wide).unwrap(), 0);
        let first = "document.body.textContent.includes('The first difference')";
        assert_eq!(page.eval(first).unwrap(), true);
        page.assert_quiet();
    }
}
