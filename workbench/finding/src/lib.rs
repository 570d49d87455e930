//! What a checker says: a verdict, its results, and its findings.

use history::edn::Value;

/// Whether a history is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Validity {
    /// It is.
    Valid,
    /// There is no telling.
    Unknown,
    /// It is not.
    Invalid,
}

impl Validity {
    /// The verdict on a whole from those on two parts: the worse.
    pub fn and(self, other: Validity) -> Validity {
        self.max(other)
    }

    /// As the value of `:valid?`: `true`, `:unknown` or `false`.
    pub fn to_edn(self) -> Value {
        match self {
            Validity::Valid => Value::Bool(true),
            Validity::Unknown => Value::keyword("unknown"),
            Validity::Invalid => Value::Bool(false),
        }
    }

    /// The exit status of a command: 0, 2 or 1.
    pub fn exit_status(self) -> u8 {
        match self {
            Validity::Valid => 0,
            Validity::Unknown => 2,
            Validity::Invalid => 1,
        }
    }
}

impl From<bool> for Validity {
    fn from(valid: bool) -> Self {
        match valid {
            true => Validity::Valid,
            false => Validity::Invalid,
        }
    }
}

/// What a checker says.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The verdict.
    pub valid: Validity,
    /// The results as a map, `:valid?` among them.
    pub results: Value,
    /// What is wrong, a sentence each; the first says most.
    pub findings: Vec<String>,
}

impl Checked {
    /// Takes another checker's results in, under this name.
    pub fn add(&mut self, name: &str, part: Checked) {
        self.valid = self.valid.and(part.valid);
        if let Value::Map(entries) = &mut self.results {
            entries.retain(|(key, _)| *key != Value::keyword("valid?"));
        }
        self.results.insert(name, part.results);
        self.results.insert("valid?", self.valid.to_edn());
        self.findings.splice(0..0, part.findings);
    }
}

/// The results of several checkers under their names, and `:valid?` for all.
pub fn compose<'a>(parts: impl IntoIterator<Item = (&'a str, Checked)>) -> Checked {
    let mut all = Checked {
        valid: Validity::Valid,
        results: Value::Map(Vec::new()),
        findings: Vec::new(),
    };
    for (name, part) in parts {
        all.valid = all.valid.and(part.valid);
        all.results.insert(name, part.results);
        all.findings.extend(part.findings);
    }
    all.results.insert("valid?", all.valid.to_edn());
    all
}

/// What Jepsen's checkers say that judge nothing, but draw.
pub fn drawn() -> Value {
    Value::map([("valid?", true.into())])
}

/// How many findings of a kind are put in words.
pub const LISTED: usize = 10;

/// The first findings of a kind, and how many `more` of them there are.
pub fn listed<T>(faults: &[T], more: &str, finding: impl Fn(&T) -> String) -> Vec<String> {
    let mut findings: Vec<String> = faults.iter().take(LISTED).map(finding).collect();
    if faults.len() > LISTED {
        findings.push(format!("and {} more {more}", faults.len() - LISTED));
    }
    findings
}
