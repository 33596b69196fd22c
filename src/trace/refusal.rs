//! Why an event is not taken, in words for the floor.

use crate::base::Lang;
use crate::trace::Unit;

/// What stands in the way. Serial numbers are told, codes are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    NotACode,
    /// Not issued, or another's.
    NotOurs,
    /// A bottle into a pallet, a case into a case.
    WrongKind,
    OtherProduct(Unit),
    /// Recalled, blocked, void, stolen, spoiled or planted.
    Withdrawn(Unit),
    /// In another case or on another pallet.
    InOther {
        unit: Unit,
        parent: Unit,
    },
    /// In this very one already.
    AlreadyIn(Unit),
    NotIn {
        unit: Unit,
        parent: Unit,
    },
    Twice(Unit),
    CountDiffers {
        has: usize,
        size: usize,
    },
    /// Nothing is in it.
    Empty(Unit),
    /// Something is in it already.
    Holds(Unit),
    /// A loose bottle is not shipped.
    Loose(Unit),
    InTransit(Unit),
    NotInTransit(Unit),
    NeverShipped(Unit),
    AtDealer(Unit),
    Destroyed(Unit),
    /// These numbers came into being before.
    CommissionedBefore {
        first: u64,
        last: u64,
    },
    InFuture,
    /// Before what is known of it.
    BeforeLast(Unit),
    TooMany {
        max: usize,
    },
    /// The first of a new case while another waits.
    OtherOpen(Unit),
    /// The case is to be scanned first.
    Full {
        size: usize,
    },
    NothingOpen,
}

