//! Looks at one state after the other.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use host::TimedNode;
use simulation::client::Operation;
use simulation::workload::Workload;
use verdict::{Checked, Rules, Validity};

use crate::Start;
use crate::execution::Execution;
use crate::step::Step;

/// How small a world is.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// How many nodes there are.
    pub nodes: usize,
    /// How many operations are begun, each by a client of its own; of these, the nth works
    /// with the nth node, counted round and round.
    pub operations: usize,
    /// Which these are; those that are missing are drawn.
    pub chosen: Vec<Operation>,
    /// What is drawn follows from this.
    pub seed: u64,
    /// For how long everything goes well before operations begin, by each node's clock: such
    /// as until there is a leader.
    pub warm_up: Duration,
    /// How often timers fire before the end, all together.
    pub timers: usize,
    /// How many messages between nodes and services are lost.
    pub drops: usize,
    /// How often nodes are killed.
    pub kills: usize,
    /// After how many states the search is given up.
    pub states: usize,
}

impl Default for Bounds {
    /// Two nodes, two operations, nothing lost, nobody killed, no timers before the end; a
    /// million states.
    fn default() -> Self {
        Bounds {
            nodes: 2,
            operations: 2,
            chosen: Vec::new(),
            seed: 0,
            warm_up: Duration::ZERO,
            timers: 0,
            drops: 0,
            kills: 0,
            states: 1_000_000,
        }
    }
}

/// How far a search is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// How many states were looked at.
    pub looked_at: usize,
    /// How many are known.
    pub known: usize,
    /// How many steps it is from the beginning to those that are looked at now.
    pub depth: usize,
    /// How many runs were brought to their end, and judged.
    pub ended: usize,
}

/// What came of a search.
#[derive(Clone, Debug)]
pub struct Explored {
    /// How many states there are; if the search was given up, that were seen.
    pub states: usize,
    /// From how many of them a run was brought to its end, and judged.
    pub ended: usize,
    /// How many ways there are from one state to the next.
    pub transitions: usize,
    /// How many steps the longest run has, before its end.
    pub depth: usize,
    /// Whether all states were looked at.
    pub is_complete: bool,
    /// The first run that is wrong.
    pub wrong: Option<Wrong>,
}

/// A run that is wrong.
#[derive(Clone, Debug)]
pub struct Wrong {
    /// What happened.
    pub steps: Vec<Step>,
    /// The verdict on its history.
    pub checked: Checked,
    /// What a node did wrong, if that is it.
    pub problem: Option<String>,
    /// What clients did and saw.
    pub history: history::History,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.steps.iter().enumerate() {
            writeln!(f, "{:3}. {step}", place + 1)?;
        }
        if let Some(problem) = &self.problem {
            writeln!(f, "- {problem}")?;
        }
        for sentence in self.checked.sentences() {
            writeln!(f, "- {sentence}")?;
        }
        Ok(())
    }
}

/// "1,234 states, ...".
impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (states, ended) = (self.states, self.ended);
        let (transitions, depth) = (self.transitions, self.depth);
        let verdict = match (&self.wrong, self.is_complete) {
            (Some(wrong), _) => format!("wrong after {} steps", wrong.steps.len()),
            (None, true) => "complete: all of them are valid".to_owned(),
            (None, false) => "given up before the end; valid until then".to_owned(),
        };
        write!(
            f,
            "{states} states, {transitions} transitions, at most {depth} steps; {ended} runs judged; {verdict}"
        )
    }
}

/// A state that is known: how it was come to.
struct Known {
    from: u32,
    step: Option<Step>,
    depth: u32,
}

/// Looks at every state of a world, until a run is wrong, `goes_on` says no, or the bounds
/// are reached.
///
/// # Panics
/// If nodes cannot be started.
pub fn explore<N: TimedNode>(
    bounds: &Bounds,
    workload: &dyn Workload,
    start: Start<N>,
    goes_on: &mut dyn FnMut(&Progress) -> bool,
) -> Explored {
    let start = RefCell::new(start);
    let mut states: BTreeSet<u64> = BTreeSet::new();
    let mut known = vec![Known {
        from: 0,
        step: None,
        depth: 0,
    }];
    states.insert(Execution::new(bounds, workload, &start).state());
    let mut explored = Explored {
        states: 1,
        ended: 0,
        transitions: 0,
        depth: 0,
        is_complete: false,
        wrong: None,
    };
    let mut place = 0;
    while place < known.len() {
        let depth = known[place].depth;
        let progress = Progress {
            looked_at: place,
            known: known.len(),
            depth: depth as usize,
            ended: explored.ended,
        };
        explored.depth = explored.depth.max(depth as usize);
        if known.len() > bounds.states || !goes_on(&progress) {
            return explored;
        }
        let steps = steps(&known, place);
        let mut here = Some(again(bounds, workload, &start, &steps));
        let next = here.as_ref().map(Execution::steps).unwrap_or_default();
        if here
            .as_ref()
            .is_some_and(|here| here.is_quiet() || here.problem.is_some())
        {
            explored.ended += 1;
            if let Some(mut ended) = here.take() {
                ended.end();
                if let Some(wrong) = judge(ended, &steps) {
                    explored.wrong = Some(wrong);
                    return explored;
                }
            }
        }
        for step in next {
            let mut next = match here.take() {
                Some(here) => here,
                None => again(bounds, workload, &start, &steps),
            };
            next.take(&step);
            explored.transitions += 1;
            if states.insert(next.state()) {
                explored.states += 1;
                known.push(Known {
                    from: place as u32,
                    step: Some(step),
                    depth: depth + 1,
                });
            }
        }
        place += 1;
    }
    explored.is_complete = true;
    explored
}

/// What led to a state.
fn steps(known: &[Known], mut place: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    while let Some(step) = &known[place].step {
        steps.push(step.clone());
        place = known[place].from as usize;
    }
    steps.reverse();
    steps
}

fn again<'a, N: TimedNode>(
    bounds: &'a Bounds,
    workload: &dyn Workload,
    start: &'a RefCell<Start<N>>,
    steps: &[Step],
) -> Execution<'a, N> {
    let mut execution = Execution::new(bounds, workload, start);
    for step in steps {
        execution.take(step);
    }
    execution
}

/// What is wrong with a run, if something is.
fn judge<N: TimedNode>(ended: Execution<'_, N>, steps: &[Step]) -> Option<Wrong> {
    let (workload, history, problem) = ended.into_history();
    let checked = workload.check(&history, Rules::Sound);
    let is_wrong = checked.valid == Validity::Invalid || problem.is_some();
    is_wrong.then(|| Wrong {
        steps: steps.to_vec(),
        checked,
        problem,
        history,
    })
}
