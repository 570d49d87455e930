//! The page of a run in a real browser: it loads without a word on the console and
//! asks for nothing, it can be read in light and dark, and everything on it that a
//! person can hover over, press or type into does what it says.

use std::path::Path;
use std::time::Duration;

use history::History;
use page::run::{Page, Subject, Tail};
use picture::plot;
use picture::proof::{self, Drawing};
use rng::Rng;
use simulation::folder::Kept;
use simulation::host::in_process::in_process;
use simulation::judge;
use simulation::network::{self, Distribution, Latency};
use simulation::recording::Recording;
use simulation::run::{self, Config};
use simulation::summary::{Figure, Summary};
use verdict::{Checked, Rules, Validity};
use workloads::broadcast::{Broadcast, Topology};

use crate::browser::legible::assert_legible;
use crate::browser::{Browser, Folder, LIMIT, Page as Opened, Scheme, Size, variable};
use specimens::flood::{Fault, Flood};

pub(crate) const SIZE: Size = Size {
    width: 1280,
    height: 1000,
};
/// So high that nothing is out of sight.
const WHOLE: Size = Size {
    width: 1280,
    height: 30_000,
};

/// Everything that a page shows.
pub(crate) struct Run {
    workload: String,
    history: History,
    checked: Checked,
    pub(crate) recording: Recording,
    drawings: Vec<Drawing>,
}

impl Run {
    pub(crate) fn summary(&self) -> Summary {
        Summary {
            workload: self.workload.clone(),
            verdict: self.checked.valid.into(),
            interrupted: false,
            sentence: (self.checked.sentences().first()).map_or("fine".into(), Clone::clone),
            began: "2026-01-31T12:00:00+01:00".into(),
            command: format!("workbench test -w {} --seed 7", self.workload),
            seed: 7,
            virtual_time: true,
            nodes: (0..5).map(|i| format!("n{i}")).collect(),
            concurrency: 5,
            start: 0,
            figures: vec![Figure {
                name: "messages between servers per operation".into(),
                unit: String::new(),
                value: Some(12.5),
                limit: Some("< 10".into()),
                holds: Some(false),
            }],
        }
    }

    /// It as its folder has it, with this summary.
    pub(crate) fn kept<'a>(&'a self, summary: &'a Summary) -> Kept<'a> {
        Kept {
            summary,
            history: &self.history,
            recording: &self.recording,
            findings: &self.checked.findings,
            problems: &[],
            results: &self.checked.results,
        }
    }

    pub(crate) fn html(&self) -> String {
        let summary = self.summary();
        let page = Page {
            subject: Subject::Run(&summary),
            findings: &self.checked.findings,
            problems: &[],
            history: &self.history,
            recording: &self.recording,
            pictures: &plot::files(&self.history, &self.recording),
            drawings: &self.drawings,
            logs: &[Tail {
                node: "n1".into(),
                text: "[INFO] hello\n".into(),
                before: 5,
            }],
            files: &["history.edn".into()],
        };
        page.to_string()
    }
}

/// A run of which there are these messages alone.
pub(crate) fn of_messages(recording: Recording) -> Run {
    let history = History::builder().invoke(0, "read", ()).ok(0, 1).build();
    let workload = workloads::counter::Counter::g();
    Run {
        workload: "g-counter".into(),
        drawings: Vec::new(),
        checked: judge::history(&workload, &history, None, Rules::Sound),
        history,
        recording,
    }
}

/// A run of broadcast under partitions, on nodes that are sound or broken.
pub(crate) fn broadcast(fault: Fault, rate: f64) -> Run {
    let config = Config {
        rate,
        time_limit: Duration::from_secs(10),
        network: network::Config {
            latency: Latency {
                mean: Duration::from_millis(20),
                distribution: Distribution::Constant,
            },
            ..network::Config::default()
        },
        partitions: Some(Duration::from_secs(3)),
        ..Config::for_nodes(5).seed(3)
    };
    let mut workload = Broadcast::new(Topology::default());
    let host = in_process(5, &Rng::new(4), move |node| Flood::new(node, fault));
    // (Of many messages, each node's state is large, and takes its time.)
    let mut host = host.with_states(rate < 100.0);
    let mut recording = Recording::default();
    let outcome = run::run(&config, &mut workload, &mut host, &mut recording);
    let checked = judge::run(&workload, &outcome, &recording, None, Rules::Sound);
    let drawings = proof::drawings(&outcome.history, &checked.findings, Some(&recording));
    Run {
        workload: "broadcast".into(),
        drawings,
        history: outcome.history,
        checked,
        recording,
    }
}

