//! A register under causal consistency, as `jepsen.tests.causal` has it: a client reads what
//! is there at first, writes 1, reads it, writes 2, reads it (`ri w1 r w2 r`), and tells of
//! each operation where it is in the log of the store, its `:position`, and the position of
//! the operation that it follows on, its `:link`. Each must follow on the one before, and see
//! what that left.

use history::edn::Value;
use history::{History, Op, OpType};

use super::keys::{each, stranger};
use super::{Checked, Evidence, Finding, Validity};

/// Judges `:read-init`, `:write` and `:read` with `:position` and `:link`, each key by itself.
///
/// After a write of which nobody knows whether it happened, what does not fit is no proof;
/// the verdict is unknown. (Jepsen's is false.)
pub fn check(history: &History) -> Checked {
    each(&history.completed(), register)
}

/// What is known of the register.
struct Register<'a> {
    value: i128,
    writes: i128,
    position: &'a Value,
}

fn register(history: &History) -> Checked {
    if let Some(why) = stranger(history, &["read-init", "write", "read"]) {
        return Checked::unknown(why);
    }
    let mut register = Register {
        value: 0,
        writes: 0,
        position: &Value::Nil,
    };
    let (mut lost, mut last, mut count) = (None, None, 0);
    for (_, op) in history.clients() {
        if op.typ == OpType::Info && op.f == "write" {
            lost = lost.or(Some(op));
        }
        if op.typ != OpType::Ok {
            continue;
        }
        count += 1;
        if let Err(why) = register.step(op) {
            return wrong(op, last, lost, &why);
        }
        last = Some(op);
    }
    if count == 0 {
        return Checked::unknown("no operation succeeded: there is nothing to judge");
    }
    Checked {
        valid: Validity::Valid,
        results: Value::map([
            ("valid?", true.into()),
            ("value", register.value.into()),
            ("counter", register.writes.into()),
        ]),
        findings: Vec::new(),
    }
}

fn wrong(op: &Op, last: Option<&Op>, lost: Option<&Op>, why: &str) -> Checked {
    if let Some(lost) = lost {
        return Checked::unknown(format!(
            "{why} (operation {}), but nobody knows whether the write of operation {} happened",
            op.index, lost.index
        ));
    }
    let case = Evidence::case(why, last.into_iter().chain([op]));
    Checked {
        valid: Validity::Invalid,
        results: Value::map([("valid?", false.into()), ("error", why.into())]),
        findings: vec![Finding::new("causal", "violations of causality", [case])],
    }
}

impl<'a> Register<'a> {
    /// An operation that succeeded.
    ///
    /// # Errors
    /// Why it does not follow on those before it.
    fn step(&mut self, op: &'a Op) -> Result<(), String> {
        let link = op.get("link").unwrap_or(&Value::Nil);
        if *link != Value::keyword("init") && link != self.position {
            let position = self.position;
            return Err(format!(
                "it links to {link}, where the operation before it has the position {position}"
            ));
        }
        let value = op.value.as_integer();
        if op.f == "write" {
            let next = self.writes + 1;
            if value != Some(next) {
                return Err(format!("{} is written, where {next} comes next", op.value));
            }
            (self.value, self.writes) = (next, next);
        } else if op.f == "read-init" && self.writes == 0 && value != Some(0) {
            return Err(format!("{} is read, where 0 is at first", op.value));
        } else if op.value != Value::Nil && value != Some(self.value) {
            return Err(format!("{} is read, where {} is", op.value, self.value));
        }
        self.position = op.get("position").unwrap_or(&Value::Nil);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client's operations that succeed: function, value, position and link.
    fn judged(ops: &[(&str, &str, &str, &str)]) -> (Validity, Vec<String>) {
        let line = |(f, value, position, link): &(&str, &str, &str, &str)| {
            format!(
                "{{:type :ok, :process 0, :f :{f}, :value {value}, :position {position}, :link {link}}}\n"
            )
        };
        let text: String = ops.iter().map(line).collect();
        let checked = check(&History::read(&text).unwrap());
        (checked.valid, checked.sentences())
    }

    #[test]
    fn each_operation_follows_on_the_one_before() {
        let good = [
            ("read-init", "0", "10", ":init"),
            ("write", "1", "11", "10"),
            ("read", "1", "12", "11"),
            ("write", "2", "13", "12"),
            ("read", "2", "14", "13"),
        ];
        assert_eq!(judged(&good), (Validity::Valid, Vec::new()));
        for (at, changed, why) in [
            (
                0,
                ("read-init", "1", "10", ":init"),
                "1 is read, where 0 is at first",
            ),
            (
                1,
                ("write", "2", "11", "10"),
                "2 is written, where 1 comes next",
            ),
            (2, ("read", "0", "12", "11"), "0 is read, where 1 is"),
            (4, ("read", "1", "14", "13"), "1 is read, where 2 is"),
            (3, ("write", "2", "13", "11"), "it links to 11"),
        ] {
            let mut bad = good;
            bad[at] = changed;
            let (valid, words) = judged(&bad);
            assert_eq!(valid, Validity::Invalid, "{changed:?}");
            assert!(words[0].contains(why), "{words:?}");
        }
        // What a read found may be left out.
        let mut silent = good;
        silent[2].1 = "nil";
        assert_eq!(judged(&silent).0, Validity::Valid);
        assert_eq!(judged(&[]).0, Validity::Unknown);
        assert_eq!(judged(&[("add", "1", "1", ":init")]).0, Validity::Unknown);
    }

    #[test]
    fn what_nobody_knows_to_have_happened_is_no_proof() {
        let text = "{:type :invoke, :process 0, :f :write, :value 1, :link :init}
                    {:type :info, :process 0, :f :write, :value 1, :link :init}
                    {:type :ok, :process 1, :f :read, :value 1, :position 2, :link :init}";
        assert_eq!(
            check(&History::read(text).unwrap()).valid,
            Validity::Unknown
        );
    }

    #[test]
    fn each_key_has_a_register() {
        let op = |process: u32, f: &str, typ: &str, value: &str| {
            format!(
                "{{:type :{typ}, :process {process}, :f :{f}, :value {value}, :position nil, :link nil}}\n"
            )
        };
        let text = [
            op(0, "write", "invoke", "[1 1]"),
            op(1, "write", "invoke", "[2 1]"),
            op(0, "write", "ok", "[1 1]"),
            op(1, "write", "ok", "[2 1]"),
            op(0, "read", "invoke", "[1 nil]"),
            op(0, "read", "ok", "[1 0]"),
        ];
        let checked = check(&History::read(&text.concat()).unwrap());
        assert_eq!(checked.valid, Validity::Invalid);
        assert_eq!(
            checked.results.get("failures").map(Value::to_string),
            Some("[1]".into())
        );
    }
}
