#![doc = "Types that every Autonet node agrees on: chain configuration, L1 inbox items, blocks, commitments."]
