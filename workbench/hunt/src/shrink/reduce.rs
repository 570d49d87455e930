//! Fewer items of a list: delta debugging.

/// Keeps as few of `count` items as the caller can do with. `works` is given the places of
/// those to keep, in order, and takes them over if they will do.
///
/// First none at all are tried, then each half, quarter and so on by itself is left out; at
/// the end, none of those that are left can be.
pub(super) fn reduce(count: usize, works: &mut dyn FnMut(&[usize]) -> bool) {
    let mut kept: Vec<usize> = (0..count).collect();
    if count == 0 || works(&[]) {
        return;
    }
    let mut chunk = count.div_ceil(2);
    loop {
        let mut begin = 0;
        let mut less = false;
        while begin < kept.len() {
            let end = (begin + chunk).min(kept.len());
            let rest = [&kept[..begin], &kept[end..]].concat();
            // (None at all was tried.)
            if !rest.is_empty() && works(&rest) {
                kept = rest;
                less = true;
            } else {
                begin = end;
            }
        }
        if chunk == 1 && !less {
            return;
        }
        chunk = match less {
            true => chunk.min(kept.len().div_ceil(2)),
            false => chunk.div_ceil(2),
        }
        .max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reduces so many items to those that are needed, and says how many attempts it took.
    fn attempts(count: usize, needed: &[usize]) -> usize {
        let mut last: Vec<usize> = (0..count).collect();
        let mut attempts = 0;
        reduce(count, &mut |kept| {
            attempts += 1;
            assert!(kept.is_sorted() && kept.len() < last.len());
            let works = needed.iter().all(|item| kept.contains(item));
            if works {
                last = kept.to_vec();
            }
            works
        });
        assert_eq!(last, needed);
        attempts
    }

    #[test]
    fn what_is_needed_is_left() {
        assert_eq!(attempts(1000, &[]), 1);
        assert_eq!(attempts(1, &[0]), 1);
        for needed in [&[0][..], &[999], &[17, 18], &[0, 500, 999], &[1, 2, 3, 990]] {
            let attempts = attempts(1000, needed);
            assert!(attempts < 120, "{needed:?}: {attempts}");
        }
        let all: Vec<usize> = (0..20).collect();
        attempts(20, &all);
    }

    #[test]
    fn what_is_left_depends_on_nothing_that_was_left_out() {
        // Of 0 to 9 one is needed, whichever.
        let mut last = Vec::new();
        reduce(100, &mut |kept| {
            let works = kept.iter().any(|item| *item < 10);
            if works {
                last = kept.to_vec();
            }
            works
        });
        assert_eq!(last.len(), 1);
    }
}
