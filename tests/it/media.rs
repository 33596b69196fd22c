//! Photos as people and machines send them.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};
use zhenma::media::kind::Other;
use zhenma::media::{Exif, Kind, MediaStore, Refusal, Sha256Hex, intake};

/// Red at the left, blue at the right.
pub fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let shade = u8::try_from((x * 7 + y * 13) % 40).expect("small");
        if x < width / 2 { Rgb([200 + shade, 20, 20]) } else { Rgb([20, 20, 200 + shade]) }
    })
}

pub fn jpeg(picture: &RgbImage, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut out, 90);
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).expect("JPEG has room for it");
    }
    encoder.encode_image(picture).expect("a picture");
    out
}

pub fn png(picture: &RgbImage) -> Vec<u8> {
    let mut out = Vec::new();
    let (width, height) = picture.dimensions();
    let encoder = PngEncoder::new(&mut out);
    encoder.write_image(picture, width, height, ExtendedColorType::Rgb8).expect("a picture");
    out
}

pub fn webp(picture: &RgbImage) -> Vec<u8> {
    let mut out = Vec::new();
    let (width, height) = picture.dimensions();
    let encoder = WebPEncoder::new_lossless(&mut out);
    encoder.encode(picture, width, height, ExtendedColorType::Rgb8).expect("a picture");
    out
}

/// A block of little-endian TIFF: orientation, camera, time and place.
pub fn exif(orientation: u16) -> Vec<u8> {
    use exif::experimental::Writer;
    use exif::{Field, In, Rational, Tag, Value};
    let field = |tag, value| Field { tag, ifd_num: In::PRIMARY, value };
    let text = |text: &str| Value::Ascii(vec![text.as_bytes().to_vec()]);
    let angle = |d, m, s| Value::Rational([d, m, s].map(|num| Rational { num, denom: 1 }).to_vec());
    let fields = [
        field(Tag::Orientation, Value::Short(vec![orientation])),
        field(Tag::Make, text("HUAWEI")),
        field(Tag::Model, text("<b>P60</b>\u{202e}")),
        field(Tag::DateTimeOriginal, text("2026:11:27 10:15:00")),
        field(Tag::OffsetTimeOriginal, text("+08:00")),
        field(Tag::GPSLatitudeRef, text("N")),
        field(Tag::GPSLatitude, angle(33, 52, 12)),
        field(Tag::GPSLongitudeRef, text("E")),
        field(Tag::GPSLongitude, angle(115, 28, 48)),
    ];
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut out = std::io::Cursor::new(Vec::new());
    writer.write(&mut out, true).expect("a block");
    out.into_inner()
}

/// PNG chunks: a header of that size, and whatever else.
fn png_of(width: u32, height: u32, chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    // 8 bits a channel, RGB.
    header.extend([8, 2, 0, 0, 0]);
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let all = std::iter::once((b"IHDR", &*header)).chain(chunks.iter().copied());
    for (name, data) in all.chain([(b"IEND", &[][..])]) {
        out.extend(u32::try_from(data.len()).expect("short").to_be_bytes());
        out.extend(name);
        out.extend(data);
        let mut crc = flate2::Crc::new();
        crc.update(name);
        crc.update(data);
        out.extend(crc.sum().to_be_bytes());
    }
    out
}

/// So many zero bytes, deflated.
fn zeros(bytes: usize) -> Vec<u8> {
    let mut out = ZlibEncoder::new(Vec::new(), Compression::best());
    let block = vec![0; 1 << 20];
    for _ in 0..bytes.div_ceil(block.len()) {
        out.write_all(&block).expect("memory");
    }
    out.finish().expect("memory")
}

fn refused(bytes: &[u8]) -> Refusal {
    intake(bytes, None).expect_err("it is no photo")
}

