//! Shapes of what is registered, for the document. They are read as `Fields`,
//! which the shell and imports use too, so that all hear the same of what is
//! wrong; numbers are taken as numbers or as texts.

use std::borrow::Cow;

use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::registry::fields::{BATCH_FIELDS, ENTERPRISE_FIELDS, PRODUCT_FIELDS};

fn object(fields: &[&str], required: &[&str]) -> RefOr<Schema> {
    let mut object = ObjectBuilder::new();
    for field in fields {
        object = match *field {
            "licences" => object.property(
                *field,
                ArrayBuilder::new().items(Ref::from_schema_name("LicenceRecord")),
            ),
            "pictures" => object.property(
                *field,
                ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String)),
            ),
            _ => {
                let kinds = SchemaType::from_iter([Type::String, Type::Number, Type::Null]);
                object.property(*field, ObjectBuilder::new().schema_type(kinds))
            }
        };
    }
    for field in required {
        object = object.required(*field);
    }
    object.into()
}

macro_rules! input {
    ($name:ident, $fields:expr, $required:expr) => {
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                object(&$fields, &$required)
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    };
}

input!(NewEnterprise, ENTERPRISE_FIELDS, ["uscc", "name_zh", "name_en"]);
input!(
    NewProduct,
    PRODUCT_FIELDS,
    ["gtin", "enterprise", "name_zh", "name_en", "category", "standard", "net_content"]
);
input!(NewBatch, BATCH_FIELDS, ["product", "lot", "made_on", "count"]);
