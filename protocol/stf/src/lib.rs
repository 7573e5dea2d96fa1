#![doc = "The state-transition function: what one block does to the state, on revm."]