#[test]
fn each_kind_is_taken_by_what_it_is_and_comes_out_as_a_picture_alone() {
    let picture = picture(120, 80);
    let with_exif = jpeg(&picture, Some(exif(1)));
    for (kind, bytes) in
        [(Kind::Jpeg, with_exif), (Kind::Png, png(&picture)), (Kind::WebP, webp(&picture))]
    {
        // Whatever picture it is said to be.
        for claimed in [None, Some("image/png"), Some("application/octet-stream"), Some("")] {
            let photo = intake(&bytes, claimed).expect("a photo");
            assert_eq!((photo.kind, photo.width, photo.height), (kind, 120, 80));
            assert_eq!(photo.original, Sha256Hex::of(&bytes));
            assert_eq!(photo.shown_hash, Sha256Hex::of(&photo.shown));
            assert_eq!(photo.bytes, bytes.len() as u64);
            let has = |text: &[u8]| photo.shown.windows(text.len()).any(|w| w == text);
            assert!(!has(b"Exif") && !has(b"HUAWEI") && photo.shown.starts_with(b"\xff\xd8\xff"));
            let shown = image::load_from_memory(&photo.shown).expect("a JPEG").to_rgb8();
            let near = |a: u8, b: u8| a.abs_diff(b) < 30;
            let left = shown.get_pixel(10, 40).0;
            assert!(near(left[0], picture.get_pixel(10, 40).0[0]) && left[2] < 80, "{left:?}");
        }
    }
}

#[test]
fn a_photo_is_turned_upright_and_what_the_camera_says_is_kept_apart() {
    // 6: the camera was turned; the picture is to be turned by 90 degrees to the right.
    let photo = intake(&jpeg(&picture(120, 80), Some(exif(6))), None).expect("a photo");
    assert_eq!((photo.width, photo.height), (80, 120));
    let shown = image::load_from_memory(&photo.shown).expect("a JPEG").to_rgb8();
    assert!(shown.get_pixel(40, 5).0[0] > 180, "what was left is above");
    assert!(shown.get_pixel(40, 115).0[2] > 180, "what was right is below");
    let Exif { taken_at, offset, lat, lon, make, model, software } = photo.exif;
    assert_eq!(taken_at.as_deref(), Some("2026-11-27T10:15:00"));
    assert_eq!(offset.as_deref(), Some("+08:00"));
    assert_eq!(lat.map(|lat| (lat * 1e4).round()), Some(338_700.0));
    assert_eq!(lon.map(|lon| (lon * 1e4).round()), Some(1_154_800.0));
    assert_eq!(make.as_deref(), Some("HUAWEI"));
    // What turns the direction of a page's text is gone; the rest is shown escaped.
    assert_eq!(model.as_deref(), Some("<b>P60</b>"));
    assert_eq!(software, None);
}

#[test]
fn a_block_of_the_camera_that_is_nonsense_costs_the_photo_nothing() {
    for block in [vec![], vec![0xff; 40], b"II*\0\xff\xff\xff\xff".to_vec(), exif(6)[..30].to_vec()]
    {
        let photo = intake(&jpeg(&picture(40, 30), Some(block)), None).expect("a photo");
        assert_eq!((photo.width, photo.height, photo.exif), (40, 30, Exif::default()));
    }
}

#[test]
fn a_large_photo_is_shown_smaller_and_what_lets_through_lies_on_white() {
    let photo = intake(&jpeg(&picture(5_200, 300), None), None).expect("a photo");
    assert_eq!((photo.width, photo.height), (2_560, 148));
    let glass = image::RgbaImage::new(30, 20);
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(&glass, 30, 20, ExtendedColorType::Rgba8)
        .expect("a picture");
    let photo = intake(&bytes, None).expect("a photo");
    let shown = image::load_from_memory(&photo.shown).expect("a JPEG").to_rgb8();
    assert!(shown.pixels().all(|pixel| pixel.0.iter().all(|part| *part > 250)));
}

