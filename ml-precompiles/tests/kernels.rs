//! Kernels equal the scalar specification bit for bit, and so do whole operations on any number of threads.

#![cfg(all(feature = "std", target_arch = "x86_64"))]

mod kernels {
    mod elements;
    mod models;
    mod operations;
    mod products;
    mod support;
    mod vision;
}
