//! What the codes of the field are like under a policy, as if no officer had
//! looked: simulated streams have none.

use std::sync::Arc;

use super::engine::Engine;
use crate::registry::Findings;
use crate::scan::across::Label;
use crate::scan::judge::Policy;
use crate::scan::profile::Profile;
use crate::scan::{CodeId, Observation};

pub struct Survey {
    engine: Engine,
    policy: Arc<Policy>,
    pub profile: Profile,
}

impl Survey {
    pub fn new(policy: Arc<Policy>) -> Self {
        Self { engine: Engine::default(), policy, profile: Profile::default() }
    }

    pub fn scan(&mut self, id: CodeId, label: Option<&Label>, scan: Observation) {
        let (policy, profile) = (&self.policy, &mut self.profile);
        self.engine.scan(id, label, Some(scan), Findings::NONE, |seen| {
            let measures = seen.measures();
            let odds = policy.model.log_odds(&measures);
            let suspect = odds >= policy.suspect_log_odds();
            profile.take(id, &measures, suspect, odds >= policy.lead_log_odds());
        });
    }
}
