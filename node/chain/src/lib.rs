#![doc = "The chain of a running node: executes block inputs on storage, tracks unsafe, safe and finalized heads, unwinds reorgs."]
