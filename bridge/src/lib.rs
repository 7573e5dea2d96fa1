#![doc = "The off-chain half of L1: inbox reader, transaction sender, deposits, withdrawal proofs; binary autonet-bridge."]
