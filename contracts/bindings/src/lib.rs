#![doc = "Rust bindings and bytecode of the Autonet contracts, from the committed artifacts."]
