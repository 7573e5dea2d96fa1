use std::time::Duration;

/// The bounds of what one server does for its callers. A caller who hits one is told which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcConfig {
    /// Largest request, in bytes. The default holds the input of any block whose transactions all fit into its gas, for
    /// `autonet_executionWitness`.
    pub max_request_bytes: u32,
    /// Largest response, in bytes.
    pub max_response_bytes: u32,
    /// Connections open at once, HTTP and WebSocket together.
    pub max_connections: u32,
    /// Subscriptions of one WebSocket connection.
    pub max_subscriptions: u32,
    /// Calls in one batch.
    pub max_batch: u32,
    /// Reads (blocks, accounts, transactions) that run at once.
    pub max_reads: usize,
    /// Costly requests (calls, estimates, logs, proofs, fee histories) that run at once.
    pub max_calls: usize,
    /// How long a request waits for its turn.
    pub max_wait: Duration,
    /// Gas of one `eth_call` or `eth_estimateGas`.
    pub max_call_gas: u64,
    /// Blocks that one `eth_getLogs` searches.
    pub max_log_blocks: u64,
    /// Logs that one `eth_getLogs` returns.
    pub max_logs: usize,
    /// Blocks of one `eth_feeHistory`; more are cut off, as the method's specification has it.
    pub max_fee_history_blocks: u64,
    /// Storage keys of one `eth_getProof`.
    pub max_proof_keys: usize,
    /// Bytes of trie nodes, code and tensors that one `autonet_executionWitness` reads.
    pub max_witness_bytes: usize,
}

impl Default for RpcConfig {
    fn default() -> Self {
        Self {
            max_request_bytes: 16 << 20,
            max_response_bytes: 25 << 20,
            max_connections: 1_000,
            max_subscriptions: 64,
            max_batch: 1_000,
            max_reads: 64,
            max_calls: 16,
            max_wait: Duration::from_secs(10),
            max_call_gas: 50_000_000,
            max_log_blocks: 10_000,
            max_logs: 10_000,
            max_fee_history_blocks: 1_024,
            max_proof_keys: 1_024,
            max_witness_bytes: 64 << 20,
        }
    }
}
