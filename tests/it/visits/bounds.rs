//! The bounds that the page of a phone keeps are the server's.

use serde_json::{Value, json};
use zhenma::base::limits::FIELD_PHOTO_S_MAX;
use zhenma::base::line::LINE_CHARACTERS_MAX;
use zhenma::media::PHOTO_BYTES_MAX;
use zhenma::visits::record::{
    CHECK_PHOTOS_MAX, CODE_CHARACTERS_MAX, NOTE_CHARACTERS_MAX, QUANTITY_MAX, SEAL_CODES_MAX,
    SEED_CHARACTERS_MAX, WORDS_CHARACTERS_MAX,
};
use zhenma::visits::sample::STOCK_MAX;
use zhenma::visits::{RECORD_BYTES_MAX, RECORDS_AT_ONCE_MAX, RECORDS_BYTES_MAX};

/// The object that the page's script has, which is written as JSON.
fn of_the_page() -> Value {
    let script = include_str!("../../../src/web/static/check/bounds.js");
    let (_, rest) = script.split_once("BOUNDS = ").expect("the bounds");
    let (object, _) = rest.split_once(";\n").expect("their end");
    serde_json::from_str(object).expect("JSON")
}

#[test]
fn a_phone_knows_the_bounds_of_the_server() {
    let ours = json!({
        "photo_bytes": PHOTO_BYTES_MAX,
        "photo_answer_ms": FIELD_PHOTO_S_MAX * 1_000,
        "records_at_once": RECORDS_AT_ONCE_MAX,
        "records_bytes": RECORDS_BYTES_MAX,
        "record_bytes": RECORD_BYTES_MAX,
        "line_characters": LINE_CHARACTERS_MAX,
        "words_characters": WORDS_CHARACTERS_MAX,
        "note_characters": NOTE_CHARACTERS_MAX,
        "code_characters": CODE_CHARACTERS_MAX,
        "check_photos": CHECK_PHOTOS_MAX,
        "seal_codes": SEAL_CODES_MAX,
        "quantity": QUANTITY_MAX,
        "seed_characters": SEED_CHARACTERS_MAX,
        "stock": STOCK_MAX,
    });
    assert_eq!(of_the_page(), ours);
}