/// Histories of the corpus, of each workload and of every kind of anomaly that is drawn.
const RECORDED: [(&str, &[&str]); 10] = [
    ("broadcast", &["lost-after-seen-006", "stale-001"]),
    ("echo", &["availability-exact-06", "extra-005", "wrong-001"]),
    ("g-counter", &["diverged-006", "only-info-011"]),
    ("g-set", &["concurrent-miss-015", "one-node-misses-007"]),
    (
        "kafka",
        &[
            "clean-info-059",
            "duplicate-066",
            "early-read-055",
            "inconsistent-offsets-067",
            "nonmonotonic-poll-088",
            "unseen-072",
        ],
    ),
    (
        "lin-kv",
        &[
            "double-apply-083",
            "heavy-info-113",
            "split-brain-049",
            "stale-read-061",
        ],
    ),
    ("pn-counter", &["info-001", "off-by-one-009"]),
    (
        "txn-list-append",
        &[
            "empty-075",
            "plant-G-single-realtime-012",
            "plant-dirty-update-107",
            "plant-two-anomalies-047",
        ],
    ),
    (
        "txn-rw-register",
        &[
            "empty-029",
            "lost-update-054",
            "plant-G1a-051",
            "plant-garbage-G1c-realtime-113",
        ],
    ),
    ("unique-ids", &["info-005", "ties-010", "vectors-008"]),
];

/// What a page shows of these histories, which have no messages.
fn recorded() -> Vec<(String, Run)> {
    let run = |(name, case): (&str, corpus::Case)| {
        let history = History::read(&case.history).unwrap();
        let workload = workloads::find(name, &workloads::Options::default()).unwrap();
        let checked = judge::history(&*workload, &history, None, Rules::Sound);
        let drawings = proof::drawings(&history, &checked.findings, None);
        let run = Run {
            workload: name.to_owned(),
            drawings,
            history,
            checked,
            recording: Recording::default(),
        };
        (format!("{name}-{}", case.name), run)
    };
    let cases = RECORDED.iter().flat_map(|(workload, names)| {
        let cases = corpus::cases(workload).into_iter();
        cases
            .filter(|case| names.contains(&&*case.name))
            .map(|case| (*workload, case))
    });
    cases.map(run).collect()
}

/// The page in the browser, once its script has drawn it.
pub(crate) fn open<'a>(
    browser: &'a mut Browser,
    file: &Path,
    size: Size,
    scheme: Scheme,
) -> Opened<'a> {
    let mut page = browser.open(file, size, scheme);
    page.wait_for("document.documentElement.dataset.ready === 'true'", LIMIT);
    page
}

pub(crate) fn text(page: &mut Opened<'_>, id: &str) -> String {
    let text = page.eval(&format!("document.getElementById('{id}').textContent"));
    text.unwrap().as_str().unwrap().to_owned()
}

/// Waits until the text of an element fulfils a condition.
#[track_caller]
pub(crate) fn wait_for_text(page: &mut Opened<'_>, id: &str, condition: &str) {
    let expression = format!("(text => {condition})(document.getElementById('{id}').textContent)");
    page.wait_for(&expression, LIMIT);
}

