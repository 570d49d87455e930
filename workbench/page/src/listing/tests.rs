use std::fmt::Write;

use history::History;
use tempfile::TempDir;
use verdict::{Checked, Validity};

use super::page::COLUMNS;
use super::*;
use simulation::recording::Recording;
use simulation::run::Config;
use simulation::summary::{Figure, Verdict};
use simulation::{Judged, Limits};

/// A folder that is gone at the end.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Folder(TempDir::new().unwrap())
    }

    fn run(&self, path: &str, summary: &str) {
        let folder = self.0.path().join(path);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("summary.json"), summary).unwrap();
    }

    /// What the list says of each run, a line each.
    fn lines(&self) -> Vec<String> {
        rows(&page(self.0.path()).unwrap())
    }
}

/// The text of the table's body, without tags.
fn rows(page: &str) -> Vec<String> {
    let bodies = page.split("<tbody").skip(1);
    let text = |body: &str| {
        let body = body.split("</tbody>").next().unwrap();
        let parts = body.split('<').skip(1);
        let text: Vec<&str> = parts
            .filter_map(|part| Some(part.split_once('>')?.1))
            .collect();
        let text = text.concat();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    bodies.map(text).collect()
}

fn summary(verdict: Verdict) -> Summary {
    Summary {
        workload: "echo".into(),
        verdict,
        interrupted: false,
        sentence: "a sentence".into(),
        began: "2026-01-31T12:00:00+01:00".into(),
        command: "workbench test -w echo --seed 7".into(),
        seed: 7,
        virtual_time: true,
        nodes: vec!["n1".into(), "n2".into()],
        concurrency: 5,
        start: 0,
        figures: Vec::new(),
    }
}

fn figure(name: &str, value: f64, limit: Option<(&str, bool)>) -> Figure {
    Figure {
        name: name.into(),
        unit: "ms".into(),
        value: Some(value),
        limit: limit.map(|(limit, _)| limit.into()),
        holds: limit.map(|(_, holds)| holds),
    }
}

fn json(summary: &Summary) -> String {
    serde_json::to_string(summary).unwrap()
}

#[test]
fn all_runs_are_listed_the_newest_first() {
    let store = Folder::new();
    store.run(
        "echo/20260131T120000.000+0100",
        &json(&summary(Verdict::Valid)),
    );
    store.run(
        "g-set/20260131T120001.000+0100",
        &json(&summary(Verdict::Invalid)),
    );
    store.run(
        "echo/20260131T120002.000+0100",
        &json(&summary(Verdict::Unknown)),
    );
    store.run("echo/20260131T120003.000+0100", "{\"workload\": 3}");
    store.run("echo/20260131T120004.000+0100", "<script>");
    store.run("echo/20260131T120005.000+0100", &"x".repeat(2 << 20));
    fs::create_dir_all(
        store
            .0
            .path()
            .join("echo/20260131T120006.000+0100/summary.json"),
    )
    .unwrap();
    fs::create_dir_all(store.0.path().join("echo/20260131T120007.000+0100")).unwrap();
    // Neither links nor what is hidden, nor files.
    #[cfg(unix)]
    for (to, from) in [
        ("echo", "latest"),
        ("20260131T120000.000+0100", "echo/latest"),
    ] {
        std::os::unix::fs::symlink(to, store.0.path().join(from)).unwrap();
    }
    fs::create_dir_all(store.0.path().join(".git/objects")).unwrap();
    fs::write(store.0.path().join("notes.txt"), "").unwrap();
    let broken = "cannot read summary.json:";
    let echo = "workbench test -w echo --seed 7";
    assert_eq!(
        store.lines(),
        [
            "… unfinished echo 2026-01-31 12:00:07 not finished or older: it has no summary".into(),
            format!("! unreadable echo 2026-01-31 12:00:06 {broken} it is no file"),
            format!("! unreadable echo 2026-01-31 12:00:05 {broken} it is larger than 1 MB"),
            format!(
                "! unreadable echo 2026-01-31 12:00:04 {broken} expected value at line 1 column 1"
            ),
            format!(
                "! unreadable echo 2026-01-31 12:00:03 {broken} invalid type: integer `3`, \
                 expected a string at line 1 column 14"
            ),
            format!("? unknown echo 2026-01-31 12:00:00 2 7 a sentence {echo}"),
            format!("✗ invalid echo 2026-01-31 12:00:00 2 7 a sentence {echo}"),
            format!("✓ valid echo 2026-01-31 12:00:00 2 7 a sentence {echo}"),
        ]
    );
    let page = page(store.0.path()).unwrap();
    for (count, word) in [
        (1, "valid"),
        (1, "invalid"),
        (1, "unknown"),
        (4, "unreadable"),
        (1, "unfinished"),
    ] {
        assert!(page.contains(&format!(" {count} {word}</span>")), "{word}");
    }
}

#[cfg(unix)] // where a name may have such characters
#[test]
fn a_link_leads_to_the_page_of_a_run_if_it_has_one() {
    let store = Folder::new();
    store.run("a \"<&>/20260131T120000.000+0100", "");
    store.run("javascript:alert(1)/x", "");
    fs::write(store.0.path().join("javascript:alert(1)/x/index.html"), "").unwrap();
    let page = page(store.0.path()).unwrap();
    let links: Vec<&str> = page
        .split("<a href=\"")
        .skip(1)
        .map(|rest| rest.split("</a>").next().unwrap())
        .collect();
    assert_eq!(
        links,
        [
            "./javascript%3Aalert%281%29/x/index.html\">javascript:alert(1)",
            "./a%20%22%3C%26%3E/20260131T120000.000%2B0100/\">a &quot;&lt;&amp;&gt;",
        ]
    );
}

#[test]
fn limits_are_shown_and_marked_when_broken() {
    let mut run = summary(Verdict::Invalid);
    run.interrupted = true;
    run.virtual_time = false;
    run.figures = vec![
        figure(COLUMNS[4].figure, 450.25, Some(("< 400", false))),
        figure(COLUMNS[1].figure, 11.834_5, Some(("< 20", true))),
        figure("stats.count", 7.0, Some(("> 10", false))),
        figure("not limited", 1.0, None),
        Figure {
            value: None,
            ..figure("no.such.figure", 0.0, Some(("< 1", false)))
        },
        figure(COLUMNS[0].figure, 0.999_99, None),
    ];
    let store = Folder::new();
    store.run("broadcast/20260131T120000.000+0100", &json(&run));
    assert_eq!(
        store.lines(),
        ["✗ invalid broken off echo 2026-01-31 12:00:00 2 0.9999 11.83 ✓ < 20 450.2 ✗ not < 400 7 \
          a sentence ✗ stats.count: 7 ms, must be > 10 ✗ no.such.figure: none ms, must be < 1 \
          workbench test -w echo --seed 7 in real time: the command does not repeat it exactly"
            .replace('<', "&lt;")
            .replace('>', "&gt;")]
    );
}

#[test]
fn what_a_summary_calls_its_figures_has_columns() {
    let results = "{:availability {:ok-fraction 0.5}
                    :net {:servers {:msgs-per-op 2.0}}
                    :workload {:stable-latencies {0 1, 0.5 2, 0.95 3, 0.99 4, 1 5}
                               :worst-realtime-lag {:lag 0.25}}}";
    let history = "{:process 0, :type :invoke, :f :echo, :value 1, :time 0, :index 0}
                   {:process 0, :type :ok, :f :echo, :value 1, :time 3000000, :index 1}";
    let outcome = simulation::run::Outcome {
        struck: Vec::new(),
        history: History::read(history).unwrap(),
        messages: Default::default(),
        problems: Vec::new(),
        unanswered: Vec::new(),
        deaths: Vec::new(),
        nodes: 1,
        main_phase: None,
        unfinished: Vec::new(),
        interrupted: false,
        start: Default::default(),
    };
    let checked = Checked {
        valid: Validity::Valid,
        results: history::edn::read(results).unwrap(),
        findings: Vec::new(),
    };
    let run = Judged {
        workload: "broadcast",
        config: Config {
            nodes: vec!["n1".into()],
            concurrency: 5,
            ..Config::for_nodes(1).seed(7)
        },
        virtual_time: true,
        outcome,
        recording: Recording::default(),
        checked,
        limits: Limits::default(),
    };
    let store = Folder::new();
    let summary = run.summary("2026-01-31T12:00:00+01:00".into(), "workbench test".into());
    store.run("broadcast/20260131T120000.000+0100", &json(&summary));
    assert_eq!(
        store.lines(),
        [
            "✓ valid broadcast 2026-01-31 12:00:00 1 0.5 2 3 3 2 5 0.25 7 Everything looks good! workbench test"
        ]
    );
}

