//! Shipments beside first scans, as the overview shows them.

use crate::base::Lang;
use crate::http::provinces::province;
use crate::overview::Flows;
use crate::overview::flow::Flow;
use crate::registry::Register;
use crate::web::overview::{FlowLine, LotFlowLine};

const LOTS_SHOWN_MAX: usize = 50;

pub(super) fn provinces(flows: &Flows, lang: Lang) -> Vec<FlowLine> {
    let all = Flows::by_size(&flows.provinces);
    let most = all.iter().map(|(_, flow)| flow.shipped.max(flow.firsts)).max().unwrap_or(1).max(1);
    let percent = |count: u64| (count * 100).div_ceil(most);
    let line = |(code, flow): (u8, Flow)| FlowLine {
        name: province(code, lang),
        shipped: flow.shipped,
        firsts: flow.firsts,
        shipped_percent: percent(flow.shipped),
        firsts_percent: percent(flow.firsts),
    };
    all.into_iter().map(line).collect()
}

pub(super) fn lots(flows: &Flows, register: &Register, lang: Lang) -> Vec<LotFlowLine> {
    let words = |(code, flow): (u8, Flow)| {
        format!("{} {} / {}", province(code, lang), flow.shipped, flow.firsts)
    };
    flows
        .lots
        .iter()
        .take(LOTS_SHOWN_MAX)
        .map(|(batch, by)| LotFlowLine {
            batch: batch.to_string(),
            lot: register.batches.get(batch).map(|f| f.batch.lot.clone()).unwrap_or_default(),
            shipped: by.values().map(|flow| flow.shipped).sum(),
            firsts: by.values().map(|flow| flow.firsts).sum(),
            by_province: Flows::by_size(by).into_iter().map(words).collect(),
        })
        .collect()
}
