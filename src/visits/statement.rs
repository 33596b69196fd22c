//! What a sweep says, in a sentence that can stand in a record, and what has to be
//! said beside it.

use crate::base::Lang;
use crate::visits::record::Sampling;
use crate::visits::sample::{Bound, CONFIDENCE};
use crate::visits::sweep::SweepDone;

/// A share as a percentage with one decimal at most, rounded away from what is
/// claimed so that the claim stays true.
fn percent(share: f64, up: bool) -> String {
    let tenths = share * 1_000.0;
    let tenths = if up { tenths.ceil() } else { tenths.floor() };
    // Whole numbers without their zero.
    let text = format!("{:.1}", tenths / 10.0);
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

fn confidence() -> String {
    percent(CONFIDENCE, false)
}

/// The sentence.
pub fn sentence(sweep: &SweepDone<'_>, lang: Lang) -> String {
    let (n, x) = (sweep.tally.checked, sweep.tally.suspect);
    let stock = sweep.plan.stock;
    match (sweep.bound(), lang) {
        (Some(Bound::Nothing), Lang::Zh) => "没有可以判断的商品，不能得出结论。".to_owned(),
        (Some(Bound::Nothing), Lang::En) => "No unit could be told: nothing follows.".to_owned(),
        (Some(Bound::Whole { suspect }), Lang::Zh) => {
            format!("全部{n}件均已查验，其中可疑{suspect}件。")
        }
        (Some(Bound::Whole { suspect }), Lang::En) => {
            format!("All {n} units checked, {suspect} suspect.")
        }
        (Some(bound), Lang::Zh) => {
            format!("{}：{}。", checked_zh(n, x, stock), drawn_zh(bound, stock))
        }
        (Some(bound), Lang::En) => {
            format!(
                "{}: {}, if units were picked at random.",
                checked_en(n, x, stock),
                drawn_en(bound, stock)
            )
        }
        (None, Lang::Zh) => {
            format!(
                "{}。商品不是随机抽取的，结果只对查验过的商品成立，不能推及其余存货。",
                checked_zh(n, x, stock)
            )
        }
        (None, Lang::En) => format!(
            "{}. Units were not picked at random: this holds for those that were checked and says nothing of the rest.",
            checked_en(n, x, stock)
        ),
    }
}

fn checked_zh(n: u32, x: u32, stock: Option<u32>) -> String {
    let of = stock.map(|stock| format!("存货{stock}件，")).unwrap_or_default();
    match x {
        0 => format!("{of}查验{n}件，未发现可疑"),
        x => format!("{of}查验{n}件，其中可疑{x}件"),
    }
}

fn checked_en(n: u32, x: u32, stock: Option<u32>) -> String {
    let of = stock.map(|stock| format!(" of {stock}")).unwrap_or_default();
    match x {
        0 => format!("{n}{of} units checked, none suspect"),
        x => format!("{n}{of} units checked, {x} suspect"),
    }
}

fn drawn_zh(bound: Bound, stock: Option<u32>) -> String {
    let sure = confidence();
    match bound {
        Bound::Share { lower: 0.0, upper } => {
            let upper = percent(upper, true);
            format!("如抽取是随机的，则有{sure}%的把握认为该批存货中仿冒品不到{upper}%")
        }
        Bound::Share { lower, upper } => {
            let (lower, upper) = (percent(lower, false), percent(upper, true));
            format!("如抽取是随机的，则有{sure}%的把握认为该批存货中仿冒品占{lower}%至{upper}%")
        }
        Bound::Units { lower, upper } => {
            let share = percent(f64::from(upper) / f64::from(stock.unwrap_or(1).max(1)), true);
            let from = if lower > 0 { format!("不少于{lower}件、") } else { String::new() };
            format!(
                "如抽取是随机的，则有{sure}%的把握认为这批存货中仿冒品{from}不超过{upper}件（{share}%）"
            )
        }
        Bound::Nothing | Bound::Whole { .. } => String::new(),
    }
}

fn drawn_en(bound: Bound, stock: Option<u32>) -> String {
    let sure = confidence();
    match bound {
        Bound::Share { lower: 0.0, upper } => {
            let upper = percent(upper, true);
            format!("with {sure} % confidence fewer than {upper} % of this stock are copies")
        }
        Bound::Share { lower, upper } => {
            let (lower, upper) = (percent(lower, false), percent(upper, true));
            format!("with {sure} % confidence {lower} % to {upper} % of this stock are copies")
        }
        Bound::Units { lower, upper } => {
            let stock = stock.unwrap_or(1).max(1);
            let share = percent(f64::from(upper) / f64::from(stock), true);
            let from = if lower > 0 { format!("at least {lower} and ") } else { String::new() };
            format!(
                "with {sure} % confidence {from}at most {upper} of these {stock} units are copies ({share} %)"
            )
        }
        Bound::Nothing | Bound::Whole { .. } => String::new(),
    }
}

/// What stands beside the sentence, so that nobody takes it for more than it is.
pub fn caveats(sweep: &SweepDone<'_>, lang: Lang) -> Vec<String> {
    let tally = &sweep.tally;
    let mut out = Vec::new();
    let mut say = |zh: String, en: String| out.push(lang.pick(&zh, &en).to_owned());
    if let (Sampling::Random, Some(seed)) = (sweep.plan.sampling, &sweep.plan.seed) {
        say(
            format!("抽取位置由种子 {seed} 推出，可复核。"),
            format!("The places were drawn from the seed {seed}: whoever has it draws the same."),
        );
    }
    if sweep.plan.sampling == Sampling::Random && sweep.plan.seed.is_none() {
        say(
            "随机抽取为执法人员所述，没有留下抽签种子。".to_owned(),
            "That units were picked at random is what the officer says; no seed was kept."
                .to_owned(),
        );
    }
    if tally.open > 0 {
        say(
            format!("另有{}件无法判断，未计入。", tally.open),
            format!("{} more units could not be told and are not counted.", tally.open),
        );
    }
    if tally.withdrawn > 0 {
        say(
            format!("其中{}件不应在售（召回、停用或未启用）。", tally.withdrawn),
            format!(
                "{} of them may not be sold (recalled, blocked or not activated).",
                tally.withdrawn
            ),
        );
    }
    if tally.repeated > 0 {
        say(
            format!("有{}个编号被重复扫描，各按1件计。", tally.repeated),
            format!("{} labels were read more than once and count once each.", tally.repeated),
        );
    }
    if !sweep.ended {
        say("抽查尚未结束。".to_owned(), "The sweep has not ended.".to_owned());
    }
    say(
        "结论只针对标签查验：复制的标签如系首次被查询，单凭查验可能发现不了。".to_owned(),
        "It rests on the check of labels: a copy that is queried for the first time may pass it."
            .to_owned(),
    );
    out
}
