#![doc = "The Proof-of-Intelligence roles: proposer, solver, coordinator, aggregator; binary autonet-agent."]
