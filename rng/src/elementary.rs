//! The logarithm and the exponential function, of additions, multiplications and divisions alone:
//! these have one right result each (IEEE 754), so what follows is the same on every system. Those
//! of the systems' C libraries differ in the last bit.

/// ln 2 as a number with 21 bits of zeros at its end, and what it lacks.
const LN_2: [f64; 2] = [
    f64::from_bits(0x3fe6_2e42_fee0_0000),
    f64::from_bits(0x3dea_39ef_3579_3c76),
];

/// The natural logarithm of a normal number above 0.
pub(super) fn ln(x: f64) -> f64 {
    // x = m * 2^e, with m from 0.75 up to 1.5.
    let bits = x.to_bits();
    let (mut exponent, fraction) = ((bits >> 52) as i32 - 1023, bits << 12 >> 12);
    let mut m = f64::from_bits(fraction | 1023 << 52);
    if m >= 1.5 {
        (m, exponent) = (m / 2.0, exponent + 1);
    }
    // ln m = 2 artanh s, whose series is s + s^3/3 + s^5/5 and so on.
    let s = (m - 1.0) / (m + 1.0);
    let series = (1..=12)
        .rev()
        .fold(0.0, |sum, n| sum * s * s + 1.0 / f64::from(2 * n - 1));
    let e = f64::from(exponent);
    e * LN_2[0] + (2.0 * s * series + e * LN_2[1])
}

/// e to the power of a number from -700 to 700.
pub(super) fn exp(x: f64) -> f64 {
    // x = k ln 2 + r, with r from -ln 2 / 2 to ln 2 / 2.
    let k = (x / std::f64::consts::LN_2).round();
    let r = (x - k * LN_2[0]) - k * LN_2[1];
    let series = (1..=16)
        .rev()
        .fold(1.0, |sum, n| 1.0 + sum * r / f64::from(n));
    series * f64::from_bits(((k as i64 + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rng;

    #[test]
    fn they_are_the_systems_but_for_the_last_bits() {
        let rng = Rng::new(1);
        let is_near = |ours: f64, its: f64| (ours - its).abs() <= 1e-15 * its.abs().max(0.01);
        for _ in 0..100_000 {
            let x = (1.0 - rng.f64()) * [1.0, 1.0, 1e3, 1e-3][rng.below(4) as usize];
            assert!(is_near(ln(x), x.ln()), "ln {x}: {} {}", ln(x), x.ln());
            let x = (rng.f64() - 0.5) * 20.0;
            assert!(is_near(exp(x), x.exp()), "exp {x}: {} {}", exp(x), x.exp());
        }
        assert_eq!([ln(1.0), exp(0.0)], [0.0, 1.0]);
    }
}
