use eyre::{Context, Result, bail};
use std::net::TcpListener;

/// A port on loopback: the one asked for, which must be free (any free one for 0); or else `usual` if it is free, or any that is.
pub(crate) fn choose(asked: Option<u16>, usual: u16, what: &str) -> Result<u16> {
    let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
    match asked {
        Some(port) if port != 0 && is_free(port) => Ok(port),
        Some(port) if port != 0 => bail!("port {port} for {what} is in use: end what uses it, or choose another"),
        None if usual != 0 && is_free(usual) => Ok(usual),
        _ => {
            let listener = TcpListener::bind(("127.0.0.1", 0)).wrap_err("no free port on loopback")?;
            Ok(listener.local_addr()?.port())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_refused_if_asked_for_and_avoided_otherwise() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = choose(Some(port), 0, "L1").unwrap_err().to_string();
        assert!(error.contains(&port.to_string()) && error.contains("in use"), "{error}");
        assert_ne!(choose(None, port, "L1").unwrap(), port);
    }
}
