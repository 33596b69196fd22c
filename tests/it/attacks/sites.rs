//! Other sites that act by way of somebody's browser, and whoever fixes what the browser
//! or a cache keeps.

use reqwest::Method;

use crate::authz::{CONSOLES, Ours, rows};
use crate::http_bed::{self as bed, Bed};
use crate::staff_bed::{PASSWORD, StaffBed, location};

/// Who may use the route, as the table of routes writes it, and is a person here.
const PEOPLE: [(char, &str); 6] = [
    ('w', "member"),
    ('o', "officer"),
    ('u', "supervisor"),
    ('g', "legal"),
    ('c', "administrator"),
    ('b', "anyone"),
];

#[tokio::test]
async fn no_route_of_a_console_does_what_another_site_asks_for() {
    let bed = StaffBed::start().await;
    let ours = Ours::make(&bed).await;
    let mut people = std::collections::HashMap::new();
    for (letter, who) in PEOPLE {
        people.insert(letter, bed.person(who).await);
    }
    let mut tried = 0;
    for (method, template, may) in rows() {
        if method == "get" || !CONSOLES.iter().any(|area| template.starts_with(area)) {
            continue;
        }
        let who = PEOPLE.iter().find(|(letter, _)| may.contains(*letter));
        let Some((letter, _)) = who else { continue };
        let verb: Method = method.to_uppercase().parse().expect("a method");
        for (header, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "http://127.0.0.1:1"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let request = bed.ask(verb.clone(), &ours.path(template)).header(header, value);
            let request = request.header("cookie", people[letter].cookie());
            let (status, said) = bed.send(request.form(&ours.form(template))).await;
            let kind = &said["type"];
            assert_eq!(
                (status, kind.as_str()),
                (403, Some("urn:zhenma:problem:other_site")),
                "{method} {template}, {header}: {value}: {said}"
            );
        }
        tried += 1;
    }
    assert!(tried > 80, "{tried} routes");
    // And programs' routes take no cookie, whoever sends it.
    for (method, template, _) in rows().filter(|(method, path, _)| {
        *method != "get" && path.starts_with("/api/") && *path != "/api/v1/scans"
    }) {
        let verb: Method = method.to_uppercase().parse().expect("a method");
        let request = people[&'w'].ask(verb, &ours.path(template)).json(&serde_json::json!({}));
        assert_eq!(bed.send(request).await.0, 401, "{method} {template}");
    }
}

#[tokio::test]
async fn a_session_that_was_planted_before_the_sign_in_is_nobodys_after_it() {
    let bed = StaffBed::start().await;
    // His own, of an account without rights; and one that no server gave out.
    let planter = bed.person("viewer").await;
    let own = planter.cookie();
    for planted in [own.as_str(), "zm_session=AAAAAAAAAAAAAAAAAAAAAA"] {
        for (area, who) in [("enterprise", "member"), ("officer", "officer")] {
            let form = [("login", who), ("password", PASSWORD)];
            let request = bed.ask(Method::POST, &format!("/{area}/sign-in"));
            let request = request.header("cookie", planted).form(&form);
            let entered = request.send().await.expect("an answer");
            assert_eq!(location(&entered), format!("/{area}/"));
            let mut cookies = entered.headers().get_all("set-cookie").iter();
            let given = cookies.find_map(|cookie| {
                let pair = cookie.to_str().expect("text").split(';').next()?;
                pair.starts_with("zm_session=").then(|| pair.to_owned())
            });
            let given = given.expect("a session");
            assert!(!planted.contains(&given), "{given}");
            let open = async |cookie: &str| {
                let request = bed.ask(Method::GET, &format!("/{area}/"));
                let request = request.header("cookie", cookie).header("accept", "text/html");
                request.send().await.expect("an answer").status().as_u16()
            };
            assert_eq!(open(&given).await, 200, "{who} is in");
            assert_eq!(open(planted).await, 303, "what was planted opens nothing");
        }
    }
}

const EVIL: &str = "evil.example";
/// What a proxy in between might take for the address, or pass on.
const POISON: [(&str, &str); 9] = [
    ("x-forwarded-host", EVIL),
    ("x-forwarded-proto", "ftp"),
    ("x-forwarded-prefix", "//evil.example"),
    ("x-forwarded-server", EVIL),
    ("x-host", EVIL),
    ("x-original-url", "//evil.example/"),
    ("x-rewrite-url", "//evil.example/"),
    ("forwarded", "for=192.0.2.1;host=evil.example;proto=ftp"),
    ("host", EVIL),
];

/// Values of attributes that lead somewhere.
fn links(html: &str) -> Vec<&str> {
    let of =
        |name: &'static str| html.split(name).skip(1).filter_map(|rest| rest.split('"').next());
    ["href=\"", "src=\"", "action=\"", "content=\"", "srcset=\"", "url("]
        .into_iter()
        .flat_map(of)
        .collect()
}

#[tokio::test]
async fn no_cache_keeps_an_answer_and_no_header_changes_where_its_links_lead() {
    let bed = Bed::start().await;
    let (code, serial) = (bed::code(7), bed::serial(8));
    let paths = [
        "/".to_owned(),
        format!("/{code}"),
        format!("/{serial}"),
        bed::gs1_path(9),
        format!("/check?code={serial}"),
        "/check?code=nonsense".to_owned(),
        "/not/there".to_owned(),
    ];
    for path in paths {
        for (name, value) in POISON {
            for accept in ["text/html", "application/json"] {
                let request = bed.phone(41).ask(Method::GET, &path).header("accept", accept);
                let answer = request.header(name, value).send().await.expect("an answer");
                let at = format!("{path}, {name}: {value}, {accept}");
                let cached = answer.headers()["cache-control"].to_str().expect("text").to_owned();
                assert!(cached.contains("no-store"), "{at}: {cached}");
                for (name, value) in answer.headers() {
                    let value = value.to_str().expect("text");
                    assert!(
                        !value.contains(EVIL) && !value.contains("ftp:"),
                        "{at}: {name}: {value}"
                    );
                }
                let said = answer.text().await.expect("text");
                for link in links(&said) {
                    assert!(!link.contains(EVIL) && !link.contains("ftp:"), "{at}: {link}");
                }
            }
        }
    }
    // Files may be kept, and are the same for everybody.
    let home = bed.phone(41).get("/").await.text().await.expect("text");
    let icon = links(&home).into_iter().find(|link| link.starts_with("/static/")).expect("a file");
    let plain = bed.phone(41).get(icon).await.bytes().await.expect("bytes");
    for (name, value) in POISON {
        let request = bed.phone(41).ask(Method::GET, icon).header(name, value);
        assert_eq!(request.send().await.expect("an answer").bytes().await.expect("bytes"), plain);
    }
}
