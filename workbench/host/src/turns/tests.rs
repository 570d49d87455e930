use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use maelstrom_node::Rng;
use maelstrom_node::disk::Command;

use crate::{DiskConfig, Elsewhere, Ending, Happens, Health, Host, Output, TimedNode, VirtualTime};

/// What is said of turns as they are told and waited for.
type Told = Rc<Cell<(usize, usize)>>;

/// A node whose turns follow from a seed and from what it was told. It takes them when they are
/// waited for, so that whatever is asked of it too early is wrong.
struct Slow {
    rng: Rng,
    told: VecDeque<(Duration, Happens<'static>)>,
    deadline: Option<Duration>,
    commands: Vec<Command>,
    syncs: bool,
    failure: Option<String>,
    is_over: bool,
    /// How many turns were told before they were waited for: now, and at most, of all nodes.
    begun: Told,
}

impl Slow {
    fn new(seed: u64, begun: &Told) -> Self {
        Slow {
            rng: Rng::new(seed),
            told: VecDeque::new(),
            deadline: None,
            commands: Vec::new(),
            syncs: false,
            failure: None,
            is_over: false,
            begun: Rc::clone(begun),
        }
    }

    fn count(&self, more: usize, less: usize) {
        let (now, most) = self.begun.get();
        let now = now + more - less;
        self.begun.set((now, most.max(now)));
    }
}

fn owned(happens: Happens<'_>) -> Happens<'static> {
    match happens {
        Happens::Line(line) => Happens::Line(line.to_vec().leak()),
        Happens::Nothing => Happens::Nothing,
        Happens::Synced(result) => Happens::Synced(result),
    }
}

impl Elsewhere for Slow {
    fn begin(&mut self, now: Duration, happens: Happens<'_>) {
        self.count(1, 0);
        self.told.push_back((now, owned(happens)));
    }

    fn send(&mut self) {}

    fn end(&mut self, say: &mut dyn FnMut(Output)) {
        self.count(0, 1);
        let (now, happens) = self.told.pop_front().expect("a turn has begun");
        if self.is_over {
            return;
        }
        if matches!(happens, Happens::Synced(_)) {
            assert!(std::mem::take(&mut self.syncs), "it has asked for that");
        }
        self.deadline = None;
        let said = format!("{now:?} {happens:?} {}", self.rng.below(100));
        for _ in 0..self.rng.below(3) {
            say(Output::Line(said.clone().into_bytes()));
        }
        match self.rng.below(200) {
            0 => {
                self.is_over = true;
                return say(Output::Closed);
            }
            1 => {
                self.is_over = true;
                return say(Output::GivenUp("it has no end".to_owned()));
            }
            2 => self.failure = Some("its disk is gone".to_owned()),
            _ => {}
        }
        if self.rng.below(3) == 0 {
            let (file, bytes) = ("log".to_owned(), said.into_bytes());
            self.commands.push(Command::Append { file, bytes });
        }
        if self.rng.below(3) == 0 {
            self.commands.push(Command::Sync);
            self.syncs = true;
        }
        if self.rng.below(2) == 0 {
            self.deadline = Some(now + Duration::from_micros(100 * self.rng.below(20)));
        }
    }

    fn abandon(&mut self) {
        self.count(0, self.told.len());
        self.told.clear();
        self.is_over = true;
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.abandon();
    }
}

impl TimedNode for Slow {
    fn turn(&mut self, now: Duration, happens: Happens<'_>, say: &mut dyn FnMut(Output)) {
        self.begin(now, happens);
        self.end(say);
    }

    fn elsewhere(&mut self) -> Option<&mut dyn Elsewhere> {
        Some(self)
    }

    fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    fn disk_commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    fn failure(&self) -> Option<String> {
        self.failure.clone()
    }

    fn last_words(&mut self) -> Vec<String> {
        vec![format!("{:?} {}", self.deadline, self.rng.clone().u64())]
    }
}

fn in_this_way(host: VirtualTime<Slow>, side_by_side: bool) -> VirtualTime<Slow> {
    match side_by_side {
        true => host.side_by_side(),
        false => host,
    }
}

/// What a run sees of nodes that are told and struck at random, and how many turns had begun
/// at a time.
fn seen(seed: u64, side_by_side: bool) -> (Vec<String>, usize) {
    const NODES: usize = 4;
    let begun = Told::default();
    let of = move |node, life: u64| seed * 1000 + life * 10 + node as u64;
    let first = (0..NODES).map(|node| Slow::new(of(node, 0), &begun));
    let first = first.collect();
    let again = Rc::clone(&begun);
    let start = move |node, life, _, _| Ok(Slow::new(of(node, life), &again));
    let sync = Duration::from_nanos(if seed.is_multiple_of(4) { 0 } else { 1_000_000 });
    let host = VirtualTime::new(first, Box::new(start)).with_disks(DiskConfig { sync }, seed);
    let mut host = in_this_way(host, side_by_side);
    let rng = Rng::new(seed);
    let mut seen = Vec::new();
    let mut now = Duration::ZERO;
    for step in 0..150 {
        for _ in 0..rng.below(12) {
            let node = rng.below(NODES as u64) as usize;
            match rng.below(60) {
                0 => host.kill(node),
                1 => host.start(node),
                2 => host.pause(node),
                3 => host.resume(node),
                4 => host.set_clock(node, Duration::from_micros(rng.below(500)), 10_000),
                5 => host.set_disk(node, [Health::Well, Health::Slow][rng.below(2) as usize]),
                6 => seen.push(format!("{:?}", host.last_words(node))),
                line => host.deliver(node, format!("{step} {line}").as_bytes()),
            }
        }
        let until = now + Duration::from_micros(rng.below(1_000));
        let outputs;
        (now, outputs) = host.wait(Some(until));
        seen.push(format!("{now:?} {outputs:?}"));
        assert_eq!(begun.get().0, 0, "all turns have ended");
    }
    seen.push(format!("{:?}", host.stop()));
    (seen, begun.get().1)
}

#[test]
fn side_by_side_comes_to_the_same_as_one_after_the_other() {
    let (mut most, mut given_up, mut failed) = (0, 0, 0);
    for seed in 0..200 {
        let (one_by_one, alone) = seen(seed, false);
        assert_eq!(alone, 1, "seed {seed}");
        let (side_by_side, beside) = seen(seed, true);
        for (one, other) in one_by_one.iter().zip(&side_by_side) {
            assert_eq!(one, other, "seed {seed}");
        }
        assert_eq!(one_by_one.len(), side_by_side.len());
        most = most.max(beside);
        let has = |what: &str| usize::from(one_by_one.iter().any(|line| line.contains(what)));
        given_up += has("GivenUp");
        failed += has("Failed(");
    }
    assert!(most >= 8, "{most} turns at a time");
    assert!(given_up > 20 && failed > 20, "{given_up} {failed}");
}

#[test]
fn of_turns_behind_one_that_is_given_up_nothing_is_taken_over() {
    struct Endless;
    impl TimedNode for Endless {
        fn turn(&mut self, _: Duration, _: Happens<'_>, say: &mut dyn FnMut(Output)) {
            say(Output::GivenUp("it has no end".to_owned()));
        }
        fn deadline(&self) -> Option<Duration> {
            None
        }
        fn disk_commands(&mut self) -> Vec<Command> {
            Vec::new()
        }
        fn failure(&self) -> Option<String> {
            None
        }
        fn elsewhere(&mut self) -> Option<&mut dyn Elsewhere> {
            Some(self)
        }
        fn stop(&mut self) -> Ending {
            Ending::Stopped
        }
    }
    impl Elsewhere for Endless {
        fn begin(&mut self, _: Duration, _: Happens<'_>) {}
        fn send(&mut self) {}
        fn end(&mut self, say: &mut dyn FnMut(Output)) {
            self.turn(Duration::ZERO, Happens::Nothing, say);
        }
        fn abandon(&mut self) {}
    }
    let start = |_, _, _, _| Ok(Endless);
    let host = VirtualTime::new(vec![Endless, Endless], Box::new(start));
    let mut host = host.side_by_side();
    host.deliver(0, b"a");
    host.deliver(1, b"b");
    let given_up = Output::GivenUp("it has no end".to_owned());
    assert_eq!(host.wait(None), (Duration::ZERO, vec![(0, given_up)]));
    assert_eq!(host.stop(), [Ending::Stopped, Ending::Stopped]);
}

/// What a run sees of nodes of which it knows what they will be given next, each at a time of its
/// own, and how many turns had begun at a time.
fn foreseen(seed: u64, side_by_side: bool) -> (Vec<String>, usize) {
    const NODES: usize = 4;
    let begun = Told::default();
    let first = (0..NODES as u64).map(|node| Slow::new(seed * 1000 + node, &begun));
    let first = first.collect();
    let start = |_, _, _, _| unreachable!("none is killed");
    let host = VirtualTime::new(first, Box::new(start));
    let mut host = in_this_way(host, side_by_side);
    let rng = Rng::new(seed);
    let mut seen = Vec::new();
    let mut now = Duration::ZERO;
    let mut agenda = Vec::new();
    for step in 0..300 {
        for node in 0..NODES {
            let is_known = agenda.iter().any(|(_, other, _)| *other == node);
            if !is_known && rng.below(2) == 0 {
                let at = now + Duration::from_micros(100 * rng.below(30));
                let line = format!("{step} {node}");
                host.foresee(node, at, line.as_bytes());
                agenda.push((at, node, line));
            }
        }
        agenda.sort();
        let until = agenda.first().map(|(at, ..)| *at);
        let outputs;
        (now, outputs) = host.wait(until.or(Some(now)));
        seen.push(format!("{now:?} {outputs:?}"));
        while agenda.first().is_some_and(|(at, ..)| *at <= now) {
            let (_, node, line) = agenda.remove(0);
            host.deliver(node, line.as_bytes());
            if rng.below(3) == 0 {
                host.deliver(node, b"and behind it another one");
            }
        }
    }
    seen.push(format!("{:?}", host.stop()));
    (seen, begun.get().1)
}

#[test]
fn what_is_foreseen_comes_to_the_same_as_what_is_not() {
    let (mut most, mut given_up) = (0, 0);
    for seed in 0..200 {
        let (one_by_one, alone) = foreseen(seed, false);
        assert_eq!(alone, 1, "seed {seed}");
        let (early, beside) = foreseen(seed, true);
        assert_eq!(one_by_one, early, "seed {seed}");
        most = most.max(beside);
        given_up += usize::from(early.iter().any(|line| line.contains("GivenUp")));
    }
    assert!(most >= 4, "{most} turns at a time");
    assert!(given_up > 20, "{given_up}");
}

#[test]
#[should_panic(expected = "another line was foreseen")]
fn a_promise_that_is_broken_is_a_panic() {
    let start = |_, _, _, _| unreachable!("none is killed");
    let host = VirtualTime::new(vec![Slow::new(1, &Told::default())], Box::new(start));
    let mut host = host.side_by_side();
    host.foresee(0, Duration::ZERO, b"a");
    host.deliver(0, b"b");
}
