//! Findings as JSON. Here and not where files are, so that what reads and writes each kind
//! of evidence is compiled with the kinds.

use crate::Finding;

/// Findings as JSON, over several lines.
pub fn write(findings: &[Finding]) -> String {
    serde_json::to_string_pretty(findings).expect("what a finding holds is JSON")
}

/// Findings from the JSON that [`write()`] makes.
///
/// # Errors
/// What is no such JSON, and where.
pub fn read(json: &str) -> Result<Vec<Finding>, serde_json::Error> {
    serde_json::from_str(json)
}
