#![doc = "The verifier: derives the chain from L1 alone, executes it, and checks every checkpoint."]
