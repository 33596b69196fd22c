//! What is bound to a statement. A NULL has a kind: PostgreSQL is told the type
//! of every parameter before it sees one.

use std::sync::Arc;

use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;

#[derive(Clone, Copy, Debug)]
pub(in crate::store::sql) enum Kind {
    Int,
    Real,
    Bool,
    Text,
    Blob,
}

#[derive(Clone, Debug)]
pub(in crate::store::sql) enum Arg {
    Int(i64),
    Real(f64),
    Bool(bool),
    Text(Arc<str>),
    Blob(Vec<u8>),
    Null(Kind),
}

/// What a statement takes.
pub(in crate::store::sql) trait Bind {
    const KIND: Kind;
    fn arg(self) -> Arg;
}

macro_rules! bind {
    ($($type:ty, $kind:ident, $value:ident => $make:expr;)*) => { $(
        impl Bind for $type {
            const KIND: Kind = Kind::$kind;
            fn arg(self) -> Arg {
                let $value = self;
                Arg::$kind($make)
            }
        }
    )* };
}

bind! {
    i64, Int, n => n;
    f64, Real, x => x;
    bool, Bool, b => b;
    &str, Text, text => text.into();
    String, Text, text => text.into();
    &String, Text, text => text.as_str().into();
    Vec<u8>, Blob, bytes => bytes;
    &[u8], Blob, bytes => bytes.to_vec();
    &Vec<u8>, Blob, bytes => bytes.clone();
}

impl<'v, T> Bind for &'v Option<T>
where
    &'v T: Bind,
{
    const KIND: Kind = <&T>::KIND;
    fn arg(self) -> Arg {
        self.as_ref().arg()
    }
}

impl<T: Bind> Bind for Option<T> {
    const KIND: Kind = T::KIND;
    fn arg(self) -> Arg {
        self.map_or(Arg::Null(T::KIND), Bind::arg)
    }
}

/// Numbers, texts and bytes have no way to fail to be encoded.
const TAKEN: &str = "a plain value can be bound";

pub(super) fn lite(args: Vec<Arg>) -> SqliteArguments {
    let mut out = SqliteArguments::default();
    out.reserve(args.len(), 0);
    for arg in args {
        match arg {
            Arg::Int(n) => out.add(n),
            Arg::Real(x) => out.add(x),
            Arg::Bool(b) => out.add(b),
            Arg::Text(text) => out.add(text),
            Arg::Blob(bytes) => out.add(bytes),
            Arg::Null(_) => out.add(None::<i64>),
        }
        .expect(TAKEN);
    }
    out
}

pub(super) fn pg(args: Vec<Arg>) -> PgArguments {
    let mut out = PgArguments::default();
    out.reserve(args.len(), 0);
    for arg in args {
        match arg {
            Arg::Int(n) => out.add(n),
            Arg::Real(x) => out.add(x),
            Arg::Bool(b) => out.add(b),
            Arg::Text(text) => out.add(&*text),
            Arg::Blob(bytes) => out.add(bytes),
            Arg::Null(Kind::Int) => out.add(None::<i64>),
            Arg::Null(Kind::Real) => out.add(None::<f64>),
            Arg::Null(Kind::Bool) => out.add(None::<bool>),
            Arg::Null(Kind::Text) => out.add(None::<&str>),
            Arg::Null(Kind::Blob) => out.add(None::<Vec<u8>>),
        }
        .expect(TAKEN);
    }
    out
}
