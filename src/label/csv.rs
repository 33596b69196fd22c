//! The table of codes (RFC 4180, with a header row): for printers that draw
//! their own symbols.

use std::ops::Range;

use csv::{Terminator, WriterBuilder};

use super::issue::IssueError;
use super::kind::{LabelFile, Piece, Sink};
use super::mint::Mint;
use crate::code::Layer;

/// `number,serial,text,url`, and the same of the inner code behind it.
pub(super) struct Table {
    pub(super) inner: bool,
}

impl Table {
    fn rows<R: AsRef<[String]>>(rows: impl Iterator<Item = Result<R, IssueError>>) -> Piece {
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
        for row in rows {
            writer.write_record(row?.as_ref()).expect("memory takes rows of one length");
        }
        Ok(writer.into_inner().expect("memory takes what is written"))
    }
}

impl LabelFile for Table {
    fn stream(&self) -> &'static str {
        "labels.csv"
    }

    fn head(&self) -> Vec<u8> {
        let both = "number,serial,text,url,inner_serial,inner_text,inner_url\r\n";
        let one = "number,serial,text,url\r\n";
        (if self.inner { both } else { one }).as_bytes().to_vec()
    }

    fn makes_files(&self) -> bool {
        false
    }

    fn piece(&self) -> u64 {
        500
    }

    fn render(&self, mint: &Mint<'_>, numbers: Range<u64>, _: &mut Sink<'_>) -> Piece {
        Self::rows(numbers.map(|number| {
            let mut row = vec![number.to_string()];
            let layers: &[Layer] =
                if self.inner { &[Layer::Outer, Layer::Inner] } else { &[Layer::Outer] };
            for layer in layers {
                let minted = mint.code(*layer, number)?;
                row.extend([minted.payload.serial_text(), minted.text, minted.url]);
            }
            Ok(row)
        }))
    }
}
