//! Where a batch's numbers lie, as every server holds it in memory: the account
//! alone, five bytes a run, so that a batch of a hundred thousand runs takes
//! half a megabyte and a scan a search among them.

use super::{Account, Ranges};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// First numbers of the runs, ascending from 0; no two neighbours lie on
    /// the same account.
    firsts: Vec<u32>,
    accounts: Vec<Account>,
    count: u64,
}

impl Whereabouts {
    /// A batch of `count` labels of which nobody has reported anything.
    pub fn issued(count: u64) -> Self {
        Self::of(&[(0, Account::Issued)], count)
    }

    /// From each of these numbers on, ascending from 0, the account.
    pub fn of(runs: &[(u64, Account)], count: u64) -> Self {
        let mut out = Self { firsts: Vec::new(), accounts: Vec::new(), count };
        for (first, account) in runs {
            out.push(*first, *account);
        }
        out
    }

    fn push(&mut self, first: u64, account: Account) {
        if self.accounts.last() != Some(&account) {
            // A batch has at most a hundred million labels.
            self.firsts.push(u32::try_from(first).unwrap_or(u32::MAX));
            self.accounts.push(account);
        }
    }

    /// The account of a number of the batch.
    pub fn at(&self, number: u64) -> Account {
        let behind = self.firsts.partition_point(|first| u64::from(*first) <= number);
        self.accounts.get(behind.saturating_sub(1)).copied().unwrap_or(Account::Issued)
    }

    fn runs(&self) -> impl Iterator<Item = (u64, u64, Account)> {
        let ends = self.firsts.iter().skip(1).map(|first| u64::from(*first) - 1);
        let ends = ends.chain([self.count.saturating_sub(1)]);
        let firsts = self.firsts.iter().map(|first| u64::from(*first));
        firsts.zip(ends).zip(&self.accounts).map(|((first, last), account)| (first, last, *account))
    }

    /// The first numbers of all runs.
    pub fn begins(&self) -> impl Iterator<Item = u64> {
        self.firsts.iter().map(|first| u64::from(*first))
    }

    /// Labels on an account.
    pub fn on(&self, account: Account) -> u64 {
        let runs = self.runs().filter(|run| run.2 == account);
        runs.map(|(first, last, _)| last - first + 1).sum()
    }

    /// The numbers on an account.
    pub fn lying(&self, account: Account) -> Ranges {
        let runs = self.runs().filter(|run| run.2 == account);
        Ranges::of_runs(runs.map(|(first, last, _)| (first, last)).collect())
    }

    /// Whether any label lies there.
    pub fn has(&self, account: Account) -> bool {
        self.accounts.contains(&account)
    }

    /// The same with `ranges` on `account`: one walk along both.
    #[must_use]
    pub fn moved(&self, ranges: &Ranges, account: Account) -> Self {
        let room = self.firsts.len() + 2 * ranges.runs().len();
        let mut out = Self {
            firsts: Vec::with_capacity(room),
            accounts: Vec::with_capacity(room),
            count: self.count,
        };
        let mut moving = ranges.runs().iter().peekable();
        for (first, last, was) in self.runs() {
            let mut from = first;
            while let Some(&&(low, high)) = moving.peek() {
                if low > last {
                    break;
                }
                let (low, end) = (low.max(first), high.min(last));
                if low > from {
                    out.push(from, was);
                }
                out.push(low, account);
                from = end + 1;
                if high > last {
                    break;
                }
                moving.next();
            }
            if from <= last {
                out.push(from, was);
            }
        }
        out
    }
}
