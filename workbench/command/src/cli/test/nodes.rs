//! Which nodes there are: `--node`, `--nodes`, `--nodes-file` and `--node-count`,
//! which add up as Maelstrom has it.

use std::fs;
use std::ops::RangeInclusive;

use simulation::run::limits;

use super::flags::within;

/// How many nodes may be asked for by their number.
const NODE_COUNT: RangeInclusive<u32> = 1..=*limits::NODES.end() as u32;

/// The flags that name nodes.
#[derive(Debug, clap::Args)]
pub(super) struct NodeFlags {
    /// How many nodes: n0, n1, ..., in place of --nodes; if nothing says which,
    /// there are five, n1 to n5
    #[arg(long, value_name = "NUM", value_parser = within(NODE_COUNT))]
    node_count: Option<u32>,

    /// A node's name; may be given several times
    #[arg(short = 'n', long = "node", value_name = "NAME")]
    node: Vec<String>,

    /// The nodes' names, with commas between
    #[arg(long, value_name = "NAMES", value_parser = list)]
    nodes: Option<Names>,

    /// A file with the nodes' names, one a line
    #[arg(long, value_name = "FILE", value_parser = file)]
    nodes_file: Option<Names>,
}

/// Several names; to clap, a vector would be a flag given several times.
#[derive(Clone, Debug, Default)]
struct Names(Vec<String>);

fn list(text: &str) -> Result<Names, String> {
    let names = text.split(',').map(|name| name.trim().to_owned());
    Ok(Names(names.collect()))
}

fn file(path: &str) -> Result<Names, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("cannot read it: {e}"))?;
    let names = text.lines().map(|name| name.trim().to_owned());
    Ok(Names(names.filter(|name| !name.is_empty()).collect()))
}

impl NodeFlags {
    /// The nodes' names: those of the file, then those of the list or the count,
    /// then each single one.
    pub(super) fn names(&self) -> Vec<String> {
        let listed = match self.node_count {
            Some(count) => Some(Names((0..count).map(|i| format!("n{i}")).collect())),
            None => self.nodes.clone(),
        };
        let several = [self.nodes_file.clone(), listed].into_iter().flatten();
        let mut names: Vec<String> = several.flat_map(|Names(names)| names).collect();
        names.extend(self.node.iter().cloned());
        if names.is_empty() && self.nodes_file.is_none() {
            names = (1..=5).map(|i| format!("n{i}")).collect();
        }
        names
    }

    /// The flag that says which there are.
    pub(super) fn flag(&self) -> &'static str {
        match (self.node_count, &self.nodes_file, &self.nodes) {
            (Some(_), ..) => "--node-count",
            (_, Some(_), None) => "--nodes-file",
            (_, None, None) if !self.node.is_empty() => "--node",
            _ => "--nodes",
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    #[command(args_override_self = true)]
    struct Only {
        #[command(flatten)]
        flags: NodeFlags,
    }

    fn names(args: &[&str]) -> String {
        let parsed = Only::try_parse_from(std::iter::once(&"test").chain(args));
        parsed.map_or_else(|e| e.to_string(), |only| only.flags.names().join(" "))
    }

    #[test]
    fn the_flags_add_up_as_maelstroms_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nodes");
        fs::write(&path, "f1\n f2 \n\n").unwrap();
        let file = path.to_str().unwrap();
        for (args, expected) in [
            (vec![], "n1 n2 n3 n4 n5"),
            (vec!["--node-count", "3"], "n0 n1 n2"),
            (vec!["--nodes", "a,b, c"], "a b c"),
            (vec!["-n", "a", "--node", "b"], "a b"),
            (vec!["--nodes-file", file], "f1 f2"),
            (vec!["--nodes", "a,b", "--node-count", "1"], "n0"),
            (vec!["--nodes", "a,b", "--nodes", "c"], "c"),
            (
                vec!["-n", "x", "--nodes", "a", "--nodes-file", file],
                "f1 f2 a x",
            ),
            (vec!["-n", "x", "--node-count", "2"], "n0 n1 x"),
            (vec!["-n", "a", "--nodes", "a"], "a a"),
            (vec!["--nodes", "a,,b"], "a  b"),
        ] {
            assert_eq!(names(&args), expected, "{args:?}");
        }
        fs::write(&path, "\n").unwrap();
        assert_eq!(names(&["--nodes-file", file]), "");
        fs::remove_file(&path).unwrap();
        let missing = names(&["--nodes-file", file]);
        assert!(
            missing.contains("for '--nodes-file <FILE>': cannot read it: "),
            "{missing}"
        );
    }
}
