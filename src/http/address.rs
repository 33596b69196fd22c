//! What an address says: the parts of its path and its query. axum refuses in
//! plain words of its own; here it is a problem like any other.

#![expect(clippy::disallowed_types, reason = "the one place where they are wrapped")]

use axum::extract::{FromRequestParts, Path as PathOf, Query as QueryOf};
use axum::http::Uri;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};

use crate::base::FieldError;
use crate::http::problem::Problem;

/// The parts of a path; what cannot be one names nothing that is there.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = PathOf::from_request_parts(parts, state).await;
        read.map(|PathOf(read)| Self(read)).map_err(|rejection| {
            if rejection.status().is_server_error() {
                tracing::error!(%rejection, "a route does not have what its handler takes");
                return Problem::broken();
            }
            Problem::nothing()
        })
    }
}

/// The query of an address.
#[derive(Default)]
pub struct Query<T>(pub T);

/// A query that cannot be read, and why.
pub struct Unread(pub String);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Unread;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Unread> {
        Self::of(&parts.uri)
    }
}

impl<T: DeserializeOwned> Query<T> {
    /// # Errors
    /// For one of another shape.
    pub fn of(address: &Uri) -> Result<Self, Unread> {
        let read = QueryOf::try_from_uri(address);
        read.map(|QueryOf(read)| Self(read)).map_err(|rejection| Unread(rejection.body_text()))
    }
}

/// A number that the ledger counts with: below 2^63.
///
/// # Errors
/// For what is none.
pub fn counted<'de, D: Deserializer<'de>>(text: D) -> Result<Option<u64>, D::Error> {
    let number = u64::deserialize(text)?;
    match i64::try_from(number) {
        Ok(_) => Ok(Some(number)),
        Err(_) => Err(D::Error::custom(format_args!("{number} is too large"))),
    }
}

impl IntoResponse for Unread {
    fn into_response(self) -> Response {
        let fault = FieldError::new("query", self.0, "write it as /openapi.json says");
        Problem::invalid(vec![fault]).into_response()
    }
}
