//! The document of the API says what the handlers do.

use std::collections::BTreeMap;
use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use crate::http_bed::{self as bed, Bed};
use crate::staff_bed::StaffBed;

async fn document(bed: &Bed) -> Value {
    bed.phone(41).get("/openapi.json").await.json().await.expect("JSON")
}

#[tokio::test]
async fn the_routes_of_the_document_are_these() {
    let bed = StaffBed::start().await;
    let document = bed.get("anyone", "/openapi.json").await;
    assert!(document["openapi"].as_str().expect("text").starts_with("3.1"));
    let mut routes = BTreeMap::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            let answers: Vec<_> =
                operation["responses"].as_object().expect("responses").keys().collect();
            routes.insert(format!("{path} {method}"), json!(answers));
        }
    }
    insta::assert_json_snapshot!("routes", routes);
    insta::assert_json_snapshot!("schemas", document["components"]["schemas"]);
}

/// Only `routes!` registers, so what is served is in the document.
#[test]
fn no_route_goes_past_the_document() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            seen += 1;
            let text = std::fs::read_to_string(&path).expect("a source");
            assert!(!text.contains(".route("), "{} registers past routes!", path.display());
            assert!(!text.contains(".route_service("), "{}", path.display());
        }
    }
    assert!(seen > 10);
}

#[tokio::test]
async fn real_answers_are_as_the_document_says() {
    let bed = Bed::start().await;
    let document = document(&bed).await;
    let phone = bed.phone(41);
    let template = |path: &str| match path.split('?').next().unwrap_or_default() {
        "/"
        | "/check"
        | "/readyz"
        | "/api/v1/scans"
        | "/.well-known/jwks.json"
        | "/.well-known/office-jwks.json" => path.to_owned(),
        p if p.starts_with("/01/") => "/01/{gtin}/10/{lot}/21/{serial}".to_owned(),
        _ => "/{code}".to_owned(),
    };
    let mut paths =
        vec!["/readyz".to_owned(), "/.well-known/jwks.json".to_owned(), bed::gs1_path(60)];
    paths.push("/.well-known/office-jwks.json".to_owned());
    let numbers = [60, bed::RECALLED, bed::SPOILED, bed::NOT_ACTIVATED, 61];
    paths.extend(numbers.map(|n| format!("/{}", bed::code(n))));
    paths.extend([
        format!("/{}", bed::serial(62)),
        format!("/{}", bed::forged(63)),
        "/oops".into(),
    ]);
    paths.push("/wp-login.php".to_owned());
    for path in paths {
        let request = phone.ask(Method::GET, &path).header("accept", "application/json");
        check(&document, &template(&path), "get", phone.send(request).await).await;
    }
    for body in [
        json!({"code": bed::code(60)}).to_string(),
        json!({"code": bed::code(64), "location": {"lat": 34.0, "lon": 113.0, "accuracy_m": 9}})
            .to_string(),
        json!({"code": "?"}).to_string(),
        json!({"code": 1}).to_string(),
        "{".to_owned(),
    ] {
        check(&document, "/api/v1/scans", "post", phone.post(body).await).await;
    }
    bed.break_store(true);
    check(
        &document,
        "/api/v1/scans",
        "post",
        phone.post(json!({"code": bed::code(65)}).to_string()).await,
    )
    .await;
}

async fn check(document: &Value, path: &str, method: &str, response: reqwest::Response) {
    let at = format!("{method} {path} {}", response.status());
    let status = response.status().as_u16().to_string();
    let media = response.headers()["content-type"].to_str().expect("text").to_owned();
    let answer = &document["paths"][path][method]["responses"][&status];
    assert!(answer.is_object(), "{at} is not in the document");
    let schema = &answer["content"][media.as_str()]["schema"];
    assert!(schema.is_object(), "{at}: {media} is not in the document");
    let body: Value = response.json().await.expect("JSON");
    fits(document, schema, &body, &at);
}

/// As much of JSON Schema as the document uses; what it does not know fails.
fn fits(document: &Value, schema: &Value, value: &Value, at: &str) {
    for (keyword, says) in schema.as_object().expect("a schema") {
        match keyword.as_str() {
            "description" | "format" | "propertyNames" => {}
            "$ref" => {
                let pointer = says.as_str().expect("text").trim_start_matches('#');
                fits(document, document.pointer(pointer).expect("defined"), value, at);
            }
            "type" => {
                let kinds = says.as_array().cloned().unwrap_or_else(|| vec![says.clone()]);
                let is = |kind: &Value| match kind.as_str().expect("text") {
                    "null" => value.is_null(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "number" => value.is_number(),
                    "boolean" => value.is_boolean(),
                    "array" => value.is_array(),
                    "object" => value.is_object(),
                    other => panic!("{other}"),
                };
                assert!(kinds.iter().any(is), "{at}: {value} is none of {says}");
            }
            "enum" => assert!(says.as_array().expect("list").contains(value), "{at}: {value}"),
            "minimum" => assert!(value.as_f64() >= says.as_f64(), "{at}: {value}"),
            "maximum" => assert!(value.as_f64() <= says.as_f64(), "{at}: {value}"),
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    fits(document, says, item, &format!("{at}[{n}]"));
                }
            }
            "required" => {
                for name in says.as_array().expect("list").iter().filter(|_| value.is_object()) {
                    let name = name.as_str().expect("text");
                    assert!(value.get(name).is_some(), "{at}: {name} is missing");
                }
            }
            "properties" => {
                for (name, member) in value.as_object().into_iter().flatten() {
                    let schema = says.get(name).unwrap_or_else(|| panic!("{at}: {name} is extra"));
                    fits(document, schema, member, &format!("{at}.{name}"));
                }
            }
            "oneOf" => {
                let options = says.as_array().expect("list");
                let null = |s: &&Value| s["type"] == "null";
                if !(value.is_null() && options.iter().any(|s| null(&s))) {
                    let rest: Vec<_> = options.iter().filter(|s| !null(s)).collect();
                    assert_eq!(rest.len(), 1, "{at}: only `or null` is used");
                    fits(document, rest[0], value, at);
                }
            }
            other => panic!("{at}: the checker does not know {other}"),
        }
    }
}
