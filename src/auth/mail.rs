//! Letters to people: what they say, and the port that carries them.

use async_trait::async_trait;

use crate::auth::link::Purpose;
use crate::base::FieldError;

/// Characters of an address (RFC 5321, 4.5.3.1).
const ADDRESS_CHARACTERS_MAX: usize = 254;

/// A letter in plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// Carries letters. One attempt, bounded in time: whoever sends has another way.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// # Errors
    /// Why it was not taken, for our log; nothing of the letter itself.
    async fn send(&self, letter: &Letter) -> Result<(), String>;
}

/// # Errors
/// For what is not one plain address.
pub fn address(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    let plain = text.len() <= ADDRESS_CHARACTERS_MAX
        && text.bytes().all(|b| b.is_ascii_graphic() && !b"<>(),;:\\\"[]".contains(&b));
    let parts = text.split_once('@');
    let whole = parts.is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && !host.contains('@') && !host.starts_with('.')
    });
    if plain && whole {
        return Ok(text.to_owned());
    }
    Err(FieldError::new("mail", "is no mail address", "write one such as wang@example.cn"))
}

/// The letter with a link, in both languages.
pub fn letter(to: String, purpose: Purpose, url: &str) -> Letter {
    let (zh, en, hours) = match purpose {
        Purpose::Invitation => ("开通真码账号", "Take up your zhenma account", purpose.hours()),
        Purpose::Reset => ("重设真码密码", "Choose a new zhenma password", purpose.hours()),
    };
    let text = format!(
        "{zh}：请在{hours}小时内打开下面的链接。链接只能用一次，请勿转发。\n\
         {en}: open this link within {hours} h. It works once; do not pass it on.\n\n\
         {url}\n\n\
         如非您本人所需，请忽略本邮件。\nIf you did not expect this, leave it be.\n"
    );
    Letter { to, subject: format!("{zh} / {en}"), text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_and_carries_no_header() {
        assert_eq!(address(" wang@example.cn ").as_deref(), Ok("wang@example.cn"));
        for text in [
            "",
            "wang",
            "@example.cn",
            "wang@example",
            "a@b.cn,c@d.cn",
            "a@b.cn\r\nBcc: c@d.cn",
            "王@例子.cn",
            "a@b@c.cn",
            "Wang <a@b.cn>",
        ] {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