#[test]
fn hostile_words_stay_words() {
    let hostile = "</script></td><img src=x onerror=alert(1)>\"'\u{0}\u{1b}[31m\r\n\u{202e}&amp;";
    let mut run = summary(Verdict::Valid);
    let mut limited = figure(hostile, -1e308, Some((hostile, false)));
    limited.unit = hostile.into();
    run.figures = vec![
        limited,
        figure(COLUMNS[0].figure, 1e308, Some((hostile, true))),
    ];
    for text in [
        &mut run.workload,
        &mut run.sentence,
        &mut run.began,
        &mut run.command,
    ] {
        *text = hostile.repeat(1000);
    }
    run.nodes = (0..1000).map(|i| format!("{i}{hostile}")).collect();
    run.seed = u64::MAX;
    let store = Folder::new();
    store.run("echo/20260131T120000.000+0100", &json(&run));
    let page = page(store.0.path()).unwrap();
    let (_, table) = page.split_once("<table>").unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    assert!(
        !table.contains("<img") && !table.contains("</script"),
        "{table}"
    );
    assert!(!table.contains(|c: char| c.is_control() && c != '\n'));
    assert_eq!(table.matches("<td").count(), table.matches("</td>").count());
    // Whoever copied it would not have the command.
    assert!(!table.contains("data-whole"));
    assert!(page.len() < 60_000, "{}", page.len());
}

