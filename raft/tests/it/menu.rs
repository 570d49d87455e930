//! What goes wrong in a schedule, and when.
//!
//! Each seed draws which faults there are at all, how often, and what is asked for, since all of
//! it in every run would hide what only shows when some of it does not happen (Groce et al.,
//! "Swarm testing", 2012); and some links that are slower than others, so that what is said first
//! comes last again and again (as priorities do in Burckhardt et al., "A randomized
//! scheduler with probabilistic guarantees of finding bugs", 2010).
//!
//! Faults rarely do harm alone: one cuts a leader off, and another must make a leader before the
//! first one's lease is over. So some come in bursts, with the same victims; and some strike at
//! a [`Moment`], those who said something and those to whom they said it.

use std::time::Duration;

use super::cluster::{Cluster, Moment, ms};
use raft::Member;

/// What a run is like.
pub(crate) struct Menu {
    /// What breaks off what is under way, and what makes others take over.
    faults: [Vec<Fault>; 2],
    /// How far apart they are, at most.
    pace: Duration,
    /// How long crashes and pauses last, at most.
    length: Duration,
    /// How often cuts are mended when the next thing goes wrong.
    calm: f64,
    /// How often one fault follows another at once, with the same victims.
    burst: f64,
    /// How often the leader is whom it befalls.
    aim: f64,
    /// How often a moment is struck.
    alert: f64,
    /// How often a new leader is asked for something at once.
    eager: f64,
    /// How often someone asks for a command, and for reads.
    commands: f64,
    reads: f64,
}

/// Whom a fault befalls.
#[derive(Clone, Copy)]
struct Victims {
    leader: Member,
    one: Member,
    other: Member,
    /// One bit for each member: the two sides of a split.
    side: u64,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    Crash,
    CrashAll,
    Pause,
    /// Nobody hears it, nor it anybody.
    Isolate,
    /// It hears nobody.
    Deaf,
    /// Nobody hears it.
    Mute,
    /// The other one does not hear it.
    Cut,
    Split,
    Heal,
    HandOver,
    /// A clock jumps ahead.
    Jump,
    /// The other one wants to be leader before its time.
    Campaign,
    /// Both do.
    Contest,
}

impl Menu {
    fn new(cluster: &mut Cluster) -> Menu {
        const BREAKS: [Fault; 9] = [
            Fault::Crash,
            Fault::CrashAll,
            Fault::Pause,
            Fault::Isolate,
            Fault::Deaf,
            Fault::Mute,
            Fault::Cut,
            Fault::Split,
            Fault::Jump,
        ];
        const TURNS: [Fault; 3] = [Fault::HandOver, Fault::Campaign, Fault::Contest];
        let rng = cluster.rng.clone();
        let some_of = |all: &[Fault]| {
            let chosen = all.iter().filter(|_| rng.chance(0.5));
            chosen.copied().collect::<Vec<_>>()
        };
        let mut faults = [some_of(&BREAKS), some_of(&TURNS)];
        faults[1].push(Fault::Heal);
        let time = |choices: &[u64]| ms(*rng.choose(choices).expect("there are some"));
        let part = |choices: &[f64]| *rng.choose(choices).expect("there are some");
        let slow = part(&[0.0, 0.0, 0.3]);
        let menu = Menu {
            faults,
            pace: time(&[20, 50, 100, 200]),
            length: time(&[5, 30, 100, 500]),
            calm: rng.f64(),
            burst: part(&[0.0, 0.5, 0.8]),
            aim: part(&[0.2, 0.5, 0.9]),
            alert: part(&[0.0, 0.2, 0.6]),
            eager: part(&[0.0, 0.7, 1.0]),
            commands: part(&[0.3, 0.7]),
            reads: part(&[0.5, 1.0]),
        };
        for from in cluster.members() {
            let others = cluster.members().filter(|&to| to != from);
            let slow = others.filter(|_| rng.chance(slow)).map(|to| (from, to));
            cluster.slow.extend(slow);
        }
        cluster.rng = rng;
        menu
    }

    /// Something goes wrong.
    pub(crate) fn strike(&self, cluster: &mut Cluster, whom: Option<Member>) {
        let by = whom.unwrap_or_else(|| match cluster.leader() {
            Some(leader) if cluster.rng.chance(self.aim) => leader,
            _ => some(cluster),
        });
        self.strike_at(cluster, Moment { by, to: None });
    }