impl Refusal {
    /// Stable, for programs.
    pub const fn slug(&self) -> &'static str {
        match self {
            Self::NotACode => "not_a_code",
            Self::NotOurs => "not_ours",
            Self::WrongKind => "wrong_kind",
            Self::OtherProduct(_) => "other_product",
            Self::Withdrawn(_) => "withdrawn",
            Self::InOther { .. } => "in_other",
            Self::AlreadyIn(_) => "already_in",
            Self::NotIn { .. } => "not_in",
            Self::Twice(_) => "twice",
            Self::CountDiffers { .. } => "count_differs",
            Self::Empty(_) => "empty",
            Self::Holds(_) => "holds",
            Self::Loose(_) => "loose",
            Self::InTransit(_) => "in_transit",
            Self::NotInTransit(_) => "not_in_transit",
            Self::NeverShipped(_) => "never_shipped",
            Self::AtDealer(_) => "at_dealer",
            Self::Destroyed(_) => "destroyed",
            Self::CommissionedBefore { .. } => "commissioned_before",
            Self::InFuture => "in_future",
            Self::BeforeLast(_) => "before_last",
            Self::TooMany { .. } => "too_many",
            Self::OtherOpen(_) => "other_open",
            Self::Full { .. } => "full",
            Self::NothingOpen => "nothing_open",
        }
    }

    pub fn text(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => self.zh(),
            Lang::En => self.en(),
        }
    }

    fn zh(&self) -> String {
        let name = |unit: &Unit| name(unit, Lang::Zh);
        match self {
            Self::NotACode => "读到的不是码，请重扫".to_owned(),
            Self::NotOurs => "不是本企业发出的码".to_owned(),
            Self::WrongKind => "瓶只能装箱，箱只能上托盘".to_owned(),
            Self::OtherProduct(u) => format!("{}是另一种产品", name(u)),
            Self::Withdrawn(u) => format!("{}已召回、停用或作废，不能流转", name(u)),
            Self::InOther { unit, parent } => format!("{}已在{}中", name(unit), name(parent)),
            Self::AlreadyIn(u) => format!("{}已经装进来了", name(u)),
            Self::NotIn { unit, parent } => format!("{}不在{}中", name(unit), name(parent)),
            Self::Twice(u) => format!("{}扫了两次", name(u)),
            Self::CountDiffers { has, size } => format!("应装{size}件，现有{has}件"),
            Self::Empty(u) => format!("{}里还没有装东西", name(u)),
            Self::Holds(u) => format!("{}已经装过了", name(u)),
            Self::Loose(u) => format!("{}还没有装箱，不能发货", name(u)),
            Self::InTransit(u) => format!("{}已发出，在途中", name(u)),
            Self::NotInTransit(u) => format!("{}不在途中，无从收货", name(u)),
            Self::NeverShipped(u) => format!("{}没有发出过，无从退回", name(u)),
            Self::AtDealer(u) => format!("{}已由经销商收货", name(u)),
            Self::Destroyed(u) => format!("{}已销毁", name(u)),
            Self::CommissionedBefore { first, last } => {
                format!("序号{first}–{last}已经登记过下线")
            }
            Self::InFuture => "时间在将来，请核对扫码设备的时钟".to_owned(),
            Self::BeforeLast(u) => format!("{}在这之后已有记录，请核对时间", name(u)),
            Self::TooMany { max } => format!("一次最多{max}件"),
            Self::OtherOpen(u) => format!("{}还没装完", name(u)),
            Self::Full { size } => format!("已满{size}件，请扫箱码"),
            Self::NothingOpen => "没有正在装的箱".to_owned(),
        }
    }

    fn en(&self) -> String {
        let name = |unit: &Unit| name(unit, Lang::En);
        match self {
            Self::NotACode => "that is no code; scan again".to_owned(),
            Self::NotOurs => "not a code of this enterprise".to_owned(),
            Self::WrongKind => "bottles go into cases, cases on pallets".to_owned(),
            Self::OtherProduct(u) => format!("{} is another product", name(u)),
            Self::Withdrawn(u) => format!("{} is recalled, blocked or void: it stays", name(u)),
            Self::InOther { unit, parent } => format!("{} is in {}", name(unit), name(parent)),
            Self::AlreadyIn(u) => format!("{} is in it already", name(u)),
            Self::NotIn { unit, parent } => format!("{} is not in {}", name(unit), name(parent)),
            Self::Twice(u) => format!("{} was scanned twice", name(u)),
            Self::CountDiffers { has, size } => format!("{size} belong in it, {has} are there"),
            Self::Empty(u) => format!("nothing is in {} yet", name(u)),
            Self::Holds(u) => format!("{} was packed before", name(u)),
            Self::Loose(u) => format!("{} is in no case: pack it first", name(u)),
            Self::InTransit(u) => format!("{} was shipped and is under way", name(u)),
            Self::NotInTransit(u) => format!("{} is not under way", name(u)),
            Self::NeverShipped(u) => format!("{} was never shipped", name(u)),
            Self::AtDealer(u) => format!("{} was received by the dealer", name(u)),
            Self::Destroyed(u) => format!("{} was destroyed", name(u)),
            Self::CommissionedBefore { first, last } => {
                format!("numbers {first} to {last} were commissioned before")
            }
            Self::InFuture => "the time is in the future: check the clock".to_owned(),
            Self::BeforeLast(u) => format!("{} has a later record: check the time", name(u)),
            Self::TooMany { max } => format!("at most {max} at once"),
            Self::OtherOpen(u) => format!("{} is not finished", name(u)),
            Self::Full { size } => format!("{size} are there: scan the case"),
            Self::NothingOpen => "nothing is being packed".to_owned(),
        }
    }
}

/// How a person calls a unit: kind, batch, running number.
pub fn name(unit: &Unit, lang: Lang) -> String {
    match (unit, lang) {
        (Unit::Bottle { batch, number }, Lang::Zh) => format!("瓶 {batch} #{number}"),
        (Unit::Bottle { batch, number }, Lang::En) => format!("bottle {batch} #{number}"),
        (Unit::Case { batch, number }, Lang::Zh) => format!("箱 {batch} #{number}"),
        (Unit::Case { batch, number }, Lang::En) => format!("case {batch} #{number}"),
        (Unit::Pallet { code, .. }, Lang::Zh) => format!("托盘 {code}"),
        (Unit::Pallet { code, .. }, Lang::En) => format!("pallet {code}"),
    }
}
