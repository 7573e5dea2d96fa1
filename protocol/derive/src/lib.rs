#![doc = "Derivation: inbox to batches to block inputs, and back; a pure function of the L1 inbox."]
