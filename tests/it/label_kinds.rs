//! Every kind of file that a printer takes, read back by programs that are not
//! ours; and what preflight refuses.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use zhenma::code::{self, Layer};
use zhenma::label::template::{Cut, Mm, TEMPLATES, Template, builtin};
use zhenma::label::{
    Caption, Codes, Column, Columns, Drawing, Encoding, Form, Issued, Kind, Order, Packing, Pairs,
    Pictures, Separator, Table, proof,
};

use crate::decoders::Decoder;
use crate::labels::{issued, keyring, order, refusal, run, tree, urls};
use crate::need;
use crate::zpl::{Renderer, inked};

/// The template of an order of labels.
fn template(order: &mut Order) -> &mut Template {
    match &mut order.specification.form {
        Form::Pdf(form) => &mut form.template,
        Form::Zpl(form) => &mut form.template,
        _ => panic!("no labels"),
    }
}

fn of(kind: Kind, name: &str, printer: &str, count: u64) -> Order {
    let mut order = order(kind, count);
    *template(&mut order) = builtin(name).unwrap();
    order.specification.printer = Some(printer.parse().unwrap());
    order
}

/// Makes it an order of the batch's cases.
fn of_cases(order: &mut Order) {
    order.cases = 100;
    order.specification.codes = Codes::Cases;
    let run = serde_json::json!({"prefix": "6900000", "first": 4});
    order.sscc = Some(serde_json::from_value(run).unwrap());
}

/// The same of its pallets, which stand behind three cases.
fn of_pallets(order: &mut Order) {
    of_cases(order);
    (order.cases, order.pallets) = (3, 2);
    order.specification.codes = Codes::Pallets;
}

/// The single symbol of each picture, as both decoders read it.
fn both_read(pictures: &[impl AsRef<Path>]) -> Option<Vec<String>> {
    let [one, other] = Decoder::both()?.map(|decoder| decoder.read(pictures));
    assert_eq!(one, other, "the decoders agree");
    Some(one.into_iter().flatten().collect())
}

#[test]
fn zpl_drawn_by_us_or_by_the_printer_reads_back_on_every_printer() {
    let Some(renderer) = Renderer::find() else { return };
    for (printer, dots) in [("zpl-203", 8), ("zpl-300", 12), ("zpl-600", 24)] {
        for drawing in [Drawing::Graphic, Drawing::Printer] {
            let out = tempfile::tempdir().unwrap();
            let mut order = of(Kind::Zpl, "roll-40x30", printer, 6);
            let Form::Zpl(form) = &mut order.specification.form else { panic!() };
            form.drawing = drawing;
            run(&order, out.path());
            let zpl = fs::read_to_string(out.path().join("outer/000/labels-00000.zpl")).unwrap();
            assert_eq!(zpl.matches("^XA").count(), 6);
            assert!(zpl.contains("^FX number 5^FS"), "what an operator looks for after a jam");
            let pictures = renderer.draw(&zpl, dots, (40, 30), out.path());
            let Some(read) = both_read(&pictures) else { return };
            assert_eq!(read, urls(&order, Layer::Outer), "{printer} {drawing:?}");
        }
    }
}

/// Where the printer draws, cut marks and what else stays the same come to it
/// as a stored graphic.
#[test]
fn the_printer_draws_the_same_label_with_its_marks_as_we_do() {
    let Some(renderer) = Renderer::find() else { return };
    let boxes = [Drawing::Graphic, Drawing::Printer].map(|drawing| {
        let out = tempfile::tempdir().unwrap();
        let mut order = of(Kind::Zpl, "roll-30x40x3", "zpl-300", 2);
        (template(&mut order).paper.columns, template(&mut order).paper.width) = (2, Mm(78_000));
        let Form::Zpl(form) = &mut order.specification.form else { panic!() };
        form.drawing = drawing;
        run(&order, out.path());
        let zpl = fs::read_to_string(out.path().join("outer/000/labels-00000.zpl")).unwrap();
        let pictures = renderer.draw(&zpl, 12, (78, 52), out.path());
        inked(pictures.last().unwrap())
    });
    assert_eq!(boxes[0], boxes[1]);
}

