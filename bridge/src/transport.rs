use alloy::{
    rpc::json_rpc::{ErrorPayload, RequestPacket, Response, ResponsePacket, ResponsePayload, RpcError},
    transports::{
        HttpError, TransportError, TransportErrorKind, TransportFut,
        http::{
            Http,
            reqwest::{self, Client, Url},
        },
    },
};
use serde::de::Error as _;
use serde_json::value::RawValue;
use std::{
    cmp::Reverse,
    error::Error,
    sync::Arc,
    task::{Context, Poll},
};
use tower::Service;
use tracing::{Dispatch, dispatcher, instrument::WithSubscriber};

/// Shorter parts of a URL are `v2`, `rpc`, `eth`: no secrets, and words of ordinary texts.
const SHORTEST_SECRET: usize = 6;

/// An endpoint over HTTP whose errors and spans do not tell what its URL holds besides scheme, host and port.
#[derive(Clone)]
pub(crate) struct HttpTransport {
    http: Http<Client>,
    secrets: Arc<Secrets>,
}

impl HttpTransport {
    pub(crate) fn new(client: Client, url: Url) -> Self {
        let secrets = Arc::new(Secrets::new(&url));
        Self { http: Http::with_client(client, url), secrets }
    }

    pub(crate) fn is_local(&self) -> bool {
        self.http.guess_local()
    }
}

impl Service<RequestPacket> for HttpTransport {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.http.poll_ready(context)
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        // The client's span has the URL as a field, and its events the whole of what the endpoint says: neither is logged.
        let answer = dispatcher::with_default(&Dispatch::none(), || self.http.call(request));
        let answer = answer.with_subscriber(Dispatch::none());
        let secrets = self.secrets.clone();
        Box::pin(async move {
            match answer.await {
                Ok(packet) => Ok(secrets.hide_in_packet(packet)),
                Err(error) => Err(secrets.hide_in_error(error)),
            }
        })
    }
}

/// What no text about an endpoint may hold, the longest first.
pub(crate) struct Secrets {
    origin: String,
    parts: Vec<String>,
}

impl Secrets {
    pub(crate) fn new(url: &Url) -> Self {
        // As the client's own errors have it.
        let mut bare = url.clone();
        let _ = (bare.set_username(""), bare.set_password(None));
        let query = url.query().unwrap_or_default().split(['&', '=']);
        let named = [url.username(), url.password().unwrap_or_default(), url.fragment().unwrap_or_default()];
        let parts = url.path().split('/').chain(query).chain(named).filter(|part| part.len() >= SHORTEST_SECRET);
        let mut parts: Vec<_> = parts.chain([url.as_str(), bare.as_str()]).map(str::to_owned).collect();
        parts.sort_by_key(|part| Reverse(part.len()));
        Self { origin: url.origin().ascii_serialization(), parts }
    }

    pub(crate) fn hide(&self, text: String) -> String {
        self.parts.iter().fold(text, |text, part| text.replace(part, "***"))
    }

    /// An endpoint's own words may quote the request's path.
    fn hide_in_packet(&self, packet: ResponsePacket) -> ResponsePacket {
        let hide = |Response { id, payload }: Response| match payload {
            ResponsePayload::Failure(ErrorPayload { code, message, data }) => {
                let message = self.hide(message.into_owned()).into();
                let data = data.and_then(|data| RawValue::from_string(self.hide(data.get().to_owned())).ok());
                Response { id, payload: ResponsePayload::Failure(ErrorPayload { code, message, data }) }
            }
            payload => Response { id, payload },
        };
        match packet {
            ResponsePacket::Single(response) => ResponsePacket::Single(hide(response)),
            ResponsePacket::Batch(responses) => ResponsePacket::Batch(responses.into_iter().map(hide).collect()),
        }
    }

    fn hide_in_error(&self, error: TransportError) -> TransportError {
        match error {
            RpcError::Transport(kind) => RpcError::Transport(self.hide_in_kind(kind)),
            RpcError::DeserError { err, text } => RpcError::DeserError {
                err: serde_json::Error::custom(self.hide(err.to_string())),
                text: self.hide(text),
            },
            // Nothing of the endpoint is in it.
            error => error,
        }
    }

    fn hide_in_kind(&self, kind: TransportErrorKind) -> TransportErrorKind {
        let answer = |HttpError { status, body }| HttpError { status, body: self.hide(body) };
        match kind {
            TransportErrorKind::HttpError(error) => TransportErrorKind::HttpError(answer(error)),
            TransportErrorKind::HttpErrorWithRetryAfter { error, retry_after } => {
                TransportErrorKind::HttpErrorWithRetryAfter { error: answer(error), retry_after }
            }
            TransportErrorKind::Custom(error) => TransportErrorKind::Custom(self.describe(error)),
            TransportErrorKind::NonRetryable(error) => TransportErrorKind::NonRetryable(self.describe(error)),
            kind => kind,
        }
    }

    /// The endpoint and all causes in one line, instead of the URL and the last cause.
    fn describe(&self, error: Box<dyn Error + Send + Sync>) -> Box<dyn Error + Send + Sync> {
        let error = match error.downcast::<reqwest::Error>() {
            Ok(error) => Box::new(error.without_url()),
            Err(error) => error,
        };
        let mut text = format!("{}: {error}", self.origin);
        let mut source = error.source();
        while let Some(cause) = source {
            text += &format!(": {cause}");
            source = cause.source();
        }
        self.hide(text).into()
    }
}
