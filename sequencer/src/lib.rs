#![doc = "The sequencer: mempool, block builder, batch poster, checkpoint poster."]