#[test]
fn pairs_stand_in_the_order_of_the_applicator() {
    let Some(renderer) = Renderer::find() else { return };
    let mut order = of(Kind::Zpl, "cap-20", "zpl-203", 3);
    order.inner = true;
    let out = tempfile::tempdir().unwrap();
    run(&order, out.path());
    let (outer, inner) = (urls(&order, Layer::Outer), urls(&order, Layer::Inner));
    for (name, expected) in [("outer", &outer), ("inner", &inner)] {
        let file = out.path().join(format!("{name}/000/labels-00000.zpl"));
        let pictures = renderer.draw(&fs::read_to_string(file).unwrap(), 8, (23, 23), out.path());
        let Some(read) = both_read(&pictures) else { return };
        assert_eq!(&read, expected);
    }
    order.specification.pairs = Pairs::Together;
    let out = tempfile::tempdir().unwrap();
    run(&order, out.path());
    let zpl = fs::read_to_string(out.path().join("pairs/000/labels-00000.zpl")).unwrap();
    let pictures = renderer.draw(&zpl, 8, (23, 23), out.path());
    let Some(read) = both_read(&pictures) else { return };
    let pairs: Vec<String> = outer.into_iter().zip(inner).flat_map(<[String; 2]>::from).collect();
    assert_eq!(read, pairs);
}

#[test]
fn pages_of_every_kind_hold_the_same_labels() {
    let (Some(pdftoppm), Some(rsvg)) = (need::program("pdftoppm"), need::program("rsvg-convert"))
    else {
        return;
    };
    let out = tempfile::tempdir().unwrap();
    let png = out.path().join("page.png");
    for kind in [Kind::Pdf, Kind::Png, Kind::Svg] {
        let folder = out.path().join(kind.name());
        let mut order = order(kind, 3);
        // One label a page, so that every decoder finds it.
        let one = Box::new(builtin("roll-40x30").unwrap());
        match &mut order.specification.form {
            Form::Pdf(form) => form.template = one,
            Form::Svg(form) | Form::Png(form) => form.packing = Packing::Sheets(one),
            _ => panic!(),
        }
        run(&order, &folder);
        let mut read = Vec::new();
        for page in 0..3 {
            let done = match kind {
                Kind::Pdf => Command::new(&pdftoppm)
                    .args(["-r", "400", "-png", "-singlefile", "-f", &(page + 1).to_string()])
                    .args([&folder.join("outer/000/labels-00000.pdf"), &png.with_extension("")])
                    .status(),
                Kind::Svg => Command::new(&rsvg)
                    .args(["--dpi-x", "400", "--dpi-y", "400", "-o"])
                    .args([&png, &folder.join(format!("outer/000/labels-{page:05}.svg"))])
                    .status(),
                _ => {
                    let made = folder.join(format!("outer/000/labels-{page:05}.png"));
                    fs::copy(made, &png).unwrap();
                    Command::new("true").status()
                }
            };
            assert!(done.unwrap().success());
            let Some(texts) = both_read(&[&png]) else { return };
            read.extend(texts);
        }
        assert_eq!(read, urls(&order, Layer::Outer), "{kind}");
    }
}

#[test]
fn every_template_prints_what_it_says_and_is_a_sound_pdf() {
    let (Some(qpdf), Some(text)) = (need::program("qpdf"), need::program("pdftotext")) else {
        return;
    };
    for (name, _) in TEMPLATES {
        let out = tempfile::tempdir().unwrap();
        let mut order = of(Kind::Pdf, name, "offset-2400", 4);
        let layer = if name.starts_with("case") { Layer::Case } else { Layer::Outer };
        if layer == Layer::Case {
            of_cases(&mut order);
        }
        run(&order, out.path());
        let folder = if layer == Layer::Case { "case" } else { "outer" };
        let pdf = out.path().join(folder).join("000/labels-00000.pdf");
        let said = Command::new(&qpdf).arg("--check").arg(&pdf).output().unwrap();
        assert!(said.status.success(), "{name}: {}", String::from_utf8_lossy(&said.stdout));
        let shown = Command::new(&text).args([&pdf, Path::new("-")]).output().unwrap();
        let shown = String::from_utf8(shown.stdout).unwrap();
        let serial = code::read(&urls(&order, layer)[0]).unwrap().payload.to_string();
        assert_eq!(shown.contains(&serial), name != "cap-20", "{name}: {shown}");
    }
}

