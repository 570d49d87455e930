//! What a quantile is, in results, on pages and in charts alike: Jepsen's definition, so
//! that `results.edn` has Maelstrom's figures.

/// Quantile `q`, from 0 to 1, of `n` values in their order: the one at the place `n * q`,
/// cut to a whole number and counted from 0, or the last. None of no values.
///
/// It is one of the values, and of two in the middle the greater. (Jepsen has the same in
/// `checker.clj` and in `checker/perf.clj`.)
///
/// ```
/// use history::quantile;
///
/// assert_eq!(quantile(&[1, 2, 3, 4], 0.5), Some(3));
/// assert_eq!(quantile(&[1, 2, 3, 4], 1.0), Some(4));
/// assert_eq!(quantile::<i64>(&[], 0.5), None);
/// ```
pub fn quantile<T: Copy>(sorted: &[T], q: f64) -> Option<T> {
    let place = (sorted.len() as f64 * q) as usize;
    sorted.get(place).or(sorted.last()).copied()
}
