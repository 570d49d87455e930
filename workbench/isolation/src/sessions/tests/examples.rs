//! Histories from the literature, and what they are known for.

use finding::Validity;
use history::History;

use crate::check_rw_register;
use crate::options::Options;

/// The histories of figure 2 of Bouajjani et al. (2017), one operation a transaction.
#[test]
fn examples_of_the_literature() {
    let verdict = |model: &str, lines: &[(u64, &str)]| {
        let line = |(process, step): &(u64, &str)| {
            format!("{{:process {process}, :type :ok, :f :txn, :value [{step}]}}\n")
        };
        let text: String = lines.iter().map(line).collect();
        let options = Options {
            models: model.parse().unwrap(),
            ..Options::default()
        };
        check_rw_register(&History::read(&text).unwrap(), &options).valid
    };
    use Validity::*;
    // (a): causal memory, but no convergence.
    let a = [
        (0, "[:w :x 1]"),
        (0, "[:r :x 2]"),
        (1, "[:w :x 2]"),
        (1, "[:r :x 1]"),
    ];
    assert_eq!(verdict("causal", &a), Unknown);
    assert_eq!(verdict("sequential", &a), Invalid);
    // (b): convergence, but no causal memory.
    let b = [
        (0, "[:w :z 1]"),
        (0, "[:w :x 1]"),
        (0, "[:w :y 1]"),
        (1, "[:w :x 2]"),
        (1, "[:r :z nil]"),
        (1, "[:r :y 1]"),
        (1, "[:r :x 2]"),
    ];
    assert_eq!(verdict("causal", &b), Valid);
    assert_eq!(verdict("sequential", &b), Invalid);
    // (c): causal, but neither of these.
    let c = [
        (0, "[:w :x 1]"),
        (1, "[:w :x 2]"),
        (1, "[:r :x 1]"),
        (1, "[:r :x 2]"),
    ];
    assert_eq!(verdict("causal", &c), Unknown);
    assert_eq!(verdict("monotonic-reads", &c), Valid);
    // (e): not causal.
    let e = [
        (0, "[:w :x 1]"),
        (0, "[:w :y 1]"),
        (1, "[:r :y 1]"),
        (1, "[:w :x 2]"),
        (2, "[:r :x 2]"),
        (2, "[:r :x 1]"),
    ];
    assert_eq!(verdict("causal", &e), Invalid);
    assert_eq!(verdict("PRAM", &e), Valid);
    // A client does not see what it wrote, or no longer what it saw.
    let nothing = [(0, "[:w :x 1]"), (0, "[:r :x nil]")];
    assert_eq!(verdict("read-your-writes", &nothing), Invalid);
    assert_eq!(verdict("monotonic-reads", &nothing), Valid);
    let back = [(0, "[:w :x 1]"), (1, "[:r :x 1]"), (1, "[:r :x nil]")];
    assert_eq!(verdict("monotonic-reads", &back), Invalid);
    assert_eq!(verdict("read-your-writes", &back), Valid);
    assert_eq!(verdict("1SR", &back), Valid);
    assert_eq!(verdict("session-serializable", &back), Invalid);
}