#[test]
fn a_label_of_a_case_or_pallet_holds_its_code_and_its_sscc_as_gs1_128() {
    let (Some(renderer), Some(zbar), Some(pdftoppm)) =
        (Renderer::find(), need::program("zbarimg"), need::program("pdftoppm"))
    else {
        return;
    };
    let out = tempfile::tempdir().unwrap();
    // Extension 0, prefix 6900000, serial reference, check digit: 4 is the first of
    // the cases, and behind three of them 7 that of the pallets.
    let case = (Layer::Case, of_cases as fn(&mut Order), "CODE-128:00069000000000000045");
    let pallet = (Layer::Pallet, of_pallets as fn(&mut Order), "CODE-128:00069000000000000076");
    let kinds = [(Kind::Pdf, "offset-2400"), (Kind::Zpl, "zpl-203")];
    let all = kinds.into_iter().flat_map(|kind| [(kind, case), (kind, pallet)]);
    for ((kind, printer), (layer, asked, bars)) in all {
        let mut order = of(kind, "case-100x150", printer, 1);
        asked(&mut order);
        if let Form::Zpl(form) = &mut order.specification.form {
            form.drawing = Drawing::Printer;
        }
        let folder = out.path().join(format!("{kind}-{layer:?}"));
        run(&order, &folder);
        let made = folder.join(format!("{}/000/labels-00000.{kind}", layer.slug()));
        let picture = if kind == Kind::Pdf {
            let picture = out.path().join("case");
            let drawn = Command::new(&pdftoppm)
                .args(["-r", "300", "-png", "-singlefile"])
                .args([&made, &picture])
                .status();
            assert!(drawn.unwrap().success());
            picture.with_extension("png")
        } else {
            let zpl = fs::read_to_string(made).unwrap();
            renderer.draw(&zpl, 8, (100, 150), out.path()).remove(0)
        };
        let read = Command::new(&zbar).args(["-q", "--nodbus"]).arg(&picture).output().unwrap();
        let read = String::from_utf8_lossy(&read.stdout).into_owned();
        let code = format!("QR-Code:{}", urls(&order, layer)[0]);
        for expected in [code.as_str(), bars] {
            assert!(read.lines().any(|line| line == expected), "{kind}: {expected}\n{read}");
        }
    }
}

#[test]
fn a_spot_colour_is_a_plate_of_its_own() {
    let (Some(qpdf), out) = (need::program("qpdf"), tempfile::tempdir().unwrap()) else { return };
    let mut order = of(Kind::Pdf, "roll-40x30", "offset-2400", 1);
    let text = "spot = \"PANTONE 2945 C\"\ncmyk = [100, 69, 8, 54]";
    template(&mut order).ink = toml::from_str(text).unwrap();
    run(&order, out.path());
    let pdf = out.path().join("outer/000/labels-00000.pdf");
    let plain =
        Command::new(qpdf).args(["--qdf", "--object-streams=disable"]).arg(&pdf).arg("-").output();
    let said = String::from_utf8_lossy(&plain.unwrap().stdout).into_owned();
    assert!(said.contains("/Separation") && said.contains("/PANTONE#202945#20C"), "{said}");
}