    /// Something goes wrong with those whose moment it is; and maybe more.
    fn strike_at(&self, cluster: &mut Cluster, moment: Moment) {
        let one = moment.by;
        let others: Vec<Member> = cluster.members().filter(|other| *other != one).collect();
        let other = moment.to.or_else(|| cluster.rng.choose(&others).copied());
        let other = other.unwrap_or(one);
        let leader = cluster.leader().unwrap_or(one);
        let side = cluster.rng.u64();
        let mut victims = Victims {
            leader,
            one,
            other,
            side,
        };
        if cluster.rng.chance(self.calm) {
            cluster.cut.clear();
        }
        let all = self.faults[0].len() + self.faults[1].len();
        let first = cluster.rng.below(all as u64) as usize;
        let mut kind = usize::from(first >= self.faults[0].len());
        self.befall(cluster, &mut victims, kind);
        for _ in 0..3 {
            if !cluster.rng.chance(self.burst) {
                break;
            }
            let messages = 3.0 * cluster.rng.f64();
            cluster.run(cluster.faults.latency.mul_f64(messages));
            kind = 1 - kind;
            self.befall(cluster, &mut victims, kind);
        }
    }

    fn befall(&self, cluster: &mut Cluster, victims: &mut Victims, kind: usize) {
        let Victims {
            leader,
            one,
            other,
            side,
        } = *victims;
        let Some(&fault) = cluster.rng.choose(&self.faults[kind]) else {
            return;
        };
        let length = self.length.mul_f64(cluster.rng.f64());
        match fault {
            Fault::Crash => cluster.crash(one, length),
            Fault::CrashAll => {
                for member in cluster.members() {
                    cluster.crash(member, length);
                }
            }
            Fault::Pause => cluster.pause(one, length),
            Fault::Isolate => cluster.cut(|(from, to)| (from == one) != (to == one)),
            Fault::Deaf => cluster.cut(|(from, to)| to == one && from != one),
            Fault::Mute => cluster.cut(|(from, to)| from == one && to != one),
            Fault::Cut => cluster.cut(|pair| pair == (one, other)),
            Fault::Split => cluster.cut(|(from, to)| (side >> from.0 ^ side >> to.0) & 1 == 1),
            Fault::Heal => cluster.cut.clear(),
            Fault::HandOver => {
                victims.one = leader;
                cluster.hand_over(leader, other);
            }
            Fault::Jump => {
                let far = cluster.config.jump.mul_f64(2.0 * cluster.rng.f64());
                cluster.jump(one, far);
            }
            Fault::Campaign => cluster.campaign(other),
            Fault::Contest => {
                cluster.campaign(one);
                cluster.campaign(other);
            }
        }
    }
}

fn some(cluster: &Cluster) -> Member {
    Member(cluster.rng.below(cluster.nodes.len() as u64) as usize)
}

/// One thing after another for a while, until something is broken. `also` is called after each,
/// and for a new leader that is to be asked for something at once.
pub(crate) fn go(cluster: &mut Cluster, mut also: impl FnMut(&mut Cluster, &Menu, bool)) {
    let menu = Menu::new(cluster);
    let mut next_fault = Duration::ZERO;
    for _ in 0..600 {
        let pause = cluster.rng.below(12);
        pass(cluster, ms(pause), &menu, &mut also);
        if cluster.invariants.broken.is_some() {
            return;
        }
        let member = some(cluster);
        // Now and then one that may only think it is the leader is asked.
        let asked = match cluster.leader() {
            Some(leader) if cluster.rng.chance(0.7) => leader,
            _ => member,
        };
        if cluster.rng.chance(menu.commands) {
            let near = cluster.rng.chance(0.7).then(|| some(cluster));
            cluster.propose(asked, near);
        }
        if cluster.rng.chance(menu.reads) {
            for member in cluster.members() {
                cluster.read(member);
            }
        }
        also(cluster, &menu, false);
        if cluster.now >= next_fault {
            next_fault = cluster.now + menu.pace.mul_f64(cluster.rng.f64());
            menu.strike(cluster, None);
        }
    }
}

/// Lets this much time pass, and strikes a moment that comes.
fn pass(
    cluster: &mut Cluster,
    time: Duration,
    menu: &Menu,
    also: &mut impl FnMut(&mut Cluster, &Menu, bool),
) {
    let end = cluster.now + time;
    while cluster.step(end) {
        let Some(moment) = cluster.moment.take() else {
            continue;
        };
        if moment.to.is_none() && cluster.rng.chance(menu.eager) {
            cluster.propose(moment.by, None);
            also(cluster, menu, true);
        }
        let alert = match moment.to {
            Some(_) => menu.alert,
            None => menu.alert * 1.5,
        };
        if cluster.rng.chance(alert) {
            menu.strike_at(cluster, moment);
        }
    }
    cluster.now = end.max(cluster.now);
}
