//! Tables as RFC 4180 has them.

use csv::{Terminator, WriterBuilder};

use crate::evidence::Dossier;
use crate::evidence::parts::{local, utc};

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut out = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    out.write_record(head).expect("a vector takes every write");
    for row in rows {
        out.write_record(&row).expect("a vector takes every write");
    }
    out.into_inner().expect("a vector takes every write")
}

/// Who had or did what, in the order of time.
pub(super) fn custody(dossier: &Dossier) -> Vec<u8> {
    let head = ["at_utc", "at_local", "who", "what", "of", "reference"];
    let rows = dossier.custody.iter().map(|line| {
        vec![
            utc(line.at),
            local(dossier, line.at),
            line.who.clone(),
            line.what.clone(),
            line.of.clone(),
            line.reference.clone(),
        ]
    });
    table(&head, rows)
}

/// The scans that the judge saw, oldest first a label; reasons name them by number.
pub(super) fn scans(dossier: &Dossier) -> Vec<u8> {
    let head = [
        "serial",
        "no",
        "at_utc",
        "at_local",
        "channel",
        "region",
        "place",
        "network",
        "foreign_host",
        "device",
    ];
    let rows = dossier.units.iter().flat_map(|unit| {
        let serial = unit.payload.serial_text();
        (1..).zip(&unit.scans).map(move |(no, scan): (u32, _)| {
            vec![
                serial.clone(),
                no.to_string(),
                utc(scan.at),
                local(dossier, scan.at),
                scan.channel.clone(),
                scan.region.to_string(),
                scan.place.clone(),
                scan.network.to_owned(),
                if scan.foreign_host { "yes" } else { "no" }.to_owned(),
                scan.device.map(|n| n.to_string()).unwrap_or_default(),
            ]
        })
    });
    table(&head, rows)
}
