use crate::StatelessError;
use alloy::rpc::types::Header as RpcHeader;
use alloy_primitives::B256;
use alloy_rlp::Decodable;
use autonet_bridge::Endpoint;
use autonet_primitives::{BlockInput, Header};
use autonet_rpc::{Witness, WitnessInput, WitnessPage};
use jsonrpsee::{
    core::{ClientError, client::ClientT, traits::ToRpcParams},
    http_client::{HttpClient, HttpClientBuilder},
    rpc_params,
};
use serde::de::DeserializeOwned;
use std::{fmt, time::Duration};

/// The largest witness that is taken, in bytes: twice what nodes give.
const MAX_WITNESS_BYTES: u64 = 128 << 20;
/// The largest page, in bytes of JSON: more than nodes answer.
const MAX_PAGE_BYTES: u32 = 32 << 20;
/// The largest input of a block, in bytes of JSON: two digits for each byte of a batch, and delayed messages.
const MAX_INPUT_BYTES: u32 = 40 << 20;
/// A peer executes the block before it answers.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Who has the states.
pub trait WitnessPeer {
    /// What executing `input` on the state after block `parent` reads. Nothing of it is believed.
    fn witness(&self, parent: u64, input: &BlockInput) -> impl Future<Output = Result<Witness, StatelessError>> + Send;
}

/// A node that answers `autonet_executionWitness`.
#[derive(Clone)]
pub struct RpcPeer {
    endpoint: Endpoint,
    client: HttpClient,
}

impl RpcPeer {
    /// The node at an http or https URL; nothing is asked of it yet.
    ///
    /// # Errors
    /// [`StatelessError::Url`].
    pub fn new(endpoint: &Endpoint) -> Result<Self, StatelessError> {
        let client = HttpClientBuilder::default()
            .max_request_size(MAX_INPUT_BYTES)
            .max_response_size(MAX_PAGE_BYTES)
            .request_timeout(TIMEOUT)
            .build(endpoint.expose())
            .map_err(|source| StatelessError::Url { endpoint: endpoint.clone(), source })?;
        Ok(Self { endpoint: endpoint.clone(), client })
    }
}

impl fmt::Debug for RpcPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RpcPeer").field(&self.endpoint).finish()
    }
}

impl RpcPeer {
    async fn request<T, P>(&self, method: &str, params: P) -> Result<T, ClientError>
    where
        T: DeserializeOwned,
        P: ToRpcParams + Send,
    {
        self.client.request(method, params).await.map_err(|error| match error {
            // The peer's own words may quote its URL.
            ClientError::Call(error) => ClientError::Custom(self.endpoint.hide_in(error.to_string())),
            error => error,
        })
    }

    /// The header that the node has under a hash, which is not checked here; `None` where it has no such block.
    pub(super) async fn header(&self, number: u64, hash: B256) -> Result<Option<Header>, StatelessError> {
        let block: Option<RpcHeader> = self
            .request("eth_getBlockByHash", rpc_params![hash, false])
            .await
            .map_err(|source| StatelessError::Peer { block: number, source })?;
        Ok(block.map(|header| header.inner))
    }
}

impl WitnessPeer for RpcPeer {
    async fn witness(&self, parent: u64, input: &BlockInput) -> Result<Witness, StatelessError> {
        let block = parent + 1;
        let input = WitnessInput::from(input);
        let mut bytes = Vec::new();
        loop {
            let params = rpc_params![parent, &input, bytes.len()];
            let page = self.request("autonet_executionWitness", params).await;
            let WitnessPage { size, data } = page.map_err(|source| StatelessError::Peer { block, source })?;
            bytes.extend_from_slice(&data);
            let so_far = bytes.len() as u64;
            if size > MAX_WITNESS_BYTES || so_far > size || (data.is_empty() && so_far < size) {
                return Err(StatelessError::Pages { block, size });
            }
            if so_far == size {
                break;
            }
        }
        Witness::decode(&mut &bytes[..]).map_err(|source| StatelessError::Malformed { block, source })
    }
}
