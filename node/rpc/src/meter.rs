//! Metrics of requests.

use jsonrpsee::{
    Methods,
    core::middleware::{Batch, BatchEntry, Notification, RpcServiceT},
    server::MethodResponse,
    types::Request,
};
use metrics::{counter, histogram};
use std::{collections::BTreeSet, sync::Arc, time::Instant};
use tower::Layer;

type Names = Arc<BTreeSet<&'static str>>;

/// Counts requests by method and by success, and measures them. What is not a method counts as `unknown`: callers do not
/// choose labels.
#[derive(Clone)]
pub(crate) struct MeterLayer {
    names: Names,
}

impl MeterLayer {
    pub(crate) fn new(methods: &Methods) -> Self {
        Self { names: Arc::new(methods.method_names().collect()) }
    }
}

impl<S> Layer<S> for MeterLayer {
    type Service = Meter<S>;

    fn layer(&self, inner: S) -> Meter<S> {
        Meter { inner, names: self.names.clone() }
    }
}

#[derive(Clone)]
pub(crate) struct Meter<S> {
    inner: S,
    names: Names,
}

impl<S> Meter<S> {
    fn name(&self, method: &str) -> &'static str {
        self.names.get(method).copied().unwrap_or("unknown")
    }
}

impl<S> RpcServiceT for Meter<S>
where
    S: RpcServiceT<MethodResponse = MethodResponse> + Send + Sync + Clone + 'static,
{
    type MethodResponse = S::MethodResponse;
    type NotificationResponse = S::NotificationResponse;
    type BatchResponse = S::BatchResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let (inner, method, start) = (self.inner.clone(), self.name(request.method_name()), Instant::now());
        async move {
            let response = inner.call(request).await;
            let outcome = if response.is_success() { "ok" } else { "error" };
            counter!("autonet_rpc_requests", "method" => method, "outcome" => outcome).increment(1);
            histogram!("autonet_rpc_request_seconds", "method" => method).record(start.elapsed().as_secs_f64());
            response
        }
    }

    /// The calls of a batch are counted only: the server runs them inside.
    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = Self::BatchResponse> + Send + 'a {
        for entry in batch.iter().flatten() {
            if let BatchEntry::Call(call) = entry {
                let method = self.name(call.method_name());
                counter!("autonet_rpc_requests", "method" => method, "outcome" => "batched").increment(1);
            }
        }
        self.inner.batch(batch)
    }

    fn notification<'a>(&self, n: Notification<'a>) -> impl Future<Output = Self::NotificationResponse> + Send + 'a {
        self.inner.notification(n)
    }
}
