//! Lists of numbers of which there are very many, with one number or none each: those
//! take no memory beside themselves.

use std::ops::Deref;

/// Such a list.
#[derive(Debug, Default)]
pub(super) enum Few {
    #[default]
    None,
    One(u32),
    More(Vec<u32>),
}

impl Few {
    pub(super) fn push(&mut self, number: u32) {
        match self {
            Few::None => *self = Few::One(number),
            Few::One(first) => *self = Few::More(vec![*first, number]),
            Few::More(numbers) => numbers.push(number),
        }
    }
}

impl Deref for Few {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        match self {
            Few::None => &[],
            Few::One(number) => std::slice::from_ref(number),
            Few::More(numbers) => numbers,
        }
    }
}

impl<'a> IntoIterator for &'a Few {
    type Item = &'a u32;
    type IntoIter = std::slice::Iter<'a, u32>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_list() {
        let mut few = Few::default();
        for length in 0..5 {
            assert_eq!(&*few, &[7, 8, 9, 10][..length.min(4)]);
            few.push(7 + length as u32);
        }
        assert_eq!((&few).into_iter().sum::<u32>(), 45);
    }
}