#[test]
fn an_archive_opens_elsewhere_and_holds_the_pictures_of_the_folder() {
    let Some(unzip) = need::program("unzip") else { return };
    let (plain, packed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for kind in [Kind::Png, Kind::Svg] {
        let (plain, packed) = (plain.path().join(kind.name()), packed.path().join(kind.name()));
        let mut order = order(kind, 25);
        run(&order, &plain);
        let (Form::Png(form) | Form::Svg(form)) = &mut order.specification.form else { panic!() };
        form.packing = Packing::Zip(10);
        run(&order, &packed);
        let opened = packed.join("opened");
        for file in 0..3 {
            let archive = packed.join(format!("archive/000/labels-{file:05}.zip"));
            let done = Command::new(&unzip).arg("-q").arg(archive).arg("-d").arg(&opened).status();
            assert!(done.unwrap().success());
        }
        assert!(tree(&opened.join("outer")) == tree(&plain.join("outer")), "{kind}");
    }
}

#[test]
fn a_table_is_written_as_the_printing_house_takes_it() {
    let columns = |text: &str| -> Vec<Column> {
        text.split(',').map(|column| column.parse().unwrap()).collect()
    };
    let mut order = order(Kind::Csv, 25);
    order.specification.form = Form::Csv(Columns {
        columns: columns("编号=number,二维码=url,品名=product,lot"),
        separator: Separator::Tab,
        encoding: Encoding::Gbk,
        items_a_file: Some(10),
    });
    let out = tempfile::tempdir().unwrap();
    run(&order, out.path());
    let mut seen = Vec::new();
    for (file, rows) in [(0, 10), (1, 10), (2, 5)] {
        let bytes = fs::read(out.path().join(format!("table/000/labels-{file:05}.csv"))).unwrap();
        let (text, _, broken) = encoding_rs::GBK.decode(&bytes);
        assert!(!broken && String::from_utf8(bytes.clone()).is_err(), "it is GBK");
        let mut table = csv::ReaderBuilder::new().delimiter(b'\t').from_reader(text.as_bytes());
        assert_eq!(table.headers().unwrap(), vec!["编号", "二维码", "品名", "lot"]);
        let found: Vec<_> = table.records().map(Result::unwrap).collect();
        assert_eq!(found.len(), rows);
        assert_eq!(&found[0][2], "李耳小磨香油 450 mL");
        seen.extend(found.iter().map(|row| row[1].to_owned()));
    }
    assert_eq!(seen, urls(&order, Layer::Outer));

    let mut marked = order.clone();
    let form = Columns { encoding: Encoding::Utf8Bom, ..Columns::default() };
    marked.specification.form = Form::Csv(form);
    let out = tempfile::tempdir().unwrap();
    run(&marked, out.path());
    let bytes = fs::read(out.path().join("labels.csv")).unwrap();
    assert!(bytes.starts_with("\u{feff}number,".as_bytes()));

    order.caption.product = "𠮷字号".to_owned();
    let out = tempfile::tempdir().unwrap();
    let said = refusal(&order, &out.path().join("new"));
    assert!(said.contains("GBK has no '𠮷' (U+20BB7)"), "{said}");
}

#[test]
fn what_cannot_be_read_is_refused_with_the_number_and_the_remedy() {
    type Change = fn(&mut Order);
    let cases: [(&str, Change); 15] = [
        ("module: 2 whole dots of zpl-203 are 0.25 mm, under 0.255 mm; take 0.375 mm", |o| {
            template(o).symbol.module = Mm(300);
        }),
        ("quiet_zone: between the symbol and the edge of the label are 1.7 modules", |o| {
            template(o).symbol.x = Mm(8_400);
        }),
        ("text: line 5 (\"{serial}\") stands on the symbol", |o| {
            template(o).text[4].y = Mm(12_000);
        }),
        ("edge: line 1 (\"{product}\") is 2.00 mm beyond the edge", |o| {
            template(o).text[0].x = Mm(24_000);
        }),
        ("contrast: symbol and ground differ by 0 %", |o| {
            template(o).ground = "#000000".to_owned().try_into().unwrap();
        }),
        ("contrast: the symbol is lighter than its ground", |o| {
            template(o).ground = "#000000".to_owned().try_into().unwrap();
            template(o).ink = toml::from_str("spot = \"W\"\ncmyk = [0, 0, 0, 0]").unwrap();
        }),
        ("contrast: symbol and ground differ by", |o| {
            template(o).ink = toml::from_str("spot = \"RED\"\ncmyk = [0, 100, 100, 0]").unwrap();
        }),
        ("paper: the labels need a width of 80.00 mm, and the paper has 40 mm", |o| {
            template(o).paper.columns = 2;
        }),
        ("paper: cut marks do not stand on the paper: 0.00 mm are left at the top", |o| {
            template(o).paper.cut = Cut::Marks;
        }),
        ("paper: a page has 188982 by 188982 dots of offset-2400; 600000000 dots at most", |o| {
            let mut layout = builtin("a4-35").unwrap();
            (layout.paper.width, layout.paper.height) = (Mm(2_000_000), Mm(2_000_000));
            let packing = Packing::Sheets(Box::new(layout));
            o.specification.form = Form::Png(Pictures { module: Mm(500), packing });
            o.specification.printer = Some("offset-2400".parse().unwrap());
        }),
        ("printer: zpl-203 prints 104.00 mm across, and the paper has 120 mm", |o| {
            template(o).paper.width = Mm(120_000);
        }),
        ("holds '𠮷' (U+20BB7), which the typeface has not; write it with", |o| {
            o.caption.product = "𠮷字号".to_owned();
        }),
        ("holds U+05D0, which is written from right to left", |o| {
            o.caption.product = "\u{5d0}".to_owned();
        }),
        ("text: line 2 (\"{colour}\") names {colour}, which labels have not", |o| {
            template(o).text[1].text = "{colour}".to_owned();
        }),
        ("would have 1.0 points to fit 18 mm", |o| o.caption.product = "很长的品名".repeat(10)),
    ];
    for (says, change) in cases {
        let mut order = of(Kind::Zpl, "roll-40x30", "zpl-203", 1);
        change(&mut order);
        let out = tempfile::tempdir().unwrap();
        let said = refusal(&order, &out.path().join("new"));
        assert!(said.contains(says), "{says}\n{said}");
        assert!(!out.path().join("new").exists(), "nothing is written");
    }
}

/// A table of codes, as a printing house gets it.
fn table(folder: &Path, count: u64) -> (Order, String) {
    let order = order(Kind::Csv, count);
    run(&order, folder);
    (order, fs::read_to_string(folder.join("labels.csv")).unwrap())
}

fn draw(table: &Table, out: &Path, first: u64, count: u64) -> Issued {
    let spec = of(Kind::Zpl, "roll-40x30", "zpl-203", 1).specification;
    let spec = zhenma::label::Specification { first, count, ..spec };
    table.render(&spec, out, &mut |_| {}, &false.into()).unwrap()
}

#[test]
fn a_printing_house_draws_from_the_table_and_goes_on_behind_the_last_good_label() {
    let Some(renderer) = Renderer::find() else { return };
    let out = tempfile::tempdir().unwrap();
    let (order, _) = table(&out.path().join("table"), 1_203);
    let caption = Caption { product: "示范香油".to_owned(), ..Caption::default() };
    let file = out.path().join("table/labels.csv");
    let read = Table::read(&file, Some(&keyring()), caption).unwrap();
    assert_eq!(read.rows(), 1_203);
    let last = code::read(&urls(&order, Layer::Outer)[1_198]).unwrap().payload.to_string();
    let from = read.place_of(&last).unwrap() + 1;
    assert_eq!(from, 1_199);
    assert_eq!(draw(&read, &out.path().join("zpl"), from, 4), Issued::Complete);
    let zpl = fs::read_to_string(out.path().join("zpl/outer/000/labels-00000.zpl")).unwrap();
    let pictures = renderer.draw(&zpl, 8, (40, 30), out.path());
    let Some(texts) = both_read(&pictures) else { return };
    assert_eq!(texts, urls(&order, Layer::Outer)[1_199..]);
    assert!(read.place_of("AAAAA").unwrap_err().to_string().contains("no label of this table"));
}

#[test]
fn a_table_with_a_wrong_line_is_refused_whole_and_the_line_is_named() {
    let out = tempfile::tempdir().unwrap();
    let (_, good) = table(&out.path().join("table"), 9);
    let line = |n: usize| good.lines().nth(n - 1).unwrap().to_owned();
    let of_other_batch = {
        let mut other = order(Kind::Csv, 1);
        other.batch = 4;
        urls(&other, Layer::Outer).remove(0)
    };
    let url_of = |row: &str| row.rsplit(',').next().unwrap().to_owned();
    for (wrong, says) in [
        (
            line(5)
                .replace("https://", "")
                .replace("HTTPS://ID.EXAMPLE.CN/C", "HTTPS://ID.EXAMPLE.CN/"),
            "is no code of ours",
        ),
        (line(5).replace("ID.EXAMPLE.CN", "ID.EXAMPLE.COM"), "a code on id.example.com"),
        (
            line(5).replace(&url_of(&line(5)), &of_other_batch),
            "a code of batch 7-4 among those of 7-3",
        ),
        (line(4), "does not follow the row above"),
        ("3,only three,cells".to_owned(), "has 3 cells"),
        (line(5).replacen('3', "x", 1), "is no running number"),
    ] {
        let file = out.path().join("wrong.csv");
        fs::write(&file, good.replace(&line(5), &wrong)).unwrap();
        let said = Table::read(&file, None, Caption::default()).err().unwrap().to_string();
        assert!(said.contains("line 5: ") && said.contains(says), "{says}\n{said}");
    }
    // A signature that is not the key's: seen only with the published keys.
    let forged = line(5);
    let last = forged.len() - 20;
    let other = if &forged[last..=last] == "A" { "B" } else { "A" };
    let forged = format!("{}{other}{}", &forged[..last], &forged[last + 1..]);
    let file = out.path().join("forged.csv");
    fs::write(&file, good.replace(&line(5), &forged)).unwrap();
    assert!(Table::read(&file, None, Caption::default()).is_ok());
    let said = Table::read(&file, Some(&keyring()), Caption::default()).err().unwrap();
    assert!(said.to_string().contains("line 5: url: its signature does not hold"), "{said}");

    // Words that cannot be set are refused where they are to be set.
    let last = url_of(&line(9));
    let rows = format!("url,product\r\n{},香油\r\n{last},𠮷香油\r\n", url_of(&line(5)));
    fs::write(&file, rows).unwrap();
    let read = Table::read(&file, Some(&keyring()), Caption::default()).unwrap();
    let spec = of(Kind::Zpl, "roll-40x30", "zpl-203", 2).specification;
    let said = read.render(&spec, &out.path().join("z"), &mut |_| {}, &false.into()).unwrap_err();
    assert!(said.to_string().contains("line 3: holds '𠮷' (U+20BB7)"), "{said}");

    // So are words that only a later row makes too long for the layout.
    let long = "小磨芝麻香油".repeat(20);
    let rows = format!("url,product\r\n{},香油\r\n{last},{long}\r\n", url_of(&line(5)));
    fs::write(&file, rows).unwrap();
    let read = Table::read(&file, Some(&keyring()), Caption::default()).unwrap();
    let said = read.render(&spec, &out.path().join("z"), &mut |_| {}, &false.into()).unwrap_err();
    assert!(
        said.to_string().contains(&long) && said.to_string().contains("points to fit"),
        "{said}"
    );

    fs::write(&file, "a,b\n1,2\n").unwrap();
    let said = Table::read(&file, None, Caption::default()).err().unwrap().to_string();
    assert!(said.contains("no column url"), "{said}");
}

#[test]
fn every_kind_goes_on_after_a_stop_to_the_same_bytes() {
    for change in [
        |form: &mut Form| {
            let Form::Png(pictures) = form else { return };
            pictures.packing = Packing::Zip(50);
        },
        |form: &mut Form| *form = order(Kind::Csv, 1).specification.form,
    ] {
        let mut order = order(Kind::Png, 400);
        change(&mut order.specification.form);
        if let Form::Csv(columns) = &mut order.specification.form {
            columns.items_a_file = Some(60);
        }
        let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        run(&order, whole.path());
        let mut runs = 1;
        while issued(&order, parts.path(), 2) != Issued::Complete {
            runs += 1;
        }
        assert!(runs > 1, "it was interrupted");
        let names = |folder: &Path| tree(folder).into_keys().collect::<BTreeSet<_>>();
        assert_eq!(names(whole.path()), names(parts.path()));
        assert!(tree(whole.path()) == tree(parts.path()));
    }
}

#[test]
fn a_proof_sheet_is_read_at_each_of_its_sizes() {
    let (Some(renderer), Some(pdftoppm)) = (Renderer::find(), need::program("pdftoppm")) else {
        return;
    };
    let out = tempfile::tempdir().unwrap();
    let sizes = |texts: Vec<Vec<String>>| -> BTreeSet<u16> {
        let paths = texts.concat();
        paths
            .iter()
            .map(|url| url.strip_prefix("HTTPS://ID.EXAMPLE.CN").unwrap())
            .map(|path| code::read_proof(path).unwrap())
            .collect()
    };
    let url = "https://id.example.cn";
    let Some(zxing) = Decoder::zxing() else { return };
    let thermal = "zpl-203".parse().unwrap();
    let zpl = String::from_utf8(proof(&thermal, url, Kind::Zpl).unwrap()).unwrap();
    let drawn = renderer.draw(&zpl, 8, (104, 200), out.path());
    assert_eq!(sizes(zxing.read(&drawn)), BTreeSet::from([375, 500, 625, 750]));

    let laser = "laser-600".parse().unwrap();
    let pdf = out.path().join("proof.pdf");
    fs::write(&pdf, proof(&laser, url, Kind::Pdf).unwrap()).unwrap();
    let png = out.path().join("proof");
    let done = Command::new(pdftoppm)
        .args(["-r", "600", "-png", "-singlefile"])
        .args([&pdf, &png])
        .status();
    assert!(done.unwrap().success());
    let read = sizes(zxing.read(&[png.with_extension("png")]));
    assert_eq!(read, BTreeSet::from([296, 381, 466, 550, 635, 720, 804]));
}