#[test]
fn every_workload_has_a_page_valid_or_not() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("workloads");
    let (mut valid, mut invalid) = (0, 0);
    // In turn, as colours are the same on all pages; each night both of each.
    let is_night = variable("WORKBENCH_NIGHT").is_some();
    for (place, (name, run)) in recorded().into_iter().enumerate() {
        let html = run.html();
        assert!(html.len() < 3_000_000, "{name}: {} bytes", html.len());
        let file = folder.write(&format!("{name}.html"), &html);
        let schemes = [Scheme::Light, Scheme::Dark];
        let schemes = match is_night {
            true => &schemes[..],
            false => &schemes[place % 2..][..1],
        };
        for scheme in schemes {
            let mut page = open(&mut browser, &file, WHOLE, *scheme);
            assert_legible(&mut page, 30);
            page.assert_quiet();
            let drawn = page.eval("document.querySelectorAll('.proof svg').length");
            assert_eq!(drawn.unwrap(), run.drawings.len(), "{name}");
        }
        match run.checked.valid {
            Validity::Valid => valid += 1,
            Validity::Invalid => invalid += 1,
            Validity::Unknown => {}
        }
    }
    assert!(
        valid >= 8 && invalid >= 16,
        "{valid} valid, {invalid} invalid"
    );
}

#[test]
fn what_happened_can_be_asked() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("asked");
    let run = broadcast(Fault::NoRetry, 10.0);
    assert_eq!(run.checked.valid, Validity::Invalid);
    let file = folder.write("index.html", &run.html());
    let mut page = open(&mut browser, &file, SIZE, Scheme::Light);

    // It begins where the first finding points.
    let chosen = text(&mut page, "chosen");
    assert!(chosen.contains("of the history"), "{chosen}");
    let first = text(&mut page, "shown");

    // Keys: all of it, closer, further on.
    page.eval("document.getElementById('diagram').focus()")
        .unwrap();
    page.key("0");
    let all = format!("{} messages from", run.recording.messages().len());
    wait_for_text(&mut page, "shown", &format!("text.includes({all:?})"));
    page.key("+");
    wait_for_text(&mut page, "shown", &format!("!text.includes({all:?})"));
    page.key("j");
    wait_for_text(&mut page, "chosen", r"/message \d+, sent at/.test(text)");
    page.key("o");
    wait_for_text(
        &mut page,
        "chosen",
        r"/client \d+: (read|broadcast)/.test(text)",
    );
    page.key("Escape");
    wait_for_text(&mut page, "chosen", "text === 'Nothing is chosen.'");

    // A finding leads back to its operation.
    page.click_on(".findings button");
    wait_for_text(&mut page, "chosen", r"/client \d+/.test(text)");
    assert_ne!(text(&mut page, "shown"), all);
    assert!(first.contains("messages from"), "{first}");

    // The pointer: somewhere there is a message, and it says what it is.
    page.wait_for(
        // And it has come to rest there.
        "(() => { const { top } = document.getElementById('diagram').getBoundingClientRect();
          const rests = window.lastTop === top;
          window.lastTop = top;
          return rests && top >= 0 && top < innerHeight / 2; })()",
        LIMIT,
    );
    let place = "(() => { const box = document.getElementById('diagram').getBoundingClientRect();
        return [box.left, box.top, box.right, Math.min(box.bottom, innerHeight)]; })()";
    let [left, top, right, bottom]: [f64; 4] =
        serde_json::from_value(page.eval(place).unwrap()).unwrap();
    let tip = "(tip => tip.hidden ? '' : tip.textContent)(document.getElementById('tip'))";
    let mut found = None;
    let (mut x, mut y) = (left + 120.0, top + 190.0);
    while found.is_none() && y < bottom {
        page.hover(x, y);
        let told = page.eval(tip).unwrap().as_str().unwrap().to_owned();
        if told.contains("sent at") {
            found = Some(told);
            break;
        }
        x += 11.0;
        if x > right - 10.0 {
            (x, y) = (left + 120.0, y + 9.0);
        }
    }
    let told = found.expect("no message under the pointer anywhere");
    assert!(told.contains("\"type\":"), "{told}");
    page.click(x, y);
    wait_for_text(&mut page, "chosen", "text.includes('sent at')");
    page.assert_quiet();
}

