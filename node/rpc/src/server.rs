use crate::{
    Clock, L1Position, RpcConfig, TransactionPool,
    api::{AutonetApiServer, EthApiServer, NetApiServer, TxpoolApiServer, Web3ApiServer},
    handlers::Api,
    meter::MeterLayer,
    reader::Reader,
};
use autonet_chain::Chain;
use jsonrpsee::{
    Methods, RpcModule,
    core::{RegisterMethodError, middleware::RpcServiceBuilder, traits::IdProvider},
    server::{BatchRequestConfig, PingConfig, Server, ServerConfig, ServerHandle},
    types::SubscriptionId,
};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::cors::{Any, CorsLayer};

/// How long a stopping server waits for the requests under way.
const GRACE: Duration = Duration::from_secs(10);

/// What a server serves.
#[derive(Clone)]
pub struct Node {
    /// The chain.
    pub chain: Chain,
    /// Where users' transactions go; none where the node only reads.
    pub pool: Option<Arc<dyn TransactionPool>>,
    /// How far L1 has been read.
    pub l1: watch::Receiver<L1Position>,
    /// The time of a pending block.
    pub clock: Clock,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address is taken, or is not one of this machine.
    #[error("JSON-RPC cannot be served at {addr} ({source}): stop the process that uses it, or choose another address")]
    Bind {
        /// Where it should be served.
        addr: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// Two methods have the same name.
    #[error(transparent)]
    Method(#[from] RegisterMethodError),
}

/// A running server; it goes on when this is dropped, until its token is cancelled.
#[derive(Debug)]
pub struct RpcServer {
    addr: SocketAddr,
    handle: ServerHandle,
    shutdown: CancellationToken,
}

impl RpcServer {
    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Waits until the token is cancelled and the requests under way are answered; for the latter 10 seconds at most.
    pub async fn stopped(self) {
        self.shutdown.cancelled().await;
        if timeout(GRACE, self.handle.stopped()).await.is_err() {
            tracing::warn!(addr = %self.addr, "requests cut off");
        }
    }
}

/// Serves JSON-RPC over HTTP and WebSocket at `addr` until `shutdown` is cancelled. Port 0 takes a free one.
///
/// # Errors
/// [`ServeError::Bind`] where the address is taken.
pub async fn serve(
    addr: SocketAddr,
    node: Node,
    config: RpcConfig,
    shutdown: CancellationToken,
) -> Result<RpcServer, ServeError> {
    let server_config = server_config(&config);
    let Node { chain, pool, l1, clock } = node;
    let methods = methods(Api::new(Reader { chain, pool, clock, limits: config }, l1))?;
    let cors = CorsLayer::new().allow_origin(Any).allow_methods(Any).allow_headers(Any);
    let bind_error = |source| ServeError::Bind { addr, source };
    let server = Server::builder()
        .set_config(server_config)
        .set_http_middleware(ServiceBuilder::new().layer(cors))
        .set_rpc_middleware(RpcServiceBuilder::new().layer(MeterLayer::new(&methods)))
        .build(addr)
        .await
        .map_err(bind_error)?;
    let addr = server.local_addr().map_err(bind_error)?;
    let handle = server.start(methods);
    tokio::spawn(stop_on(shutdown.clone(), handle.clone()));
    tracing::info!(%addr, "JSON-RPC served");
    Ok(RpcServer { addr, handle, shutdown })
}

async fn stop_on(shutdown: CancellationToken, handle: ServerHandle) {
    shutdown.cancelled().await;
    // Fails where the server has stopped already, which is fine.
    let _ = handle.stop();
}

fn methods(api: Api) -> Result<Methods, RegisterMethodError> {
    let mut module = RpcModule::new(());
    module.merge(EthApiServer::into_rpc(api.clone()))?;
    module.merge(NetApiServer::into_rpc(api.clone()))?;
    module.merge(Web3ApiServer::into_rpc(api.clone()))?;
    module.merge(TxpoolApiServer::into_rpc(api.clone()))?;
    module.merge(AutonetApiServer::into_rpc(api))?;
    Ok(module.into())
}

fn server_config(config: &RpcConfig) -> ServerConfig {
    ServerConfig::builder()
        .max_request_body_size(config.max_request_bytes)
        .max_response_body_size(config.max_response_bytes)
        .max_connections(config.max_connections)
        .max_subscriptions_per_connection(config.max_subscriptions)
        .set_batch_request_config(BatchRequestConfig::Limit(config.max_batch))
        .enable_ws_ping(PingConfig::default())
        .set_id_provider(HexIds)
        .build()
}

/// Subscription ids as geth's: clients take them for hexadecimal strings.
#[derive(Debug)]
struct HexIds;

impl IdProvider for HexIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        let random: u128 = rand::random();
        SubscriptionId::Str(format!("{random:#034x}").into())
    }
}
