//! What is tried, in which order.

use std::time::Duration;

use history::edn::Value;
use simulation::nemesis::Moment;
use simulation::nemesis::node::Strike;
use simulation::schedule::{Choice, Schedule};

use super::reduce::reduce;
use super::{Search, nodes};

/// Which kind of choice.
fn is_operation(choice: &Choice) -> bool {
    matches!(choice, Choice::Operation { .. })
}

fn is_partition(choice: &Choice) -> bool {
    matches!(choice, Choice::Partition { .. } | Choice::Heal { .. })
}

fn is_message(choice: &Choice) -> bool {
    matches!(choice, Choice::Message { .. })
}

fn is_answer(choice: &Choice) -> bool {
    matches!(choice, Choice::Answer { .. })
}

/// When it is, if that is said.
fn at(choice: &mut Choice) -> Option<&mut Duration> {
    match choice {
        Choice::Operation { at, .. }
        | Choice::Partition { at, .. }
        | Choice::Heal { at }
        | Choice::Strike { at, .. }
        | Choice::Relief { at, .. } => Some(at),
        Choice::Message { .. } | Choice::Answer { .. } => None,
    }
}

/// All times of a schedule.
fn times(schedule: &mut Schedule) -> impl Iterator<Item = &mut Duration> {
    let rules = schedule.world.rules.iter_mut();
    let rules = rules.filter_map(|rule| match &mut rule.moment {
        Moment::At(at) => Some(at),
        _ => None,
    });
    schedule.choices.iter_mut().filter_map(at).chain(rules)
}

