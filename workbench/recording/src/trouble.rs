//! What was wrong with nodes while a run went on, from when to when.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::Event;
use host::Health;

/// What was wrong with a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It had been killed, and was not started again yet.
    Killed,
    /// It had ended, since its disk had failed; what the disk said.
    DiskFailed(String),
    /// It was paused.
    Paused,
    /// It stood still, as on a tired machine, for so long.
    Still,
    /// Its clock had jumped ahead by so much, and ran fast by so many parts in a million;
    /// slow, if below 0.
    Clock(Duration, i32),
    /// Its disk was like this.
    Disk(Health),
}

impl Wrong {
    /// What kind of thing it is, in a word: that of its fault in `--nemesis`, if it has one.
    pub fn kind(&self) -> &'static str {
        match self {
            Wrong::Killed => "kill",
            Wrong::DiskFailed(_) => "disk failure",
            Wrong::Paused => "pause",
            Wrong::Still => "stall",
            Wrong::Clock(..) => "clock",
            Wrong::Disk(Health::Lying) => "lost writes",
            Wrong::Disk(_) => "disk",
        }
    }
}

/// It in a few words, of which the node's name is the first: "is dead: it was killed".
impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Killed => f.write_str("is dead: it was killed"),
            Wrong::DiskFailed(why) => write!(f, "is dead: its disk failed ({why})"),
            Wrong::Paused => f.write_str("is paused"),
            Wrong::Still => f.write_str("stands still"),
            Wrong::Clock(jump, fast) => {
                let (jump, percent) = (jump.as_secs_f64() * 1000.0, f64::from(*fast) / 10_000.0);
                write!(
                    f,
                    "has a clock that jumped {jump:.1} ms ahead and is {percent:+.2} % fast"
                )
            }
            Wrong::Disk(Health::Well) => f.write_str("has a disk that is well"),
            Wrong::Disk(Health::Slow) => f.write_str("has a slow disk"),
            Wrong::Disk(Health::Full) => f.write_str("has a full disk"),
            Wrong::Disk(Health::Failing) => f.write_str("has a disk that fails"),
            Wrong::Disk(Health::Lying) => f.write_str("has a disk that loses what it synced"),
        }
    }
}

/// A time in which something was wrong with a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble<'a> {
    /// The node.
    pub node: &'a str,
    /// What was wrong.
    pub wrong: &'a Wrong,
    /// Since when, in nanoseconds as in the history.
    pub began: i64,
    /// Until when, likewise; none, if the run ended before.
    pub ended: Option<i64>,
}

/// All of them, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    all: Vec<Held>,
    /// Those of each node that are not over, by their places.
    open: BTreeMap<usize, Vec<usize>>,
}

#[derive(Debug)]
struct Held {
    node: usize,
    wrong: Wrong,
    began: Duration,
    ended: Option<Duration>,
}

impl Troubles {
    pub(super) fn event(&mut self, time: Duration, event: &Event) {
        match event {
            Event::Still { node, until } => self.all.push(Held {
                node: *node,
                wrong: Wrong::Still,
                began: time,
                ended: Some(*until),
            }),
            Event::Kill { node } => self.dies(*node, time, Wrong::Killed),
            Event::DiskFailed { node, why } => {
                self.dies(*node, time, Wrong::DiskFailed(why.clone()));
            }
            Event::Start { node } => self.end(*node, time, |wrong| {
                matches!(wrong, Wrong::Killed | Wrong::DiskFailed(_))
            }),
            Event::Pause { node } => self.begin(*node, time, Wrong::Paused),
            Event::Resume { node } => self.end(*node, time, |wrong| *wrong == Wrong::Paused),
            Event::Clock { node, jump, fast } => {
                self.end(*node, time, |wrong| matches!(wrong, Wrong::Clock(..)));
                if (*jump, *fast) != (Duration::ZERO, 0) {
                    self.begin(*node, time, Wrong::Clock(*jump, *fast));
                }
            }
            Event::Disk { node, health } => {
                self.end(*node, time, |wrong| matches!(wrong, Wrong::Disk(_)));
                if *health != Health::Well {
                    self.begin(*node, time, Wrong::Disk(*health));
                }
            }
            _ => {}
        }
    }

    /// The dead are not paused, and their clocks are nobody's.
    fn dies(&mut self, node: usize, time: Duration, wrong: Wrong) {
        self.end(node, time, |wrong| {
            matches!(wrong, Wrong::Paused | Wrong::Clock(..))
        });
        self.begin(node, time, wrong);
    }

    fn begin(&mut self, node: usize, time: Duration, wrong: Wrong) {
        self.open.entry(node).or_default().push(self.all.len());
        self.all.push(Held {
            node,
            wrong,
            began: time,
            ended: None,
        });
    }

    fn end(&mut self, node: usize, time: Duration, which: impl Fn(&Wrong) -> bool) {
        let all = &mut self.all;
        self.open.entry(node).or_default().retain(|place| {
            let held = &mut all[*place];
            let ends = which(&held.wrong);
            if ends {
                held.ended = Some(time);
            }
            !ends
        });
    }

    /// With the nodes' names, and times as `time` has them.
    pub(super) fn all<'a>(
        &'a self,
        nodes: &'a [String],
        time: impl Fn(Duration) -> i64 + 'a,
    ) -> impl Iterator<Item = Trouble<'a>> {
        self.all.iter().filter_map(move |held| {
            Some(Trouble {
                node: nodes.get(held.node)?,
                wrong: &held.wrong,
                began: time(held.began),
                ended: held.ended.map(&time),
            })
        })
    }
}