#[test]
fn what_is_no_photo_is_refused_by_its_content_with_what_to_do() {
    let ftyp = |brand: &[u8]| [b"\0\0\0\x18ftyp", brand, b"\0\0\0\0mif1heic"].concat();
    for (bytes, wanted) in [
        (Vec::new(), Refusal::Empty),
        (ftyp(b"heic"), Refusal::Kind(Other::Heic)),
        (ftyp(b"mif1"), Refusal::Kind(Other::Heic)),
        (ftyp(b"avif"), Refusal::Kind(Other::Avif)),
        (ftyp(b"isom"), Refusal::Kind(Other::Video)),
        (b"GIF89a\x01\0\x01\0".to_vec(), Refusal::Kind(Other::Gif)),
        (b"<?xml version=\"1.0\"?><svg onload=alert(1)>".to_vec(), Refusal::Kind(Other::Svg)),
        (b"  <!DOCTYPE html><script>".to_vec(), Refusal::Kind(Other::Page)),
        (b"%PDF-1.7".to_vec(), Refusal::Kind(Other::Pdf)),
        (b"PK\x03\x04".to_vec(), Refusal::Kind(Other::Archive)),
        (b"BM\x36\0".to_vec(), Refusal::Kind(Other::Bmp)),
        (b"II*\0\x08\0\0\0".to_vec(), Refusal::Kind(Other::Tiff)),
        (b"not a photo".to_vec(), Refusal::Kind(Other::Unknown)),
        (vec![0xff; zhenma::media::PHOTO_BYTES_MAX + 1], Refusal::TooLong),
    ] {
        assert_eq!(refused(&bytes), wanted);
        for lang in [zhenma::base::Lang::Zh, zhenma::base::Lang::En] {
            assert!(wanted.text(lang).chars().count() > 8, "{wanted}");
        }
    }
    let photo = jpeg(&picture(40, 30), None);
    for claimed in ["text/html", "image/svg+xml", "application/pdf", "TEXT/HTML; charset=utf-8"] {
        assert_eq!(intake(&photo, Some(claimed)), Err(Refusal::Claim), "{claimed}");
    }
}

#[test]
fn a_photo_that_is_a_page_or_an_archive_too_is_refused() {
    let photo = jpeg(&picture(400, 300), None);
    let page = b"<HTML><script>alert(document.cookie)</script>";
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("a.js", zip::write::SimpleFileOptions::default()).expect("a file");
    archive.write_all(b"alert(1)").expect("memory");
    let archive = archive.finish().expect("memory").into_inner();
    // In a comment of the JPEG, behind it, and as an archive behind it.
    let comment = [&photo[..2], b"\xff\xfe\0\x2f", page, &photo[2..]].concat();
    for bytes in [
        comment,
        [&photo[..], page].concat(),
        [&photo[..], &archive].concat(),
        png_of(10, 10, &[(b"tEXt", b"Comment\0<script>alert(1)</script>")]),
    ] {
        assert_eq!(refused(&bytes), Refusal::Disguised);
    }
    // What telephones put behind a photo, a film or a second picture, is let pass.
    for behind in [&b"\0\0\0\x18ftypmp42\0\0\0\0isommp42\xff\xda\xff\xda"[..], &photo] {
        assert!(intake(&[&photo[..], behind].concat(), None).is_ok());
    }
}

#[test]
fn sizes_are_known_before_anything_is_unpacked() {
    // A hundred megapixels, with all of their data and with none of it.
    let packed = zeros(30_000_000);
    for data in [&[][..], &packed] {
        let bytes = png_of(10_000, 10_000, &[(b"IDAT", data)]);
        let wanted = Refusal::TooManyPixels { width: 10_000, height: 10_000 };
        assert_eq!(refused(&bytes), wanted);
    }
    let bytes = png_of(0x7fff_ffff, 0x7fff_ffff, &[]);
    assert!(matches!(refused(&bytes), Refusal::TooManyPixels { .. } | Refusal::Broken));
    let long = png_of(20_000, 10, &[(b"IDAT", &zeros(600_010))]);
    assert_eq!(refused(&long), Refusal::TooManyPixels { width: 20_000, height: 10 });
    // The same in the header of a JPEG: 0xffc0, its length, 8 bits, height, width.
    let mut photo = jpeg(&picture(40, 30), None);
    let frame = photo.windows(2).position(|w| w == [0xff, 0xc0]).expect("a frame");
    photo[frame + 5..frame + 9].copy_from_slice(&[0x27, 0x10, 0x27, 0x10]);
    assert_eq!(refused(&photo), Refusal::TooManyPixels { width: 10_000, height: 10_000 });
}

