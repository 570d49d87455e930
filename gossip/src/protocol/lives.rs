//! Which replica a number in a message stands for.
//!
//! Nodes number the replicas that they know in the order in which they come to know them, their
//! own first; in a message, numbers are its sender's. A node says what a number stands for when
//! it uses it to another for the first time, and again until it knows that this has arrived: from
//! then on, a version vector is as short as if every node had only one life.
//!
//! What one node was told another life of it was not. So each message says in which life its
//! sender is, and in which one it takes the receiver to be. What is meant for a former life is
//! not understood; its sender is answered, and begins anew.

use super::{OWN, Protocol};
use crate::message::Message;
use crate::owner::{Known, Owner};
use crate::replica::Replica;
use crate::versions::Versions;

/// How many lives of a node are remembered. Of one that was started more often, nothing more
/// is heard.
const LIVES: usize = 256;

impl<R: Replica> Protocol<R> {
    /// Whether this is the replica to which the node adds now.
    pub(super) fn is_present_life(&self, replica: usize, node: usize) -> bool {
        let life = self.peers[node].life;
        self.known[replica].owner == Owner { node, life }
    }

    /// What the numbers in the next message to a node stand for, as far as it may not know.
    pub(super) fn introductions(&mut self, node: usize, at: u64) -> Box<[(usize, usize, u32)]> {
        let count = self.known.len();
        let peer = &mut self.peers[node];
        if peer.told.back().is_none_or(|(_, told)| *told < count) && peer.knows < count {
            peer.told.push_back((at, count));
        }
        let unknown = self.known.iter().enumerate().skip(peer.knows);
        unknown
            .map(|(number, known)| (number, known.owner.node, known.owner.life))
            .collect()
    }

    /// Puts this node's numbers in the place of the sender's. False if that cannot be done: then
    /// the sender will be asked to begin anew, and nothing of the message counts.
    ///
    /// # Errors
    /// If what it says of lives cannot be true.
    pub(super) fn understand(
        &mut self,
        from: usize,
        message: &mut Message<R::Delta>,
    ) -> Result<bool, String> {
        let (life, receiver) = message.lives;
        if life == 0 {
            return Err("lives: expected the sender's, found 0".into());
        }
        self.peers[from].lives(life);
        if receiver != 0 && receiver != self.life {
            let peer = &mut self.peers[from];
            (peer.answer, peer.ask) = (true, true);
            return Ok(false);
        }
        if receiver == 0 {
            // It knows nothing of this node, or no more.
            self.peers[from].forgets();
        }
        if self.learn_numbers(from, &message.who)? && self.translate(from, message).is_some() {
            let peer = &mut self.peers[from];
            if receiver == self.life && !peer.knows_this_life {
                peer.knows_this_life = true;
                self.to_catch_up.merge(&message.have);
            }
            return Ok(true);
        }
        // To one that was never heard of, it will say again what its numbers stand for.
        let peer = &mut self.peers[from];
        peer.lives(0);
        (peer.answer, peer.ask) = (true, true);
        Ok(false)
    }

    /// Takes note of what another node's numbers stand for. False if it takes this one to know
    /// more of them than it does.
    fn learn_numbers(&mut self, from: usize, who: &[(usize, usize, u32)]) -> Result<bool, String> {
        for &(number, node, life) in who {
            let replica = self.replica_of(Owner { node, life })?;
            let numbers = &mut self.peers[from].numbers;
            if number < numbers.len() {
                numbers[number] = replica;
            } else if number == numbers.len() {
                numbers.push(replica);
            } else {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// This node's number for a replica, of which it may not have known.
    fn replica_of(&mut self, owner: Owner) -> Result<usize, String> {
        let Owner { node, life } = owner;
        let count = self.peers.len();
        if node >= count || life == 0 {
            return Err(format!(
                "who: expected one of {count} nodes in a life other than 0, found {node} in {life}"
            ));
        }
        if let Some(found) = self.known.iter().position(|known| known.owner == owner) {
            return Ok(found);
        }
        let of_node = self.known.iter().filter(|known| known.owner.node == node);
        if of_node.count() >= LIVES {
            return Err(format!(
                "who: expected {LIVES} lives of node {node} at most, found another"
            ));
        }
        let replica = R::default();
        self.known.push(Known { owner, replica });
        Ok(self.known.len() - 1)
    }

    /// Puts this node's numbers in the place of the sender's. `None` if there is none for one.
    fn translate(&self, from: usize, message: &mut Message<R::Delta>) -> Option<()> {
        let numbers = &self.peers[from].numbers;
        let own = |number: usize| numbers.get(number).copied();
        let versions = |theirs: &Versions| {
            let mut translated = Versions::default();
            for (number, version) in theirs.iter().enumerate() {
                translated.raise(own(number)?, version);
            }
            Some(translated)
        };
        message.have = versions(&message.have)?;
        for (_, _, has) in message.below.iter_mut() {
            *has = versions(has)?;
        }
        for (number, _) in &mut message.news {
            *number = own(*number)?;
        }
        Some(())
    }

    /// Whether nothing can come of this node's former lives any more: every other node has heard
    /// of this one, and what it had then is here.
    pub fn has_caught_up(&self) -> bool {
        let mut others = self.others().map(|node| &self.peers[node]);
        others.all(|peer| peer.knows_this_life) && self.have.covers(&self.to_catch_up)
    }

    /// Makes the next [`Protocol::poll`] ask every node that has not heard of this one.
    pub fn catch_up(&mut self) {
        for node in self.others() {
            let peer = &mut self.peers[node];
            if !peer.knows_this_life {
                (peer.answer, peer.ask) = (true, true);
            }
        }
    }

    /// Before anything else happens: what this node knew in a former life, and has kept. Of a
    /// replica that is known already it is what follows, else it changes nothing.
    pub fn recall(&mut self, owner: Owner, delta: R::Delta) {
        let at = self.known.iter().position(|known| known.owner == owner);
        let at = at.unwrap_or_else(|| {
            // However many lives there were: these are its own words.
            let replica = R::default();
            self.known.push(Known { owner, replica });
            self.known.len() - 1
        });
        let replica = &mut self.known[at].replica;
        replica.apply(delta);
        self.have.raise(at, replica.version());
    }

    /// Whose this node's replica is.
    pub fn owner(&self) -> Owner {
        self.known[OWN].owner
    }
}
