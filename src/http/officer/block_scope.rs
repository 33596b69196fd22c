//! From what an officer typed to ranges of running numbers of whichever maker: a
//! line names a batch, numbers of it, a label, or a case or pallet.

use crate::base::FieldError;
use crate::cases::block::{Span, merged};
use crate::code::Layer;
use crate::http::desk::Desk;
use crate::http::officer::look_up;
use crate::http::problem::Problem;
use crate::registry::service::parse_range;
use crate::registry::{BatchRef, Placement};
use crate::trace::Unit;

/// Lines of one block.
const LINES_MAX: usize = 1_000;

fn fault(problem: &str, remedy: &str) -> FieldError {
    FieldError::new("scope", problem, remedy)
}

/// # Errors
/// Inside: what is wrong, by its line.
pub(super) async fn read(
    desk: &Desk,
    text: &str,
) -> Result<Result<Vec<Span>, Vec<FieldError>>, Problem> {
    let lines: Vec<_> = (1_u64..).zip(text.lines().map(str::trim)).collect();
    let lines: Vec<_> = lines.into_iter().filter(|(_, line)| !line.is_empty()).collect();
    if lines.is_empty() || lines.len() > LINES_MAX {
        let remedy = format!("write 1 to {LINES_MAX} lines, each a range");
        return Ok(Err(vec![fault("names nothing, or too much", &remedy)]));
    }
    let (mut spans, mut faults) = (Vec::new(), Vec::new());
    for (number, line) in lines {
        match of_line(desk, line).await? {
            Ok(found) => spans.extend(found),
            Err(fault) => faults.push(fault.at_line(number)),
        }
    }
    Ok(if faults.is_empty() { Ok(merged(spans)) } else { Err(faults) })
}

async fn of_line(desk: &Desk, line: &str) -> Result<Result<Vec<Span>, FieldError>, Problem> {
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    if let Ok(batch) = name.parse::<BatchRef>() {
        return Ok(of_batch(desk, batch, rest.trim()).map(|span| vec![span]));
    }
    let unknown = || {
        let remedy = "write 1-4, 1-4 100-199, or what stands under the symbol of a label";
        fault("is neither a batch nor a label that was issued", remedy)
    };
    let Some(payload) = look_up::label(desk, line).await? else { return Ok(Err(unknown())) };
    let placed = desk.scanner.register.load().place(&payload);
    let Placement::Issued { facts, number, .. } = placed else { return Ok(Err(unknown())) };
    let batch = facts.batch.id;
    if matches!(payload.layer, Layer::Outer | Layer::Inner) {
        return Ok(Ok(vec![Span { batch, first: number, last: number }]));
    }
    let register = desk.scanner.register.load_full();
    let unit = Unit::read(&payload.serial_text(), &register, &facts.batch.enterprise);
    let Ok(unit) = unit else { return Ok(Err(unknown())) };
    let items = desk.ledger.items_in(&unit).await?;
    let span = |r: &crate::recall::Numbers| Span { batch: r.batch, first: r.first, last: r.last };
    if items.is_empty() {
        let remedy = "name the numbers of what is in it";
        return Ok(Err(fault("is a case or pallet of which nothing was packed", remedy)));
    }
    Ok(Ok(items.iter().map(span).collect()))
}

fn of_batch(desk: &Desk, batch: BatchRef, range: &str) -> Result<Span, FieldError> {
    let register = desk.scanner.register.load();
    let facts = register.batches.get(&batch);
    let facts = facts.ok_or_else(|| fault("is no batch", "see the page of a label"))?;
    let last = facts.batch.issued() - 1;
    if range.is_empty() {
        return Ok(Span { batch, first: 0, last });
    }
    let (first, to) = parse_range(range).map_err(|e| fault(&e.problem, &e.remedy))?;
    if first > to || to > last {
        return Err(fault("is not in the batch", &format!("its running numbers are 0-{last}")));
    }
    Ok(Span { batch, first, last: to })
}
