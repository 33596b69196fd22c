use hayro_syntax::Pdf as Read;

use super::*;

/// A picture with every kind of alpha.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut out, width, height);
    encoder.set_color(::png::ColorType::Rgba);
    let pixels: Vec<u8> =
        (0..width * height).flat_map(|n| [n as u8, 0, 200, (n / width * 12) as u8]).collect();
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&pixels).expect("pixels");
    writer.finish().expect("an end");
    out
}

fn paper(rows: usize) -> Vec<u8> {
    let mut paper = Paper::new("现场检查笔录", "鹿邑县市场监督管理局 · 笔录 7", Lang::Zh);
    paper.title("现场检查笔录");
    paper.fields(&[("当事人", "鹿邑县某某副食店".to_owned()), ("地址", "谷阳街道".repeat(30))]);
    paper.heading("一、检查情况");
    paper.paragraph(&"执法人员出示证件，告知当事人权利义务，逐瓶扫码检查。".repeat(8));
    let columns = [Column { head: "序号", share: 1.0 }, Column { head: "品名", share: 4.0 }];
    let rows: Vec<_> =
        (1..=rows).map(|n| vec![n.to_string(), "宋河粮液 500 mL".to_owned()]).collect();
    paper.table(&columns, &rows);
    let png = png(40, 20);
    paper.picture(Picture::read(&png).expect("a PNG"), 60.0, "照片1");
    paper.signature(
        "当事人（签名）：",
        Some(Picture::read(&png).expect("a PNG")),
        "2026年11月27日",
    );
    paper.signature("见证人（签名）：", None, "    年  月  日");
    paper.finish()
}

#[test]
fn the_same_content_gives_the_same_bytes_on_as_many_pages_as_it_takes() {
    assert_eq!(paper(3), paper(3));
    for (rows, pages) in [(3, 1), (200, 7)] {
        let pdf = Read::new(std::sync::Arc::new(paper(rows))).expect("a PDF");
        assert_eq!(pdf.pages().len(), pages, "{rows} rows");
    }
}

#[test]
fn a_row_longer_than_a_page_goes_on_on_the_next() {
    let mut paper = Paper::new("t", "", Lang::En);
    let columns = [Column { head: "a", share: 1.0 }, Column { head: "b", share: 1.0 }];
    paper.table(&columns, &[vec!["1".to_owned(), "酒".repeat(4_000)]]);
    let pdf = Read::new(std::sync::Arc::new(paper.finish())).expect("a PDF");
    assert!(pdf.pages().len() >= 4);
}

#[test]
fn what_is_no_picture_is_refused_and_says_why() {
    let png = png(40, 20);
    for (bytes, why) in [
        (&b"GIF89a"[..], "is neither"),
        (&png[..60], "is broken"),
        (b"\xff\xd8\xff\xe0\x00\x10", "is broken"),
        (b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03", "has more than"),
        (b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x10\x00\x10\x04", "is a JPEG of another"),
    ] {
        let error = Picture::read(bytes).expect_err(why).to_string();
        assert!(error.starts_with(why), "{error}");
    }
}
