//! Pages of odd histories: well-formed, bounded, with a box for each operation.

use super::*;

fn timeline(history: &History, concurrency: Option<usize>, title: &str) -> String {
    let faults = crate::plot::faults(history);
    super::timeline(history, &faults, concurrency, title)
}

/// Asserts that elements are closed in order and that nothing breaks out.
fn assert_sound(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page;
    while let Some((text, tail)) = rest.split_once('<') {
        assert!(
            open.last() == Some(&"style") || !text.contains('>'),
            "{text}"
        );
        let (tag, tail) = tail.split_once('>').expect("a tag that does not end");
        rest = tail;
        assert_eq!(tag.matches('"').count() % 2, 0, "an open quote in {tag}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None if tag.starts_with("!DOCTYPE") || tag.starts_with("meta ") => {}
            None => open.push(tag.split(' ').next().unwrap_or_default()),
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?}");
    assert!(!page.contains("<script"));
    assert!(page.len() < 1_500_000, "{} bytes", page.len());
    let ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

/// A history of lines such as `5 0 invoke read`: time in ms, process, type, f
/// and perhaps a value.
fn history(lines: &str) -> History {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    let ops = lines.map(|line| {
        let words: Vec<&str> = line.splitn(5, ' ').collect();
        let value = words.get(4).unwrap_or(&"nil");
        format!(
            "{{:time {}000000, :process {}, :type :{}, :f :{}, :value {value}}}\n",
            words[0], words[1], words[2], words[3]
        )
    });
    History::read(&ops.collect::<String>()).unwrap()
}

/// Of each box: its class, its column, its top and its bottom, and its text.
fn boxes(page: &str) -> BTreeMap<String, (char, i64, i64, i64, String)> {
    let boxes = page.split("<a class=\"").skip(1).map(|rest| {
        let part = |begin: &str, end: &str| {
            let rest = rest.split_once(begin).unwrap().1;
            rest.split_once(end).unwrap().0.to_owned()
        };
        let number = |begin: &str, end: &str| part(begin, end).parse::<i64>().unwrap();
        let top = number("--y:", ";");
        let words = (
            rest.chars().next().unwrap(),
            number("--x:", ";"),
            top,
            top + number("--h:", "\""),
            part("</b> ", "</a>"),
        );
        (part("id=\"", "\""), words)
    });
    boxes.collect()
}

#[test]
fn each_operation_is_a_box_in_its_threads_column() {
    let page = timeline(
        &history(
            "0 0 invoke add 1
             1 1 invoke read
             2 0 info add 1
             3 1 ok read [1]
             4 2 invoke cas [1 2]
             5 2 fail cas [1 2]
             6 1 invoke read",
        ),
        None,
        "A run",
    );
    assert_sound(&page);
    let boxes = boxes(&page);
    let words: Vec<_> = boxes
        .iter()
        .map(|(id, (class, column, .., text))| (&**id, *class, *column, &**text))
        .collect();
    assert_eq!(
        words,
        [
            ("op-0", 'i', 0, "add 1"),
            ("op-1", 'k', 1, "read → [1]"),
            ("op-4", 'f', 0, "cas [1 2]"),
            ("op-6", 'i', 1, "read"),
        ]
    );
    assert!(page.contains("<div style=\"--x:0\">process 0, 2</div>"));
    assert!(page.contains("All 4 operations."));
    assert!(page.contains("<i id=\"op-3\"></i><b>✓</b> read"));
    assert!(page.contains("process 1, operation 1 to 3: ok\n0.001 to 0.003 s, 2.000 ms"));
    assert!(page.contains(": it has not ended\nfrom 0.006 s on"));
    // Told, it is not found out.
    let apart = timeline(&history("0 0 invoke x\n1 2 invoke x"), Some(2), "");
    assert!(apart.contains("process 0, 2"));
}

#[test]
fn boxes_are_side_by_side_just_if_both_were_under_way() {
    let mut lines = String::new();
    let mut open = [false; 5];
    for step in 0..400_usize {
        let process = step * 7919 % 101 % 5;
        let typ = if open[process] { "ok" } else { "invoke" };
        open[process] = !open[process];
        lines += &format!("{} {process} {typ} x\n", step * step / 50);
    }
    let history = history(&lines);
    let boxes = boxes(&timeline(&history, Some(5), ""));
    assert_eq!(
        boxes.len(),
        200 + open.iter().filter(|open| **open).count() / 2
    );
    let span = |place: usize| {
        let (_, _, top, bottom, _) = &boxes[&format!("op-{place}")];
        (*top, *bottom)
    };
    let begun: Vec<usize> = (0..400)
        .filter(|place| history.ops()[*place].typ == OpType::Invoke)
        .collect();
    for &one in &begun {
        for &other in begun.iter().filter(|other| **other > one) {
            let ended = history.pair_place(one).is_some_and(|end| end < other);
            let ((top, bottom), (other_top, _)) = (span(one), span(other));
            assert!(top <= other_top);
            assert_eq!(bottom < other_top, ended, "{one} and {other}");
        }
    }
}

#[test]
fn faults_are_shaded_from_start_to_stop() {
    let page = timeline(
        &history(
            "0 0 invoke read
             1 0 ok read
             2 :nemesis info start-partition :one
             3 0 invoke read
             4 0 ok read
             5 :nemesis info stop-partition
             6 0 invoke read
             7 :nemesis info start-kill
             8 0 ok read",
        ),
        None,
        "",
    );
    assert_sound(&page);
    assert!(page.contains("title=\"0.002 s to 0.005 s\">partition: one</span>"));
    assert!(page.contains("title=\"0.007 s to the end\">kill</span>"));
    let fault = page.split("class=\"fault\" style=\"--y:").nth(1).unwrap();
    let top: i64 = fault.split(';').next().unwrap().parse().unwrap();
    let high = fault.split_once("--h:").unwrap().1;
    let high: i64 = high.split('"').next().unwrap().parse().unwrap();
    let boxes = boxes(&page);
    assert!(boxes["op-0"].3 < top && top < boxes["op-3"].2);
    assert!(boxes["op-3"].3 < top + high && top + high <= boxes["op-6"].2);
}

#[test]
fn hostile_histories_have_pages() {
    let far = format!("0 0 invoke x\n{} 0 ok x", i64::MAX / 1_000_000);
    for lines in [
        "",
        "0 0 ok read",
        "5 0 invoke x\n3 0 ok x",
        "0 0 invoke x\n0 0 invoke x\n0 0 info x",
        "0 -9223372036854775808 invoke x\n0 9223372036854775807 invoke x",
        "1 :nemesis info start-partition :one",
        &far,
    ] {
        for concurrency in [None, Some(0), Some(1), Some(usize::MAX)] {
            assert_sound(&timeline(
                &history(lines),
                concurrency,
                "</title><script>\u{1}\"",
            ));
        }
    }
    let mut ops = history("0 0 invoke x\n1 0 ok x\n2 :nemesis info start-x\n3 0 invoke x")
        .ops()
        .to_vec();
    ops[0].f = "</a><script>".into();
    ops[0].value = "\"><script>\u{0}".repeat(10_000).into();
    ops[1].extra = vec![("error".into(), Value::Str("<b>".into()))];
    ops[2].f = "start-</div>".into();
    // Two operations of one number: a history from elsewhere may have them.
    ops[3].index = 0;
    let page = timeline(&History::new(ops), None, "");
    assert!(page.contains("&lt;/a&gt;&lt;script&gt;"));
    assert_sound(&page);
}

#[test]
fn a_long_history_gives_a_bounded_page_that_says_so() {
    let mut ops = Vec::new();
    let template = history("0 0 invoke x").ops()[0].clone();
    for i in 0..50_000_i64 {
        for typ in [OpType::Invoke, OpType::Info] {
            let mut op = template.clone();
            op.index = ops.len();
            op.time = i * 1_000_000;
            op.process = Process::Client(i);
            op.typ = typ;
            op.value = "\"&".repeat(i as usize % 300).into();
            ops.push(op);
        }
    }
    let history = History::new(ops);
    let page = timeline(&history, None, "");
    assert_sound(&page);
    assert!(page.contains(" of 50,000 operations."), "{}", &page[..3000]);
    assert!(page.contains("process 0, 1, 2, 3, 4, 5, …"));
    let page = timeline(&history, Some(1_000_000), "");
    assert_sound(&page);
    assert!(
        page.contains("The first 200 of 50,000 operations. 49,800 more clients are not shown.")
    );
}