#[test]
fn what_unpacks_to_far_more_than_it_is_is_refused() {
    // 49 megapixels of nothing in 150 kB.
    let bomb = png_of(7_000, 7_000, &[(b"IDAT", &zeros(147_000_000))]);
    assert!(bomb.len() < 200_000, "{}", bomb.len());
    assert_eq!(refused(&bomb), Refusal::Bomb);
    // A small picture with a text that unpacks to a gigabyte is a small picture.
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::fast());
    rows.write_all(&[0; 10 * 31]).expect("memory");
    let rows = rows.finish().expect("memory");
    let text = [&b"Comment\0\0"[..], &zeros(1 << 30)].concat();
    let profile = [&b"icc\0\0"[..], &zeros(1 << 30)].concat();
    let small = png_of(10, 10, &[(b"zTXt", &text), (b"IDAT", &rows)]);
    assert_eq!(intake(&small, None).map(|photo| photo.width), Ok(10));
    let small = png_of(10, 10, &[(b"iCCP", &profile), (b"IDAT", &rows)]);
    assert!(intake(&small, None).is_ok_and(|photo| photo.shown.len() < 10_000));
    // A JPEG that is gone over without end.
    let photo = jpeg(&picture(40, 30), None);
    let scan = photo.windows(2).position(|w| w == [0xff, 0xda]).expect("a scan");
    let again = photo[scan..photo.len() - 2].repeat(100);
    let bomb = [&photo[..scan], &again, b"\xff\xd9"].concat();
    assert_eq!(refused(&bomb), Refusal::Bomb);
}

#[test]
fn what_is_cut_short_or_damaged_is_refused_and_never_panics() {
    let picture = picture(200, 150);
    for whole in [jpeg(&picture, Some(exif(3))), png(&picture), webp(&picture)] {
        for part in [16, whole.len() / 3, whole.len() / 2, whole.len() - 40] {
            assert_eq!(refused(&whole[..part]), Refusal::Broken, "{part} of {}", whole.len());
        }
        // Any byte may be any other: it is taken or refused.
        for n in 0..400 {
            let mut spoiled = whole.clone();
            let at = (n * 7_919) % spoiled.len();
            spoiled[at] ^= u8::try_from(n % 255 + 1).expect("a byte");
            let _ = intake(&spoiled, None);
        }
    }
}

#[tokio::test]
async fn a_file_lies_under_its_hash_for_its_owner_alone_and_is_what_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = MediaStore::at(folder.path().join("media"));
    let photo = store.intake(jpeg(&picture(90, 60), None), None).await.expect("a photo");
    let hash = store.put(photo.shown.clone()).await.expect("written");
    assert_eq!(hash, photo.shown_hash);
    assert_eq!(store.put(photo.shown.clone()).await.expect("there already"), hash);
    let path = store.path(&hash);
    assert!(path.ends_with(format!("{}/{hash}", &hash.to_string()[..2])));
    let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let left = std::fs::read_dir(path.parent().expect("a folder")).expect("a folder").count();
    assert_eq!(left, 1, "a temporary file is left");
    assert_eq!(store.get(&hash).await.expect("read"), Some(photo.shown.clone()));
    // Evidence that changed is none.
    std::fs::write(&path, b"other").expect("written");
    assert!(store.get(&hash).await.is_err());
    store.remove(&hash).await.expect("removed");
    store.remove(&hash).await.expect("removed already");
    assert_eq!(store.get(&hash).await.expect("read"), None);
    for text in ["", "../../etc/passwd", &hash.to_string().to_uppercase(), &"0".repeat(63)] {
        assert_eq!(Sha256Hex::parse(text), None);
    }
    assert_eq!(Sha256Hex::parse(&hash.to_string()), Some(hash));
}
