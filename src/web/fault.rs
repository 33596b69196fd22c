//! Of some fields, what is wrong with what was typed, beyond what may stand there.

use crate::base::limits::BATCH_LABELS_MAX;
use crate::base::{FieldError, Lang};
use crate::code::gs1::check_digit;

/// In words for the page; `None` where the form's own words are to be said.
pub fn particular(e: &FieldError, lang: Lang) -> Option<String> {
    match (&*e.field, lang) {
        ("expires_on", Lang::En) if e.problem == "is before made_on" => {
            Some("The expiry date is before the day it was made; give a later one.".to_owned())
        }
        ("gtin", Lang::Zh) => gtin(e),
        ("count", Lang::Zh) => count(e),
        ("range" | "numbers", Lang::Zh) => numbers(e),
        _ => None,
    }
}

fn gtin(e: &FieldError) -> Option<String> {
    if e.problem.ends_with("is registered with other particulars") {
        return Some("这个商品条码已经登记过，不能再登记；可在产品列表里查看".to_owned());
    }
    let digits = e.problem.strip_prefix("the check digit of ")?.strip_suffix(" is wrong")?;
    let others = digits.get(..digits.len().checked_sub(1)?)?;
    let right = check_digit(others);
    Some(format!("校验码不对：{digits}的最后一位应为{right}，请对照包装条码"))
}

fn count(e: &FieldError) -> Option<String> {
    let labels: u64 = e.problem.strip_suffix(" labels cannot be ordered")?.parse().ok()?;
    (labels > BATCH_LABELS_MAX).then(|| "一次最多订1亿枚".to_owned())
}

fn numbers(e: &FieldError) -> Option<String> {
    if e.problem.contains(" is after ") {
        return Some("起始序号大于结束序号，请对调".to_owned());
    }
    if let Some((asked, _)) = e.problem.split_once(" is not in batch") {
        let all = e.remedy.strip_prefix("its running numbers are ")?;
        return Some(format!("本批序号是{all}，{asked}超出了"));
    }
    let last = e.remedy.strip_prefix("the batch has the numbers 0 to ")?;
    Some(format!("本批序号是0-{last}，请填其中的序号"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Gtin;
    use crate::registry::service::parse_range;

    #[test]
    fn chinese_pages_give_the_reason_too() {
        let zh = |e: FieldError| particular(&e, Lang::Zh);
        let gtin = zh(Gtin::parse("6900000001012").expect_err("a wrong digit")).expect("words");
        assert!(gtin.contains("6900000001012的最后一位应为1"), "{gtin}");
        assert_eq!(zh(Gtin::parse("69").expect_err("too short")), None);
        let reversed = zh(parse_range("9-1").expect_err("reversed")).expect("words");
        assert_eq!(reversed, "起始序号大于结束序号，请对调");
        assert_eq!(zh(parse_range("x").expect_err("no number")), None);
        let beyond =
            FieldError::new("range", "0-5000 is not in batch 1-4", "its running numbers are 0-999");
        assert_eq!(zh(beyond).expect("words"), "本批序号是0-999，0-5000超出了");
        let order = |n: u64| {
            let problem = format!("{n} labels cannot be ordered");
            zh(FieldError::new("count", problem, "order 1 to 100000000"))
        };
        assert_eq!(order(100_000_001).expect("words"), "一次最多订1亿枚");
        assert_eq!(order(0), None);
        let within = FieldError::new("range", "is x", "the batch has the numbers 0 to 999");
        assert_eq!(zh(within).expect("words"), "本批序号是0-999，请填其中的序号");
    }
}
