//! Spoiled labels: whatever the guide says still reads is read by the decoder
//! that it says reads it.

use zhenma::label::Symbol;

use crate::decoders::Decoder;
use crate::distort::{self, Case, Print};

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/reading.md");

/// Labels of each row that are tried; the table rests on twenty.
const LABELS: u64 = 2;

/// Per cent that zxing-cpp and ZBar read at level M, of the guide's table for
/// the same label.
fn promised(guide: &str, case: Case) -> [u32; 2] {
    let (_, table) = guide.split_once("## The same label").expect("the guide's table");
    let start = format!("| {} |", case.name());
    let row = table.lines().find_map(|line| line.strip_prefix(&start));
    let row = row.unwrap_or_else(|| panic!("the guide has no row {start}"));
    let cell = row.split('|').nth(1).expect("a cell for level M");
    let mut shares = cell.split('/').map(|share| share.trim().parse().expect("a share"));
    [(); 2].map(|()| shares.next().expect("two shares"))
}

#[test]
fn what_the_guide_says_still_reads_is_read() {
    let Some(decoders) = Decoder::both() else { return };
    let guide = std::fs::read_to_string(GUIDE).expect("the guide");
    let folder = tempfile::tempdir().expect("a folder");
    let urls = distort::urls(LABELS);
    let prints: Vec<Print> =
        urls.iter().map(|url| Print::of(&Symbol::of(url).expect("a symbol"))).collect();
    let cases: Vec<(Case, [u32; 2])> =
        distort::cases().into_iter().map(|case| (case, promised(&guide, case))).collect();
    let draw = |(number, (case, shares)): (usize, &(Case, [u32; 2]))| {
        let seen = (0u64..).zip(&prints).map(|(seed, print)| {
            print.seen(*case, seed, &folder.path().join(format!("{number}-{seed}")))
        });
        seen.map(|picture| (picture, case.name(), *shares)).collect::<Vec<_>>()
    };
    // Drawing is slow without optimisation.
    let (even, odd): (Vec<_>, Vec<_>) = cases
        .iter()
        .enumerate()
        .filter(|(_, (_, shares))| shares.contains(&100))
        .partition(|(number, _)| number % 2 == 0);
    let pictures = std::thread::scope(|scope| {
        let other = scope.spawn(|| odd.into_iter().flat_map(draw).collect::<Vec<_>>());
        let mut all: Vec<_> = even.into_iter().flat_map(draw).collect();
        all.extend(other.join().expect("pictures are drawn"));
        all
    });
    for (which, decoder) in decoders.iter().enumerate() {
        let due: Vec<_> = pictures.iter().filter(|picture| picture.2[which] == 100).collect();
        assert!(due.len() >= 30, "the guide promises little of {}: {}", decoder.name, due.len());
        let paths: Vec<_> = due.iter().map(|(path, ..)| path).collect();
        for ((path, name, _), texts) in due.iter().zip(decoder.read(&paths)) {
            let known = texts.len() == 1 && urls.contains(&texts[0]);
            assert!(known, "{}: {name}: {texts:?} in {}", decoder.name, path.display());
        }
    }
}
