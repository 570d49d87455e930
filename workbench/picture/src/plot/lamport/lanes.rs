//! The lanes of a diagram: one for each node, service and client, in this order
//! from left to right. Clients share one when there are more than fit.

use std::collections::BTreeSet;

use simulation::recording::{Recorded, Recording};
use simulation::service::Service;

/// Nodes with a lane of their own; the others share one more.
const MOST_NODES: usize = 32;
/// Clients with a lane of their own, and lanes that there may be with them.
const MOST_CLIENTS: usize = 10;
const MOST_LANES: usize = 16;
/// How wide all of it should be, in pixels, and how wide the space between two
/// lanes may be: enough for a label, but no more than the eye follows.
const WIDTH: usize = 900;
const SPACE: std::ops::RangeInclusive<usize> = 76..=230;

/// What an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Node,
    Service,
    Client,
}

/// A lane.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lane {
    pub(super) role: Role,
    /// Its endpoint's name, or what its endpoints are.
    pub(super) name: String,
    /// Whether several share it.
    pub(super) is_shared: bool,
    /// Where it is, in pixels from the first.
    pub(super) x: i64,
}

/// All lanes.
#[derive(Debug)]
pub(super) struct Lanes {
    pub(super) all: Vec<Lane>,
    /// The space between two of them, in pixels.
    pub(super) space: i64,
    /// What each endpoint is, and the lane it has, if it has one.
    endpoints: Vec<(Role, Option<usize>)>,
    /// What a reader has to know of them.
    pub(super) notes: Vec<String>,
}

impl Lanes {
    /// Those that these messages of the recording need.
    pub(super) fn new(recording: &Recording, shown: &[Recorded<'_>]) -> Lanes {
        let names = recording.endpoints();
        let roles = roles(recording);
        let mut takes_part = vec![false; names.len()];
        for message in shown {
            takes_part[message.src] = true;
            takes_part[message.dest] = true;
        }
        let those = |role: Role, silent: bool| {
            let mut places: Vec<usize> = (0..names.len())
                .filter(|&place| roles[place] == role && (silent || takes_part[place]))
                .collect();
            places.sort_by_key(|&place| natural(&names[place]));
            places
        };
        let mut lanes = Lanes {
            all: Vec::new(),
            space: 0,
            endpoints: roles.iter().map(|role| (*role, None)).collect(),
            notes: Vec::new(),
        };
        let all_nodes = those(Role::Node, true);
        let mut nodes = match all_nodes.len() <= MOST_NODES {
            true => all_nodes.clone(),
            false => those(Role::Node, false),
        };
        if nodes.len() < all_nodes.len() {
            let silent = all_nodes.len() - nodes.len();
            lanes.notes.push(format!(
                "{silent} of {} nodes have no part in it and are not shown.",
                all_nodes.len()
            ));
        }
        let others = nodes.split_off(nodes.len().min(MOST_NODES));
        lanes.add(Role::Node, &nodes, names);
        lanes.add_shared(Role::Node, "other nodes", &others, names);
        lanes.add(Role::Service, &those(Role::Service, false), names);
        let clients = those(Role::Client, false);
        let fits = lanes.all.len() + clients.len() <= MOST_LANES;
        if fits && clients.len() <= MOST_CLIENTS {
            lanes.add(Role::Client, &clients, names);
        } else {
            lanes.add_shared(Role::Client, "clients", &clients, names);
        }

        let spaces = lanes.all.len().saturating_sub(1).max(1);
        let space = (WIDTH / spaces).clamp(*SPACE.start(), *SPACE.end());
        lanes.space = space as i64;
        for (place, lane) in lanes.all.iter_mut().enumerate() {
            lane.x = (place * space) as i64;
        }
        lanes
    }

    fn add(&mut self, role: Role, places: &[usize], names: &[String]) {
        for &place in places {
            self.endpoints[place].1 = Some(self.all.len());
            self.all.push(Lane {
                role,
                name: names[place].clone(),
                is_shared: false,
                x: 0,
            });
        }
    }

    fn add_shared(&mut self, role: Role, name: &str, places: &[usize], names: &[String]) {
        let [first, .., last] = places else {
            return self.add(role, places, names);
        };
        for &place in places {
            self.endpoints[place].1 = Some(self.all.len());
        }
        self.notes.push(format!(
            "{} {name}, {} to {}, share the last lane of their kind, each named where it sends \
             or receives.",
            places.len(),
            crate::svg::cut(&names[*first], 20),
            crate::svg::cut(&names[*last], 20),
        ));
        self.all.push(Lane {
            role,
            name: name.to_owned(),
            is_shared: true,
            x: 0,
        });
    }

    /// The lane of an endpoint that takes part.
    pub(super) fn of(&self, endpoint: usize) -> usize {
        let (_, lane) = self.endpoints[endpoint];
        lane.unwrap_or_default()
    }

    /// What an endpoint is.
    pub(super) fn role(&self, endpoint: usize) -> Role {
        self.endpoints[endpoint].0
    }

    /// Where the last one is.
    pub(super) fn right(&self) -> i64 {
        self.all.last().map_or(0, |lane| lane.x)
    }
}

/// What each endpoint of a recording is: the nodes are known, services have their names,
/// and all others are clients.
fn roles(recording: &Recording) -> Vec<Role> {
    let services = Service::all().map(|(name, _)| name);
    let nodes: BTreeSet<&String> = recording.nodes().iter().collect();
    let names = recording.endpoints().iter();
    let roles = names.map(|name| {
        if nodes.contains(name) {
            Role::Node
        } else if services.contains(&&**name) {
            Role::Service
        } else {
            Role::Client
        }
    });
    roles.collect()
}

/// Orders n2 before n10.
fn natural(name: &str) -> (&str, usize, &str) {
    let digits = name.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (word, number) = name.split_at(name.len() - digits);
    let number = number.trim_start_matches('0');
    (word, number.len(), number)
}
