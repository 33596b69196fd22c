//! Bodies of JSON. Syntax and shape are told apart, the member that is wrong
//! is named, and none may stand twice.

use std::fmt;
use std::marker::PhantomData;

use axum::http::StatusCode;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::http::problem::Problem;

/// A JSON object; serde alone would take an array for a struct too.
#[derive(Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        d.deserialize_map(Members(PhantomData))
    }
}

/// # Errors
/// 400 for what is no JSON.
pub fn syntax(body: &[u8]) -> Result<(), Problem> {
    serde_json::from_slice::<IgnoredAny>(body).map(drop).map_err(|e| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "not_json",
            format!("请求体不是合法的JSON：{e}"),
            format!("The body is not JSON: {e}."),
        )
    })
}

/// An object of the shape `T`.
///
/// # Errors
/// 400 for what is no JSON, 422 with the member for another shape.
pub fn read<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, Problem> {
    syntax(body)?;
    let mut json = serde_json::Deserializer::from_slice(body);
    let read: Result<Object<T>, _> = serde_path_to_error::deserialize(&mut json);
    read.map(|Object(object)| object).map_err(|error| {
        let member = error.path().to_string();
        let problem = wrong_member(&error.into_inner());
        // A member may have an empty name.
        if member.is_empty() || member == "." { problem } else { problem.at(member) }
    })
}

/// 422 for JSON of another shape.
pub fn wrong_member(error: &serde_json::Error) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "wrong_member",
        format!("请按 /openapi.json 改正：{error}"),
        format!("Write it as /openapi.json says: {error}."),
    )
}
