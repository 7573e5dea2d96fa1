#![doc = "A whole Autonet network in one command: L1, rollup, agents; and the end-to-end tests."]
