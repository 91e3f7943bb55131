//! Special functions, to about 1e-13 relative over the whole range of doubles.
//!
//! Error function and log-gamma come from `libm` (musl's, maintained beside the Rust compiler, no dependency). The regularised
//! incomplete gamma and beta functions are ours: those of `statrs` and `puruspe` take their prefix as `exp` of a difference of
//! log-gammas and lose 5 to 8 digits at the parameters that long lead times and large means give.
//!
//! Sources: Loader, *Fast and accurate computation of binomial probabilities* (2000) for the prefixes; Temme, *SIAM J. Math.
//! Anal.* 10 (1979) 757 for the incomplete gamma of large parameters; Lentz's continued fractions (DLMF 8.9.2, 8.17.22);
//! Wichura, AS 241 (1988) for the normal quantile.

#![expect(clippy::excessive_precision, reason = "constants as they are published")]

use std::f64::consts::{PI, SQRT_2};

/// Steps of a series or continued fraction. Those here take fewer than 9·√parameter; past it the next term is below rounding.
const STEPS_MAX: u32 = 2_000_000;

/// From this parameter on, the incomplete gamma is taken from Temme's expansion near its mean.
const TEMME_FROM: f64 = 5_000.0;

/// Half of ln 2π.
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

/// `ln Γ(x)` for `x > 0`.
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// The error function.
#[must_use]
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

/// The complementary error function, exact where it is small.
#[must_use]
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// Density of the standard normal.
#[must_use]
pub fn normal_density(z: f64) -> f64 {
    (-0.5 * z * z - HALF_LN_TAU).exp()
}

/// `P(Z <= z)` of the standard normal.
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * erfc(-z / SQRT_2)
}

/// The standard normal's quantile; infinite at 0 and 1 and beyond.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if p.is_nan() {
        return 0.0;
    }
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * ratio(r, &WICHURA_CENTRE);
    }
    let r = (-p.min(1.0 - p).ln()).sqrt();
    let z = if r <= 5.0 { ratio(r - 1.6, &WICHURA_SIDE) } else { ratio(r - 5.0, &WICHURA_TAIL) };
    z.copysign(q)
}