#[test]
fn of_many_runs_the_newest_are_shown() {
    let store = Folder::new();
    let mut run = summary(Verdict::Valid);
    for i in 0..MOST_RUNS + 5 {
        run.sentence = format!("number {i}.");
        store.run(&format!("echo/20260131T{i:06}.000+0100"), &json(&run));
    }
    let page = page(store.0.path()).unwrap();
    assert!(page.contains("The newest 1,000 of 1,005 runs"));
    assert!(page.contains("number 5.") && !page.contains("number 4."));
    assert_eq!(rows(&page).len(), MOST_RUNS);
}

#[test]
fn runs_that_end_at_once_are_all_listed() {
    let store = Folder::new();
    let run = json(&summary(Verdict::Valid));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (store, run) = (&store, &run);
            scope.spawn(move || {
                for i in 0..10 {
                    store.run(&format!("echo/{thread}-{i}"), run);
                    write(store.0.path()).unwrap();
                }
            });
        }
    });
    let written = fs::read_to_string(store.0.path().join("index.html")).unwrap();
    assert_eq!(rows(&written).len(), 80);
    // Nothing is left beside it.
    let left: Vec<_> = fs::read_dir(store.0.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    let mut names = String::new();
    for name in &left {
        let _ = write!(names, "{} ", name.display());
    }
    assert_eq!(left.len(), 2, "{names}");
}

#[test]
fn a_run_that_ends_while_the_list_is_written_is_not_lost() {
    let store = Folder::new();
    let run = json(&summary(Verdict::Valid));
    store.run("echo/1", &run);
    let mut written = Vec::new();
    let write = |page: &str| {
        // The other has written the list already, with both in it.
        store.run("echo/2", &run);
        written.push(rows(page).len());
        Ok(())
    };
    settle(|| page(store.0.path()), write).unwrap();
    assert_eq!(written, [1, 2]);
}

#[test]
fn an_empty_store_says_how_to_begin() {
    let store = Folder::new();
    let page = page(store.0.path()).unwrap();
    assert!(page.contains("0 runs") && page.contains("workbench test -w echo"));
    assert!(!page.contains("<table>"));
    let error = write(&store.0.path().join("none")).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}
