//! Least squares in two nonlinear parameters, by Levenberg and Marquardt from many starts.
//!
//! Our own sixty lines: the crates for it bring a matrix library for what is here a 2 × 2 system. Both parameters are positive and
//! searched as logarithms, so that no step leaves their range.
//! Source: Marquardt (1963); Nielsen's damping (1999).

/// Rounds of one descent; a start that has not come to rest by then is not the best one.
const ROUNDS_MAX: u32 = 400;

/// Step of the derivative by differences, relative in the parameter itself.
const DIFFERENCE: f64 = 1e-5;

/// Logarithms outside are at the edge of doubles.
const LOG_MAX: f64 = 60.0;

/// The parameters with the least sum of squares, and that sum. `residuals` writes them for two parameters.
pub(super) fn descend(start: [f64; 2], count: usize, residuals: &impl Fn([f64; 2], &mut [f64])) -> ([f64; 2], f64) {
    let of = |log: [f64; 2], into: &mut [f64]| {
        residuals([log[0].exp(), log[1].exp()], into);
        into.iter().map(|r| r * r).sum::<f64>()
    };
    let mut at = [start[0].ln(), start[1].ln()];
    let (mut here, mut there, mut back) = (vec![0.0; count], vec![0.0; count], vec![0.0; count]);
    let mut slopes = [vec![0.0; count], vec![0.0; count]];
    let mut sum = of(at, &mut here);
    let (mut damping, mut growth) = (1e-3, 2.0);
    for _ in 0..ROUNDS_MAX {
        for (parameter, slope) in slopes.iter_mut().enumerate() {
            let (mut up, mut down) = (at, at);
            up[parameter] += DIFFERENCE;
            down[parameter] -= DIFFERENCE;
            of(up, &mut there);
            of(down, &mut back);
            for ((slope, there), back) in slope.iter_mut().zip(&there).zip(&back) {
                *slope = (there - back) / (2.0 * DIFFERENCE);
            }
        }
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let [s, t] = &slopes;
        let (ss, st, tt) = (dot(s, s), dot(s, t), dot(t, t));
        let (gs, gt) = (dot(s, &here), dot(t, &here));
        let mut moved = false;
        // raise the damping until a step goes down
        for _ in 0..40 {
            let (a, d) = (ss * (1.0 + damping) + 1e-300, tt * (1.0 + damping) + 1e-300);
            let determinant = a * d - st * st;
            let step = [(-gs * d + gt * st) / determinant, (-gt * a + gs * st) / determinant];
            let next = [(at[0] + step[0]).clamp(-LOG_MAX, LOG_MAX), (at[1] + step[1]).clamp(-LOG_MAX, LOG_MAX)];
            let found = of(next, &mut there);
            if found < sum {
                let small = sum - found <= 1e-15 * sum && step.iter().all(|step| step.abs() < 1e-9);
                at = next;
                sum = found;
                std::mem::swap(&mut here, &mut there);
                damping = (damping / 3.0).max(1e-12);
                growth = 2.0;
                moved = !small;
                break;
            }
            damping *= growth;
            growth *= 2.0;
            if damping > 1e20 {
                break;
            }
        }
        if !moved {
            break;
        }
    }
    ([at[0].exp(), at[1].exp()], sum)
}