/// `ln(1 + x) - x` would cancel; this is `x·ln(x/m) + m - x`, Loader's deviance, for `x, m > 0`.
pub(super) fn deviance(x: f64, m: f64) -> f64 {
    if (x - m).abs() >= 0.1 * (x + m) {
        return x * (x / m).ln() + m - x;
    }
    let v = (x - m) / (x + m);
    let mut sum = (x - m) * v;
    let mut term = 2.0 * x * v;
    for j in 1..1_000_u32 {
        term *= v * v;
        let next = sum + term / f64::from(2 * j + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// `ln Γ(x+1) - (x+½)·ln x + x - ½·ln 2π` for `x > 0`: what Stirling's formula leaves out.
pub(super) fn stirling_error(x: f64) -> f64 {
    if x < 15.0 {
        return ln_gamma(x + 1.0) - (x + 0.5) * x.ln() + x - HALF_LN_TAU;
    }
    let r = 1.0 / (x * x);
    (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r * (1.0 / 1680.0 - r * (1.0 / 1188.0))))) / x
}

/// `m^x·e^-m / Γ(x+1)` for real `x >= 0`, `m >= 0`.
pub(super) fn poisson_density(x: f64, m: f64) -> f64 {
    if m <= 0.0 {
        return f64::from(u8::from(x == 0.0));
    }
    if x == 0.0 {
        return (-m).exp();
    }
    if x < 1e-290 || m < 1e-290 {
        return (x * m.ln() - m - ln_gamma(x + 1.0)).exp();
    }
    (-stirling_error(x) - deviance(x, m)).exp() / (2.0 * PI * x).sqrt()
}

/// `Γ(n+1)/(Γ(x+1)Γ(n-x+1))·p^x·q^(n-x)` for real `0 <= x <= n`, where `rest = n - x` and `q = 1 - p` are given too, so that nothing
/// cancels.
pub(super) fn binomial_density(x: f64, rest: f64, p: f64, q: f64) -> f64 {
    let n = x + rest;
    if x == 0.0 {
        return (rest * ln_of(q, p)).exp();
    }
    if rest == 0.0 {
        return (x * ln_of(p, q)).exp();
    }
    if p <= 0.0 || q <= 0.0 {
        return 0.0;
    }
    let exponent =
        stirling_error(n) - stirling_error(x) - stirling_error(rest) - deviance(x, n * p) - deviance(rest, n * q);
    exponent.exp() * (n / (2.0 * PI * x * rest)).sqrt()
}

/// `ln p`, where `q = 1 - p` may be the more exact of the two.
fn ln_of(p: f64, q: f64) -> f64 {
    if q < 0.5 { (-q).ln_1p() } else { p.ln() }
}

/// The regularised incomplete gamma functions `(P(a, x), Q(a, x))`, `a > 0`, `x >= 0`.
#[must_use]
pub fn gamma_pq(a: f64, x: f64) -> (f64, f64) {
    if x.is_nan() || x <= 0.0 {
        return (0.0, 1.0);
    }
    if a.is_nan() || a <= 0.0 || x == f64::INFINITY {
        return (1.0, 0.0);
    }
    if a >= TEMME_FROM && (x - a).abs() < 0.35 * a {
        return gamma_pq_temme(a, x);
    }
    if x < a + 1.0 {
        let p = gamma_p_series(a, x).min(1.0);
        (p, 1.0 - p)
    } else {
        let q = gamma_q_fraction(a, x).min(1.0);
        (1.0 - q, q)
    }
}

fn gamma_p_series(a: f64, x: f64) -> f64 {
    let (mut sum, mut term, mut n) = (1.0, 1.0, a);
    for _ in 0..STEPS_MAX {
        n += 1.0;
        term *= x / n;
        sum += term;
        if term < sum * f64::EPSILON * 0.25 {
            break;
        }
    }
    sum * poisson_density(a, x)
}

fn gamma_q_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut h = d;
    for i in 1..STEPS_MAX {
        let i = f64::from(i);
        let an = -i * (i - a);
        b += 2.0;
        d = 1.0 / away_from_zero(an * d + b);
        c = away_from_zero(b + an / c);
        let delta = d * c;
        h *= delta;
        if (delta - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    // x^a·e^-x/Γ(a), from the density at a
    h * a * poisson_density(a, x)
}

/// `½ erfc(±η√(a/2)) ± R`, `½η² = λ - 1 - ln λ`, `λ = x/a`.
fn gamma_pq_temme(a: f64, x: f64) -> (f64, f64) {
    // deviance(a, x) = a·ln(a/x) + x - a = a·η²/2
    let exponent = deviance(a, x).max(0.0);
    let eta = (2.0 * exponent / a).sqrt().copysign(x - a);
    let rest = TEMME.iter().rev().fold(0.0, |sum, row| sum / a + polynomial(eta, row));
    let rest = rest * (-exponent).exp() / (2.0 * PI * a).sqrt();
    let tail = 0.5 * erfc(exponent.sqrt());
    if eta >= 0.0 {
        let q = (tail + rest).clamp(0.0, 1.0);
        (1.0 - q, q)
    } else {
        let p = (tail - rest).clamp(0.0, 1.0);
        (p, 1.0 - p)
    }
}

/// The regularised incomplete beta function and its complement `(I_x(a, b), 1 - I_x(a, b))`, `a, b > 0`. `y = 1 - x` is given too,
/// so that it may be small.
#[must_use]
pub fn beta_pq(a: f64, b: f64, x: f64, y: f64) -> (f64, f64) {
    if x.is_nan() || x <= 0.0 {
        return (0.0, 1.0);
    }
    if y.is_nan() || y <= 0.0 || a.is_nan() || a <= 0.0 || b == f64::INFINITY {
        return (1.0, 0.0);
    }
    // x^a·y^b/B(a, b)
    let prefix = (a / (a + b)) * b * binomial_density(a, b, x, y);
    // x < (a+1)/(a+b+2), with neither side rounded to 1
    if x * (b + 1.0) < (a + 1.0) * y {
        let p = (prefix * beta_fraction(a, b, x) / a).clamp(0.0, 1.0);
        (p, 1.0 - p)
    } else {
        let q = (prefix * beta_fraction(b, a, y) / b).clamp(0.0, 1.0);
        (1.0 - q, q)
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) / (a + 1.0) * x);
    let mut h = d;
    for m in 1..STEPS_MAX {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * ((a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        let delta = d * c;
        h *= delta;
        if (delta - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    h
}

/// Lentz's guard: a denominator that vanishes is moved off zero.
const TINY: f64 = 1e-300;

fn away_from_zero(x: f64) -> f64 {
    if x.abs() < TINY { TINY } else { x }
}

fn polynomial(x: f64, coefficients: &[f64]) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

struct Ratio {
    above: [f64; 8],
    below: [f64; 8],
}

fn ratio(r: f64, of: &Ratio) -> f64 {
    polynomial(r, &of.above) / polynomial(r, &of.below)
}

const WICHURA_CENTRE: Ratio = Ratio {
    above: [
        3.387_132_872_796_366_608,
        133.141_667_891_784_377_45,
        1_971.590_950_306_551_442_7,
        13_731.693_765_509_461_125,
        45_921.953_931_549_871_457,
        67_265.770_927_008_700_853,
        33_430.575_583_588_128_105,
        2_509.080_928_730_122_672_7,
    ],
    below: [
        1.0,
        42.313_330_701_600_911_252,
        687.187_007_492_057_908_3,
        5_394.196_021_424_751_107_7,
        21_213.794_301_586_595_867,
        39_307.895_800_092_710_61,
        28_729.085_735_721_942_674,
        5_226.495_278_852_854_561,
    ],
};

const WICHURA_SIDE: Ratio = Ratio {
    above: [
        1.423_437_110_749_683_577_34,
        4.630_337_846_156_545_295_9,
        5.769_497_221_460_691_405_5,
        3.647_848_324_763_204_605_04,
        1.270_458_252_452_368_382_58,
        0.241_780_725_177_450_611_77,
        0.022_723_844_989_269_184_583_3,
        7.745_450_142_783_414_076_4e-4,
    ],
    below: [
        1.0,
        2.053_191_626_637_758_821_87,
        1.676_384_830_183_803_849_4,
        0.689_767_334_985_100_004_55,
        0.148_103_976_427_480_074_59,
        0.015_198_666_563_616_457_196_6,
        5.475_938_084_995_344_946e-4,
        1.050_750_071_644_416_843_24e-9,
    ],
};

const WICHURA_TAIL: Ratio = Ratio {
    above: [
        6.657_904_643_501_103_777_2,
        5.463_784_911_164_114_369_9,
        1.784_826_539_917_291_335_8,
        0.296_560_571_828_504_891_23,
        0.026_532_189_526_576_123_093,
        1.242_660_947_388_078_438_6e-3,
        2.711_555_568_743_487_578_15e-5,
        2.010_334_399_292_288_132_65e-7,
    ],
    below: [
        1.0,
        0.599_832_206_555_887_937_69,
        0.136_929_880_922_735_805_31,
        0.014_875_361_290_850_614_852_5,
        7.868_691_311_456_132_591e-4,
        1.846_318_317_510_054_681_8e-5,
        1.421_511_758_316_445_888_7e-7,
        2.044_263_103_389_939_785_64e-15,
    ],
};

/// Temme's `C_k(η)`, as power series: from `½η² = μ - ln(1+μ)`, `C_0 = 1/μ - 1/η`, `η·C_k = C'_{k-1} + γ_k·η/μ`.
const TEMME: [[f64; 14]; 4] = [
    [
        -0.333_333_333_333_333_3,
        0.083_333_333_333_333_33,
        -0.014_814_814_814_814_815,
        0.001_157_407_407_407_407_3,
        0.000_352_733_686_067_019_4,
        -0.000_178_755_144_032_921_8,
        3.919_263_178_522_438e-5,
        -2.185_448_510_679_992e-6,
        -1.854_062_210_715_16e-6,
        8.296_711_340_953_087e-7,
        -1.766_595_273_682_607_8e-7,
        6.707_853_543_401_498e-9,
        1.026_180_978_424_030_9e-8,
        -4.382_036_018_453_353e-9,
    ],
    [
        -0.001_851_851_851_851_852,
        -0.003_472_222_222_222_222,
        0.002_645_502_645_502_645_4,
        -0.000_990_226_337_448_559_6,
        0.000_205_761_316_872_427_98,
        -4.018_775_720_164_609e-7,
        -1.809_855_033_448_997_7e-5,
        7.649_160_916_081_11e-6,
        -1.612_090_089_456_344_6e-6,
        4.647_127_802_807_434e-9,
        1.378_633_446_915_721e-7,
        -5.752_545_603_517_705e-8,
        1.195_162_859_977_814_8e-8,
        -1.754_324_171_974_764_7e-11,
    ],
    [
        0.004_133_597_883_597_883,
        -0.002_681_327_160_493_827_3,
        0.000_771_604_938_271_604_9,
        2.009_387_860_082_304_7e-6,
        -0.000_107_366_532_263_651_6,
        5.292_344_882_912_012_5e-5,
        -1.276_063_518_861_872_8e-5,
        3.423_578_734_096_138e-8,
        1.372_195_730_906_293_4e-6,
        -6.298_992_138_380_055e-7,
        1.428_061_420_606_424_2e-7,
        -2.047_709_842_199_086_6e-10,
        -1.409_252_991_086_752e-8,
        6.228_974_084_922_022e-9,
    ],
    [
        0.000_649_434_156_378_600_8,
        0.000_229_472_093_621_399_17,
        -0.000_469_189_494_395_255_7,
        0.000_267_720_632_062_838_85,
        -7.561_801_671_883_977e-5,
        -2.396_505_113_867_297e-7,
        1.108_265_411_534_730_2e-5,
        -5.674_952_826_991_596_5e-6,
        1.423_090_073_243_588_3e-6,
        -2.786_108_002_915_281_3e-11,
        -1.695_840_409_193_027_8e-7,
        8.099_464_905_388_083e-8,
        -1.911_116_848_597_365_5e-8,
        2.392_862_043_980_811_8e-12,
    ],
];
