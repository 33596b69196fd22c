//! Mail by SMTP (RFC 5321), through the relay that the operator names.

use std::time::Duration;

use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::auth::mail::{Letter, Mailer};

/// A page waits for it.
const SEND_MAX: Duration = Duration::from_secs(5);

/// A relay and the address that letters come from.
pub struct Smtp {
    relay: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// `smtps://USER:PASSWORD@HOST`, or `smtp://HOST?tls=required` for STARTTLS.
    /// In the clear to this machine alone: a letter carries a link that opens an
    /// account.
    ///
    /// # Errors
    /// What is wrong with the address of the relay, or of the sender.
    pub fn new(url: &str, from: &str) -> Result<Self, String> {
        let from = from.parse().map_err(|e| format!("from {from:?}: {e}"))?;
        let ciphered = url.starts_with("smtps://") || url.contains("tls=required");
        let host = url.rsplit('@').next().unwrap_or_default().trim_start_matches("smtp://");
        let host = host.split(['/', '?']).next().unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(name, _port)| name);
        let near = ["127.0.0.1", "localhost", "[::1]"].contains(&host);
        if !ciphered && !near {
            return Err("write smtps://HOST, or smtp://HOST:587?tls=required".to_owned());
        }
        let relay = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|e| format!("the relay cannot be read: {e}"))?
            .timeout(Some(SEND_MAX))
            .build();
        Ok(Self { relay, from })
    }
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, letter: &Letter) -> Result<(), String> {
        let to: Mailbox = letter.to.parse().map_err(|_| "an address that is none".to_owned())?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(&letter.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text.clone())
            .map_err(|e| e.to_string())?;
        // The bound of the transport is one of each step.
        match tokio::time::timeout(SEND_MAX, self.relay.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(told(&error)),
            Err(_) => Err(format!("the relay took longer than {} s", SEND_MAX.as_secs())),
        }
    }
}

/// Without the relay's own words, which repeat whom the letter was for.
fn told(error: &lettre::transport::smtp::Error) -> String {
    error.status().map_or_else(|| error.to_string(), |code| format!("the relay answered {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_is_reached_in_cipher_or_on_this_machine() {
        let from = "zhenma <no-reply@example.cn>";
        for url in ["smtps://u:p@mail.example.cn", "smtp://mail.example.cn:587?tls=required"] {
            assert!(Smtp::new(url, from).is_ok(), "{url}");
        }
        assert!(Smtp::new("smtp://127.0.0.1:2525", from).is_ok());
        for url in [
            "smtp://mail.example.cn",
            "smtp://u:p@mail.example.cn:25",
            "smtp://localhost.example.cn",
            "mail",
            "http://x",
        ] {
            assert!(Smtp::new(url, from).is_err(), "{url}");
        }
        assert!(Smtp::new("smtps://mail.example.cn", "nobody").is_err());
    }
}
