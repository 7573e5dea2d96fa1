//! The specification.

use super::Product;

/// Adds the products one by one, in order of k.
pub fn matmul(product: &Product<'_>, out: &mut [i32]) {
    let &Product { a, b, k, n, .. } = product;
    product.start(out);
    for (out, a) in out.chunks_exact_mut(n).zip(a.chunks_exact(k)) {
        for (&a, b) in a.iter().zip(b.chunks_exact(n)) {
            for (out, &b) in out.iter_mut().zip(b) {
                *out = out.wrapping_add(i32::from(a) * i32::from(b));
            }
        }
    }
}
