#![doc = "Deterministic integer machine learning: tensors, operations, gas, and the precompiles that expose them."]
