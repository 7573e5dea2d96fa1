#![doc = "The Merkle-Patricia trie over a node source: a database, or a witness."]
