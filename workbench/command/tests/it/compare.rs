//! Two runs beside each other.

use std::fs;

use crate::shell::{Folder, tells, workbench};

/// Goes in lockstep, and answers each echo; the second time with a mistake from the fifth on.
fn echo(wrong_from: u32) -> String {
    format!(
        r#"
read line; echo '= lockstep'
echo '{{"src":"n0","dest":"c0","body":{{"type":"init_ok","in_reply_to":1}}}}'
echo '= -'
count=0
while read now line; do
  count=$((count + 1))
  text=$(echo "$line" | sed -n 's/.*"echo":"\([^"]*\)".*/\1/p')
  [ $count -lt {wrong_from} ] || text=wrong
  echo "$line" | sed -n 's/.*"src":"\(c[0-9]*\)".*"msg_id":\([0-9]*\).*/{{"src":"n0","dest":"\1","body":{{"type":"echo_ok","echo":"'"$text"'","in_reply_to":\2}}}}/p'
  echo '= -'
done
"#
    )
}

#[test]
fn two_runs_are_compared() {
    let first = Folder::new("compare-first");
    let output = first.run(&echo(1000), &["--rate", "20", "--seed", "3"]);
    tells(&output, 0, &["echo: valid"]);
    let second = Folder::new("compare-second");
    let output = second.run(&echo(5), &["--rate", "20", "--seed", "3"]);
    tells(&output, 1, &["echo: INVALID"]);
    let [a, b] = [&first, &second].map(|folder| folder.path().join("store/latest"));
    let compare =
        |flags: &[&std::path::Path]| workbench(&["compare"]).args(flags).output().unwrap();

    let page = second.path().join("compared.html");
    let said = compare(&[&a, &b, "--page".as_ref(), &page]);
    tells(
        &said,
        0,
        &[
            "first:  echo, valid: Everything looks good!",
            "second: echo, invalid: ",
            "latency of operations that succeeded",
            "echo, median, ms",
            "the first difference:",
            r#""echo":"wrong""#,
        ],
    );
    let text = String::from_utf8(said.stdout).unwrap();
    let (_, difference) = text.split_once("the first difference:").unwrap();
    let before = difference
        .lines()
        .filter(|line| line.starts_with("    "))
        .count();
    assert_eq!(before, 3, "{difference}");
    let page = fs::read_to_string(page).unwrap();
    assert!(
        page.contains("<h2>The first difference</h2>") && page.contains("echo&quot;:&quot;wrong"),
        "{page}"
    );

    let same = "All their messages are the same, at the same times.";
    tells(&compare(&[&a, &a]), 0, &[same]);
    let none = first.path().join("none");
    tells(&compare(&[&a, &none]), 255, &["cannot read "]);

    let other = Folder::new("compare-other");
    let output = other.run(&echo(1000), &["--rate", "20", "--seed", "4"]);
    tells(&output, 0, &["echo: valid"]);
    let other = other.path().join("store/latest");
    let output = compare(&[&a, &other]);
    tells(&output, 0, &["They do not follow from the same seed"]);
}
