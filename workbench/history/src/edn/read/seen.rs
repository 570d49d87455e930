//! What a text says again. A history names each key and each step of a transaction many
//! times, nearly always soon after the last: what is written alike is the same value, once in
//! memory, and is read but once.

use crate::edn::Value;

/// The lists and strings that were read last, with their text.
#[derive(Default)]
pub(super) struct Seen<'a> {
    /// Each at the place that its text's hash gives; as many as a power of two, or none yet.
    values: Vec<Option<(&'a str, Value)>>,
}

/// A text that may have been seen, with its hash.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'a> {
    text: &'a str,
    hash: u64,
}

/// How long what is remembered may be, in bytes: as long as a step of a transaction, or a
/// short list.
const LONGEST: usize = 64;

/// How many are remembered: as many as the nearer caches of a processor hold.
const MOST: usize = 1 << 11;

/// A text that is no longer is not worth the memory.
const LEAST: usize = 1 << 12;

impl<'a> Candidate<'a> {
    /// The beginning of a text up to the first bracket that closes, if nothing opens before.
    pub(super) fn list(text: &'a str) -> Option<Self> {
        let is_bracket = |byte: &u8| matches!(byte, b'[' | b']');
        let inside = text.as_bytes().get(1..)?.iter().take(LONGEST);
        let length = 2 + inside.clone().position(is_bracket)?;
        (text.as_bytes()[length - 1] == b']').then(|| Candidate::new(&text[..length]))
    }

    /// A string, which is all of this text, with its quotes; if it is not long.
    pub(super) fn string(text: &'a str) -> Option<Self> {
        (text.len() <= LONGEST).then(|| Candidate::new(text))
    }

    /// How many bytes it is of.
    pub(super) fn length(self) -> usize {
        self.text.len()
    }

    fn new(text: &'a str) -> Self {
        let mut hash = text.len() as u64;
        let mut mix = |word: u64| {
            hash = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            hash ^= hash >> 32;
        };
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        words.iter().for_each(|word| mix(u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        mix(u64::from_le_bytes(last));
        Candidate { text, hash }
    }
}

impl<'a> Seen<'a> {
    /// For a text of this many bytes.
    pub(super) fn in_text(length: usize) -> Self {
        let count = match length < LEAST {
            true => 0,
            false => (length / LONGEST).next_power_of_two().min(MOST),
        };
        let mut values = Vec::new();
        values.resize_with(count, || None);
        Seen { values }
    }

    fn place(&self, candidate: Candidate<'_>) -> usize {
        candidate.hash as usize & self.values.len().wrapping_sub(1)
    }

    /// What was read of the same text.
    pub(super) fn get(&self, candidate: Candidate<'_>) -> Option<&Value> {
        let (text, value) = self.values.get(self.place(candidate))?.as_ref()?;
        (*text == candidate.text).then_some(value)
    }

    /// Remembers what was read.
    pub(super) fn put(&mut self, candidate: Candidate<'a>, value: &Value) {
        let place = self.place(candidate);
        if let Some(known) = self.values.get_mut(place) {
            *known = Some((candidate.text, value.clone()));
        }
    }
}
