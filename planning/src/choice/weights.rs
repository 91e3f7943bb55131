//! Weights by least squares: not negative, and for distributions summing to one.

#![expect(clippy::needless_range_loop, reason = "rows and columns of a matrix are clearer by their numbers")]

/// Sums of products for least squares of `K` regressors.
#[derive(Debug, Clone)]
pub(super) struct Normal<const K: usize> {
    products: [[f64; K]; K],
    targets: [f64; K],
}

impl<const K: usize> Normal<K> {
    pub(super) fn new() -> Self {
        Self { products: [[0.0; K]; K], targets: [0.0; K] }
    }

    pub(super) fn add(&mut self, x: &[f64; K], y: f64, weight: f64) {
        for i in 0..K {
            let scaled = x[i] * weight;
            self.targets[i] += scaled * y;
            for j in 0..K {
                self.products[i][j] += scaled * x[j];
            }
        }
    }

    fn trace(&self) -> f64 {
        (0..K).map(|i| self.products[i][i]).sum::<f64>().max(1e-300)
    }

    /// The not-negative weights with the least squared error, drawn to `start` by `ridge` of the mean diagonal.
    pub(super) fn not_negative(&self, start: [f64; K], ridge: f64) -> [f64; K] {
        let ridge = ridge * self.trace() / K as f64;
        let mut w = start;
        for _ in 0..400 {
            for i in 0..K {
                let mut gradient = self.targets[i] + ridge * start[i];
                for j in 0..K {
                    if j != i {
                        gradient -= self.products[i][j] * w[j];
                    }
                }
                w[i] = (gradient / (self.products[i][i] + ridge).max(1e-300)).max(0.0);
            }
        }
        w
    }

    /// The weights that sum to one, by moving weight between pairs; drawn to `start` by `ridge` of the mean diagonal.
    pub(super) fn shares(&self, start: [f64; K], ridge: f64) -> [f64; K] {
        let ridge = ridge * self.trace() / K as f64;
        let mut w = start;
        let mut slope = [0.0; K];
        for i in 0..K {
            slope[i] = -self.targets[i] + (0..K).map(|j| self.products[i][j] * w[j]).sum::<f64>();
        }
        for _ in 0..200 {
            let mut moved = 0.0_f64;
            for i in 0..K {
                for j in 0..K {
                    if i == j {
                        continue;
                    }
                    let curve = self.products[i][i] + self.products[j][j] - 2.0 * self.products[i][j] + 2.0 * ridge;
                    let down = slope[j] - slope[i] + ridge * (w[j] - start[j] - w[i] + start[i]);
                    let step = (down / curve.max(1e-300)).clamp(-w[i], w[j]);
                    if step.abs() < 1e-12 {
                        continue;
                    }
                    w[i] += step;
                    w[j] -= step;
                    for k in 0..K {
                        slope[k] += step * (self.products[k][i] - self.products[k][j]);
                    }
                    moved = moved.max(step.abs());
                }
            }
            if moved < 1e-6 {
                break;
            }
        }
        w
    }
}