impl Search<'_> {
    /// What need not be tried twice: whole parts of the world.
    pub(super) fn begin(&mut self) {
        self.all_moments_as_times();
        let mut quiet = self.best.clone();
        quiet.world.rate = 0.0; // so few operations were not asked for
        self.best = quiet.clone();
        quiet.world = quiet.world.without_noise();
        quiet.choices.retain(is_operation);
        quiet.world.partitions = false;
        quiet.world.faults.clear();
        if self.try_(quiet) {
            return;
        }
        let world = self.best.world.clone().without_noise();
        self.try_(Schedule {
            world,
            ..self.best.clone()
        });
        self.without(is_message);
        self.without(is_answer);
    }

    /// Everything once.
    pub(super) fn round(&mut self) {
        self.without_partitions();
        self.without_faults();
        self.shorter();
        self.fewer_nodes();
        self.fewer_choices(is_operation);
        self.fewer_rules();
        self.moments_as_times();
        self.fewer_faults();
        self.fewer_links();
        self.fewer_nodes_struck();
        self.fewer_nodes_of_rules();
        self.plain_kills();
        self.fewer_choices(is_message);
        self.fewer_choices(is_answer);
        self.fewer_nodes();
        self.try_(nodes::with_fewest_clients(&self.best));
        self.one_client_a_node();
        self.smaller_values();
        self.sooner();
        self.shorter();
    }

    /// What a person has to understand of a run.
    pub(super) fn fewer(&mut self) {
        self.fewer_nodes();
        self.without_partitions();
        self.without(is_message);
        self.without(is_answer);
        self.fewer_rules();
        self.fewer_faults();
        self.fewer_choices(is_operation);
    }

    fn without(&mut self, is_left_out: fn(&Choice) -> bool) -> bool {
        let mut smaller = self.best.clone();
        smaller.choices.retain(|choice| !is_left_out(choice));
        self.try_(smaller)
    }

    fn without_partitions(&mut self) {
        let mut smaller = self.best.clone();
        smaller.choices.retain(|choice| !is_partition(choice));
        smaller.world.partitions = false;
        self.try_(smaller);
    }

    /// Without one kind of what happens to nodes after the other.
    fn without_faults(&mut self) {
        for kind in self.best.world.faults.clone() {
            let mut smaller = self.best.clone();
            smaller.choices.retain(|choice| match choice {
                Choice::Strike { fault, .. } | Choice::Relief { fault, .. } => *fault != kind,
                _ => true,
            });
            smaller.world.faults.remove(&kind);
            self.try_(smaller);
        }
    }

    /// Fewer choices of a kind.
    fn fewer_choices(&mut self, is_of_kind: fn(&Choice) -> bool) {
        let all = self.best.clone();
        let places = all.choices.iter().enumerate();
        let places = places.filter_map(|(place, choice)| is_of_kind(choice).then_some(place));
        let places: Vec<usize> = places.collect();
        self.fewer_of(
            &all,
            &places.iter().map(|place| vec![*place]).collect::<Vec<_>>(),
        );
    }

    /// Fewer faults, each with its end.
    fn fewer_faults(&mut self) {
        let all = self.best.clone();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (place, choice) in all.choices.iter().enumerate() {
            let begins = match choice {
                Choice::Partition { .. } | Choice::Strike { .. } => true,
                Choice::Heal { .. } | Choice::Relief { .. } => false,
                _ => continue,
            };
            let kind = |choice: &Choice| match choice {
                Choice::Strike { fault, .. } | Choice::Relief { fault, .. } => Some(*fault),
                _ => None,
            };
            let begun = groups
                .iter_mut()
                .rev()
                .find(|group| kind(&all.choices[group[0]]) == kind(choice));
            match begun {
                Some(group) if !begins => group.push(place),
                _ => groups.push(vec![place]),
            }
        }
        self.fewer_of(&all, &groups);
    }

    /// Fewer of these groups of choices.
    fn fewer_of(&mut self, all: &Schedule, groups: &[Vec<usize>]) {
        reduce(groups.len(), &mut |kept| {
            let mut is_kept = vec![true; all.choices.len()];
            groups
                .iter()
                .flatten()
                .for_each(|place| is_kept[*place] = false);
            for group in kept {
                groups[*group]
                    .iter()
                    .for_each(|place| is_kept[*place] = true);
            }
            let mut smaller = all.clone();
            let mut is_kept = is_kept.into_iter();
            smaller.choices.retain(|_| is_kept.next().unwrap_or(true));
            self.try_(smaller)
        });
    }

    fn fewer_rules(&mut self) {
        let all = self.best.clone();
        reduce(all.world.rules.len(), &mut |kept| {
            let mut smaller = all.clone();
            let kept = kept.iter().map(|rule| all.world.rules[*rule].clone());
            smaller.world.rules = kept.collect();
            self.try_(smaller)
        });
    }

    /// Fewer links cut by each partition.
    fn fewer_links(&mut self) {
        for place in 0..self.best.choices.len() {
            let all = self.best.clone();
            let Some(Choice::Partition { cut, .. }) = all.choices.get(place) else {
                continue;
            };
            reduce(cut.len(), &mut |kept| {
                let mut smaller = all.clone();
                if let Choice::Partition { cut: left, .. } = &mut smaller.choices[place] {
                    *left = kept.iter().map(|link| cut[*link].clone()).collect();
                }
                self.try_(smaller)
            });
        }
    }

    fn fewer_nodes_struck(&mut self) {
        for place in 0..self.best.choices.len() {
            let all = self.best.clone();
            let Some(Choice::Strike { nodes, .. }) = all.choices.get(place) else {
                continue;
            };
            let struck: Vec<_> = nodes.iter().collect();
            reduce(struck.len(), &mut |kept| {
                let mut smaller = all.clone();
                if let Choice::Strike { nodes: left, .. } = &mut smaller.choices[place] {
                    let kept = kept.iter().map(|node| struck[*node]);
                    *left = kept.map(|(name, strike)| (name.clone(), *strike)).collect();
                }
                self.try_(smaller)
            });
        }
    }

    /// Fewer nodes struck by each rule.
    fn fewer_nodes_of_rules(&mut self) {
        for place in 0..self.best.world.rules.len() {
            let all = self.best.clone();
            let struck = &all.world.rules[place].nodes;
            reduce(struck.len(), &mut |kept| {
                let mut smaller = all.clone();
                let kept = kept.iter().map(|node| struck[*node]);
                smaller.world.rules[place].nodes = kept.collect();
                self.try_(smaller)
            });
        }
    }

    /// Kills at once, rather than some steps later.
    fn plain_kills(&mut self) {
        let mut smaller = self.best.clone();
        for choice in &mut smaller.choices {
            if let Choice::Strike { nodes, .. } = choice {
                for strike in nodes.values_mut() {
                    if let Strike::Kill { after } = strike {
                        *after = 0;
                    }
                }
            }
        }
        self.try_(smaller);
    }

    /// The last ones go first: so those are left that a person thinks of.
    fn fewer_nodes(&mut self) {
        for place in (0..self.best.world.nodes.len()).rev() {
            if let Some(smaller) = nodes::without(&self.best, place) {
                self.try_(smaller);
            }
        }
    }

    /// All operations of a node are done by one client, one after the other.
    fn one_client_a_node(&mut self) {
        let mut smaller = self.best.clone();
        let nodes = smaller.world.nodes.len();
        for choice in &mut smaller.choices {
            if let Choice::Operation { client, .. } = choice {
                *client %= nodes;
            }
        }
        smaller.world.clients = nodes.min(smaller.world.clients);
        self.try_(smaller);
    }

    /// Ends the main phase as soon as can be: by halves, and then with its last choice.
    fn shorter(&mut self) {
        loop {
            let all = self.best.clone();
            let half = all.world.time_limit / 2;
            if half < Duration::from_millis(1) || !self.try_(until(&all, half)) {
                break;
            }
        }
        let all = self.best.clone();
        let ends = |part: u32| all.world.time_limit * part / 4;
        if self.try_(until(&all, ends(3))) {
            return self.shorter();
        }
        let mut last = all.clone();
        let end = times(&mut last).map(|at| *at).max().unwrap_or_default();
        last.world.time_limit = round_up(end);
        self.try_(last);
    }

    /// Fewer reads and writes in each operation that has several.
    fn smaller_values(&mut self) {
        for place in 0..self.best.choices.len() {
            let all = self.best.clone();
            let Some(Choice::Operation { value, .. }) = all.choices.get(place) else {
                continue;
            };
            let Value::Vector(parts) = value else {
                continue;
            };
            if parts.len() < 2 || !parts.iter().all(|part| matches!(part, Value::Vector(_))) {
                continue;
            }
            reduce(parts.len(), &mut |kept| {
                if kept.is_empty() {
                    return false;
                }
                let mut smaller = all.clone();
                if let Choice::Operation { value, .. } = &mut smaller.choices[place] {
                    *value = Value::Vector(kept.iter().map(|part| parts[*part].clone()).collect());
                }
                self.try_(smaller)
            });
        }
    }

    /// Leaves out the time in which nothing happens, and rounds what is left.
    fn sooner(&mut self) {
        let mut same = self.best.clone();
        let mut all: Vec<Duration> = times(&mut same).map(|at| *at).collect();
        all.sort_unstable();
        all.dedup();
        // Each moment with those after it is moved towards the one before it.
        for place in 0..all.len() {
            let before = place
                .checked_sub(1)
                .map_or(Duration::ZERO, |before| all[before]);
            let gap = all[place] - before;
            for to in [0, 1, 10, 100, 1000].map(Duration::from_millis) {
                if to >= gap {
                    break;
                }
                let (moment, by) = (all[place], gap - to);
                let mut smaller = self.best.clone();
                for at in times(&mut smaller) {
                    if *at >= moment {
                        *at -= by;
                    }
                }
                let limit = &mut smaller.world.time_limit;
                *limit = limit.saturating_sub(by).max(Duration::from_millis(1));
                if self.try_(smaller) {
                    all[place..].iter_mut().for_each(|time| *time -= by);
                    break;
                }
            }
        }
        let mut round = self.best.clone();
        for at in times(&mut round) {
            *at = Duration::from_millis(at.as_millis() as u64);
        }
        self.try_(round);
    }
}

/// The same, ended then.
fn until(schedule: &Schedule, end: Duration) -> Schedule {
    let mut shorter = schedule.clone();
    shorter.world.time_limit = end;
    shorter
        .choices
        .retain_mut(|choice| at(choice).is_none_or(|at| *at <= end));
    shorter
}

/// To the next millisecond, and one more.
fn round_up(time: Duration) -> Duration {
    Duration::from_millis(time.as_millis() as u64 + 1)
}
