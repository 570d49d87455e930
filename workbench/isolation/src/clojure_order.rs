//! The order in which Elle goes through its hash maps and sets. Where several
//! cycles or longest lists would do, Elle takes the first that it meets, and
//! some verdicts depend on which that is.
//!
//! Two facts make that order: Clojure hashes integers and vectors with
//! MurmurHash3, and both Clojure's and Bifurcan's tables are tries that branch
//! by five bits of the hash, the lowest first (Bagwell, "Ideal Hash Trees",
//! 2001; Steindorfer and Vinju, "Optimizing Hash-Array Mapped Tries", OOPSLA
//! 2015).

use std::cmp::Ordering;

use history::edn::Value;

/// The bits by which a trie branches.
const BITS: u32 = 5;

/// Clojure's hash of an integer.
pub fn hash_integer(int: i64) -> u32 {
    match int {
        0 => 0,
        int => murmur3(&[int as u32, (int >> 32) as u32], 8),
    }
}

/// Clojure's hash of a vector of integers. Anything else in it counts as 0.
pub fn hash_vector<'a>(items: impl Iterator<Item = &'a Value>) -> u32 {
    let (mut hash, mut count) = (1_u32, 0);
    for item in items {
        let item = item.as_int().map_or(0, hash_integer);
        hash = hash.wrapping_mul(31).wrapping_add(item);
        count += 1;
    }
    murmur3(&[hash], count)
}

/// MurmurHash3 (32 bits, seed 0) of words, for this length.
fn murmur3(words: &[u32], length: u32) -> u32 {
    let mut hash = 0_u32;
    for word in words {
        let word = word.wrapping_mul(0xcc9e_2d51).rotate_left(15);
        hash ^= word.wrapping_mul(0x1b87_3593);
        hash = hash
            .rotate_left(13)
            .wrapping_mul(5)
            .wrapping_add(0xe654_6b64);
    }
    hash ^= length;
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}

/// Which of two hashes comes first in a Clojure set.
pub fn compare_in_set(a: u32, b: u32) -> Ordering {
    let branches = |hash: u32| {
        (0..u32::BITS)
            .step_by(BITS as usize)
            .map(move |s| branch(hash, s))
    };
    branches(a).cmp(branches(b))
}

/// Which branch a hash takes at a level.
fn branch(hash: u32, shift: u32) -> u32 {
    hash >> shift & ((1 << BITS) - 1)
}

/// The hash of an operation in Elle's graphs: of its index, spread as Bifurcan
/// spreads it.
pub fn hash_operation(index: usize) -> u32 {
    let mut hash = hash_integer(index as i64);
    // It becomes a signed 64-bit number, whose halves are joined.
    if hash as i32 <= -1 {
        hash = !hash;
    }
    hash ^= (hash >> 20) ^ (hash >> 12);
    hash ^ (hash >> 7) ^ (hash >> 4)
}

/// Brings what has these hashes in the order of a Bifurcan map: in each node of
/// the trie, first what is alone in its branch, then the further nodes.
pub fn sort_as_map<T: Copy>(items: &mut [(u32, T)]) {
    sort_node(items, 0);
}

fn sort_node<T: Copy>(items: &mut [(u32, T)], shift: u32) {
    if items.len() < 2 || shift >= u32::BITS {
        return;
    }
    items.sort_by_key(|(hash, _)| branch(*hash, shift));
    let sorted = items.to_vec();
    let groups = || sorted.chunk_by(|a, b| branch(a.0, shift) == branch(b.0, shift));
    let alone = groups().filter(|group| group.len() == 1).flatten();
    let mut at = 0;
    for item in alone {
        items[at] = *item;
        at += 1;
    }
    for group in groups().filter(|group| group.len() > 1) {
        let node = &mut items[at..at + group.len()];
        node.copy_from_slice(group);
        sort_node(node, shift + BITS);
        at += group.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use history::edn;

    /// What `(hash x)` gives in Clojure.
    #[test]
    fn hashes_are_clojures() {
        let vector = |text: &str| {
            let value = edn::read(text).unwrap();
            hash_vector(value.items().unwrap().iter()) as i32
        };
        assert_eq!(hash_integer(0), 0);
        assert_eq!(hash_integer(1) as i32, 1_392_991_556);
        assert_eq!(vector("[]"), -2_017_569_654);
        assert_eq!(vector("[1 2 3]"), 736_442_005);
    }

    #[test]
    fn what_shares_a_branch_comes_after_what_does_not() {
        let mut items: Vec<(u32, char)> = vec![
            (0b00001_00000, 'a'),
            (0b00000_00000, 'b'),
            (0b00111, 'c'),
            (0b00001_11111, 'd'),
            (0b00000_11111, 'e'),
            (0b00011, 'f'),
        ];
        sort_as_map(&mut items);
        let order: String = items.iter().map(|(_, name)| name).collect();
        assert_eq!(order, "fcbaed");
    }
}