#[test]
fn what_happened_can_be_filtered_and_searched() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("filtered");
    let run = broadcast(Fault::None, 10.0);
    assert_eq!(run.checked.valid, Validity::Valid);
    let file = folder.write("index.html", &run.html());
    let mut page = open(&mut browser, &file, SIZE, Scheme::Dark);
    page.click_on("#all");
    let count = run.recording.messages().len();
    wait_for_text(
        &mut page,
        "shown",
        &format!("text.includes('{count} messages')"),
    );

    // Types: none of them, then one.
    page.eval("for (const part of document.querySelectorAll('details')) part.open = true")
        .unwrap();
    page.click_on("#types-choices .all button:last-child");
    wait_for_text(&mut page, "shown", "text.includes(' 0 messages')");
    let topologies = run
        .recording
        .messages()
        .filter(|message| String::from_utf8_lossy(message.line).contains(r#""type":"topology""#))
        .count();
    assert_eq!(topologies, 5);
    page.eval(
        "[...document.querySelectorAll('#types-choices label')]
            .find(label => label.title.startsWith('topology (')).querySelector('input').click()",
    )
    .unwrap();
    wait_for_text(&mut page, "shown", "text.includes(' 5 messages')");
    // Nodes: without n0, one of the five is gone.
    page.eval(
        "[...document.querySelectorAll('#nodes-choices label')]
            .find(label => label.title === 'n0').querySelector('input').click()",
    )
    .unwrap();
    wait_for_text(&mut page, "shown", "text.includes(' 4 messages')");
    page.click_on("#types-choices .all button");
    page.click_on("#nodes-choices .all button");
    wait_for_text(
        &mut page,
        "shown",
        &format!("text.includes('{count} messages')"),
    );
    page.click_on("#ops-choices .all button:last-child");
    wait_for_text(&mut page, "shown", "text.startsWith('0 operations')");
    page.click_on("#ops-choices .all button");

    // What is searched is found, one after the other.
    page.click_on("#find");
    page.type_text("topology_ok");
    wait_for_text(&mut page, "next", "text === 'Next (5)'");
    page.click_on("#next");
    wait_for_text(&mut page, "chosen", "text.includes('topology_ok')");

    // The same as a table, and on the other axis.
    page.click_on("#as-table");
    wait_for_text(&mut page, "table", "text.includes('body or value')");
    page.click_on("#by-order");
    page.wait_for(
        "document.getElementById('by-order').getAttribute('aria-pressed') === 'true'",
        LIMIT,
    );

    // A click on a chart is a moment.
    let before = text(&mut page, "shown");
    page.click_on(".chart svg");
    wait_for_text(&mut page, "shown", &format!("text !== {before:?}"));

    // The theme goes over what the system prefers.
    let background = "getComputedStyle(document.body).backgroundColor";
    let dark = page.eval(background).unwrap();
    page.click_on("#theme");
    assert_ne!(page.eval(background).unwrap(), dark);
    page.assert_quiet();
}

#[test]
fn a_large_run_is_sampled_and_says_so() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("large");
    let run = broadcast(Fault::None, 1500.0);
    let messages = run.recording.messages().len();
    assert!(messages > 30_000, "{messages}");
    let html = run.html();
    assert!(html.len() < 3_000_000, "{} bytes", html.len());
    let file = folder.write("index.html", &html);
    let mut page = open(&mut browser, &file, SIZE, Scheme::Light);
    page.click_on("#all");
    wait_for_text(
        &mut page,
        "shown",
        r"/One of \d+ messages is drawn/.test(text)",
    );
    page.assert_quiet();
}

#[test]
fn charts_and_proofs_are_legible_as_files_of_their_own() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("pictures");
    let run = broadcast(Fault::NoRetry, 10.0);
    let mut pictures: Vec<(String, String)> = plot::files(&run.history, &run.recording)
        .into_iter()
        .map(|(name, svg)| (name.to_owned(), svg))
        .collect();
    assert!(!run.drawings.is_empty());
    let drawings = run.drawings.into_iter();
    pictures.extend(drawings.map(|drawing| (drawing.name, drawing.svg)));
    for (name, svg) in pictures {
        let file = folder.write(&name, &svg);
        let mut papers = Vec::new();
        for scheme in [Scheme::Light, Scheme::Dark] {
            let mut page = browser.open(&file, WHOLE, scheme);
            assert_legible(&mut page, 5);
            page.assert_quiet();
            let paper = "getComputedStyle(document.querySelector('rect')).fill";
            papers.push(page.eval(paper).unwrap());
        }
        assert_ne!(papers[0], papers[1], "{name}");
    }
}
