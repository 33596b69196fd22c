//! Who looks at a page without a person having scanned a label: link previews
//! of chat programs, crawlers, and browsers that load ahead.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use axum::http::{HeaderMap, HeaderValue, Method, header};

/// Parts of the user agents of link-preview fetchers and crawlers, in small
/// letters. A browser inside a chat program (MicroMessenger, QQ/, DingTalk/,
/// Lark/) is a person's and is not among them.
const AGENTS: [&str; 36] = [
    "bot", // Googlebot, bingbot, Twitterbot, TelegramBot, Slackbot, Discordbot, Applebot, PetalBot
    "spider", // Baiduspider, Sogou web spider, 360Spider, YisouSpider, Bytespider
    "crawler",
    "slurp",
    "facebookexternalhit",
    "facebookcatalog",
    "meta-externalagent",
    "whatsapp/",
    "skypeuripreview",
    "slack-imgproxy",
    "embedly",
    "iframely",
    "vkshare",
    "pinterest/",
    "snap url preview",
    "line-poker",
    "kakaotalk-scrap",
    "viber",
    "google-pagerenderer",
    "googleother",
    "google-inspectiontool",
    "mediapartners-google",
    "feedfetcher",
    "bingpreview",
    "wechat-preview",
    "wxwork-preview",
    "mpvideopreview",
    "qq-url-manager",
    "qqpreview",
    "tencenttraveler-preview",
    "larkurl2meta",
    "feishu-preview",
    "dingtalk-preview",
    "headlesschrome/",
    "lighthouse",
    "kube-probe",
];

/// Headers by which browsers and proxies say that they load ahead.
const AHEAD: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];

/// Whether a GET or HEAD stands for a person who scanned a label.
pub fn is_a_scan(method: &Method, headers: &HeaderMap) -> bool {
    if method == Method::HEAD {
        return false;
    }
    let text = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    let loads_ahead = |says: &str| {
        let says = says.to_ascii_lowercase();
        ["prefetch", "preview", "prerender"].iter().any(|word| says.contains(word))
    };
    !AHEAD.iter().filter_map(|name| text(*name)).any(loads_ahead)
        && !text(header::USER_AGENT.as_str()).is_some_and(is_a_robot)
}

/// All of [`AGENTS`] are looked for in one walk.
static ROBOTS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let any_case = AhoCorasick::builder().ascii_case_insensitive(true).build(AGENTS);
    any_case.expect("a few words")
});

fn is_a_robot(agent: &str) -> bool {
    // Cubot is a maker of phones.
    let is_cubot = |at: usize| {
        at.checked_sub(2).is_some_and(|from| agent.as_bytes()[from..at].eq_ignore_ascii_case(b"cu"))
    };
    ROBOTS
        .find_iter(agent)
        .any(|found| AGENTS[found.pattern()] != "bot" || !is_cubot(found.start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(name: &'static str, value: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().expect("a header"));
        is_a_scan(&Method::GET, &headers)
    }

    #[test]
    fn phones_scan_and_robots_look() {
        for agent in [
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, \
             like Gecko) Mobile/15E148 MicroMessenger/8.0.48(0x18003034) NetType/WIFI Language/zh_CN",
            "Mozilla/5.0 (Linux; Android 13; V2171A) AppleWebKit/537.36 (KHTML, like Gecko) \
             Version/4.0 Chrome/86.0.4240.99 XWEB/4343 MMWEBSDK/20221012 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 Chrome/100 Mobile DingTalk/6.5.20",
            "Mozilla/5.0 (Linux; Android 12) QQ/8.9.28 V1_AND_SQ Mobile",
            "Mozilla/5.0 (Linux; U; Android 14; zh-cn; M2102J2SC) MiuiBrowser/17.6",
            "Mozilla/5.0 (Linux; Android 13; CUBOT_X30) AppleWebKit/537.36 Chrome/120 Mobile",
            "curl/8.5.0",
        ] {
            assert!(scan("user-agent", agent), "{agent}");
        }
        for agent in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (compatible; Baiduspider/2.0)",
            "TelegramBot (like TwitterBot)",
            "WhatsApp/2.23.20.0 A",
            "facebookexternalhit/1.1",
            "Slackbot-LinkExpanding 1.0",
            "Mozilla/5.0 (compatible; Bytespider; spider-feedback@bytedance.com)",
            "Mozilla/5.0 (X11; Linux) LarkUrl2Meta/1.0",
        ] {
            assert!(!scan("user-agent", agent), "{agent}");
        }
        assert!(!scan("sec-purpose", "prefetch;prerender"));
        assert!(!scan("purpose", "prefetch"));
        assert!(!scan("x-purpose", "preview"));
        assert!(!scan("x-moz", "prefetch"));
        assert!(scan("sec-purpose", ""));
        assert!(!is_a_scan(&Method::HEAD, &HeaderMap::new()));
    }
}
