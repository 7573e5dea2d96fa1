#![doc = "RocksDB storage of a node: flat state, trie nodes, blocks, receipts, history, tensors; every block one atomic write."]
