//! Texts that nobody means well with, in every field of every form and of every
//! document that the API takes: each is kept as it is or refused by name, none
//! makes us fail, and no page afterwards does.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::authz::Ours;
use crate::staff_bed::StaffBed;

pub fn texts() -> [(&'static str, String); 8] {
    [
        ("ten thousand characters", "宋".repeat(10_000)),
        ("turned around", "\u{202e}emag\u{2066}宋河\u{200f}".to_owned()),
        ("emoji", "李 😀👨‍👩‍👧 \u{1f3f4}\u{e0067}\u{e007f}".to_owned()),
        ("a formula", "=HYPERLINK(\"http://203.0.113.9\",\"王\")".to_owned()),
        ("HTML", "</td><script>alert(1)</script>\"'&".to_owned()),
        ("controls", "a\u{0}b\u{7}\r\nc\td\u{2028}e".to_owned()),
        ("combining", format!("Z{}", "\u{0334}".repeat(500))),
        ("nothing", "\u{200b}\u{feff} ".to_owned()),
    ]
}

/// A value of that schema, with the text wherever a text may stand.
fn value(document: &Value, schema: &Value, text: &str, depth: u8) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        let schema = document.pointer(name.trim_start_matches('#')).expect("it is there");
        return value(document, schema, text, depth + 1);
    }
    for several in ["oneOf", "allOf", "anyOf"] {
        if let Some(one) = schema[several].as_array().and_then(|all| all.last()) {
            return value(document, one, text, depth);
        }
    }
    let is = |kind: &str| match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(|k| k == kind),
        one => one == kind,
    };
    if depth > 6 {
        Value::Null
    } else if is("string") {
        text.into()
    } else if is("array") {
        json!([value(document, &schema["items"], text, depth + 1)])
    } else if is("object") {
        let members = schema["properties"].as_object().cloned().unwrap_or_default();
        let member = |(name, schema): (&String, &Value)| {
            (name.clone(), value(document, schema, text, depth + 1))
        };
        Value::Object(members.iter().map(member).collect::<Map<_, _>>())
    } else if is("boolean") {
        json!(true)
    } else {
        json!(1)
    }
}

/// Method, path and schema of every body in that form.
fn bodies(document: &Value, media: &str) -> Vec<(String, String, Value)> {
    let mut out = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            let schema = &operation["requestBody"]["content"][media]["schema"];
            if !schema.is_null() {
                out.push((method.to_uppercase(), path.clone(), schema.clone()));
            }
        }
    }
    out
}

/// Of whom a route may be: whoever it is, the body is read last.
const WHO: [&str; 3] = ["member", "administrator", "officer"];

#[tokio::test]
async fn no_text_in_any_field_of_the_api_makes_it_fail() {
    let bed = StaffBed::start().await;
    let ours = Ours::make(&bed).await;
    let document = bed.get("anyone", "/openapi.json").await;
    let bodies = bodies(&document, "application/json");
    assert!(bodies.len() > 20, "{} bodies", bodies.len());
    for (kind, text) in texts() {
        for (method, template, schema) in &bodies {
            let verb: Method = method.parse().expect("a method");
            let body = value(&document, schema, &text, 0);
            for who in WHO {
                let request = bed.program(who, verb.clone(), &ours.path(template)).json(&body);
                let (status, said) = bed.send(request).await;
                assert!(status < 500, "{kind}: {who} {method} {template}: {status} {said}");
                if status >= 400 {
                    assert_eq!(said["status"], status, "{kind}: {method} {template}: {said}");
                }
            }
        }
    }
    for list in ["products", "batches", "orders", "recalls", "printers", "trace/places", "alarms"] {
        bed.get("member", &format!("/api/v1/{list}")).await;
    }
}

#[tokio::test]
async fn no_text_in_any_form_of_the_consoles_makes_them_fail() {
    let bed = StaffBed::start().await;
    let ours = Ours::make(&bed).await;
    let document = bed.get("anyone", "/openapi.json").await;
    let forms = bodies(&document, "application/x-www-form-urlencoded");
    assert!(forms.len() > 30, "{} forms", forms.len());
    // Those end the session with which the others are tried.
    let stays = |path: &str| !path.ends_with("/end") && !path.contains("sign-");
    for (kind, text) in texts() {
        let (owner, officer) = (bed.person("member").await, bed.person("supervisor").await);
        let county = bed.person("administrator").await;
        for (_, template, schema) in forms.iter().filter(|(_, path, _)| stays(path)) {
            let person = match template {
                of if of.starts_with("/officer") => &officer,
                of if of.starts_with("/county") => &county,
                _ => &owner,
            };
            let filled = value(&document, schema, &text, 0);
            let fields: Vec<(String, String)> = filled
                .as_object()
                .expect("fields")
                .iter()
                .map(|(name, v)| (name.clone(), v.as_str().unwrap_or("1").to_owned()))
                .collect();
            let fields: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let response = person.post(&ours.path(template), &fields).await;
            let status = response.status().as_u16();
            let said = response.text().await.expect("text");
            assert!(status < 500, "{kind}: {template}: {status}");
            assert!(!said.contains("<script>alert"), "{kind}: {template} is not escaped");
        }
    }
    let owner = bed.person("member").await;
    for page in ["", "products", "places", "printers", "recalls", "people", "keys", "overview"] {
        let said = owner.get(&format!("/enterprise/{page}")).await;
        assert!(said.status().as_u16() < 500, "/enterprise/{page}");
        assert!(!said.text().await.expect("text").contains("<script>alert"), "{page}");
    }
}
