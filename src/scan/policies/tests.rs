use super::*;

fn named(name: &str) -> String {
    Policy::SHIPPED_TEXT.replacen(&*Policy::shipped().name, name, 1)
}

fn term(policy: &str, from: i64, signed: i64) -> (Term, String) {
    let term = Term {
        id: Uuid::nil(),
        policy: policy.to_owned(),
        effective_at: UnixMs(from),
        signed_by: "li".to_owned(),
        signed_at: UnixMs(signed),
        note: "tried".to_owned(),
    };
    (term, named(policy))
}

#[test]
fn each_instant_has_the_policy_that_was_signed_for_it() {
    let policies =
        Policies::new(9, vec![term("b", 500, 20), term("a", 100, 10), term("c", 500, 30)])
            .expect("they read");
    let at = |at| &*policies.at(UnixMs(at)).name;
    assert_eq!(at(99), &*Policy::shipped().name, "before anything was signed");
    assert_eq!((at(100), at(499)), ("a", "a"));
    assert_eq!(at(500), "c", "of two for one instant the later signature");
    assert_eq!(&*Policies::default().at(UnixMs(0)).name, &*Policy::shipped().name);
    let (bad, _) = term("d", 1, 1);
    let said = Policies::new(1, vec![(bad, "{}".to_owned())]).expect_err("no policy");
    assert!(said.contains("policy d"), "{said}");
}

#[test]
fn a_signature_needs_somebody_else_a_comparison_and_a_time_to_come() {
    let shipped = Policy::shipped();
    let compared = |against: &str| Comparison {
        against: against.to_owned(),
        at: UnixMs(0),
        since: UnixMs(0),
        scans: 0,
        codes: 0,
        suspect_more: Difference::default(),
        suspect_fewer: Difference::default(),
        lead_more: Difference::default(),
        lead_fewer: Difference::default(),
    };
    let record = |against: Option<&str>| PolicyRecord {
        name: "mine".to_owned(),
        body: named("mine"),
        added_by: Some("wang".to_owned()),
        added_at: UnixMs(0),
        comparison: against.map(compared),
    };
    let now = UnixMs(1_000);
    let good = SignOff { effective_at: now, by: "li", note: " tried ", now };
    let fresh = record(Some(&shipped.name));
    let sign = |asked: &SignOff<'_>, record: &PolicyRecord| {
        sign_off(asked, record, &shipped, Uuid::nil()).map_err(|e| e.field)
    };
    assert_eq!(sign(&good, &fresh).expect("signed").note, "tried");
    let refused = |asked: SignOff<'_>, record: &PolicyRecord| sign(&asked, record).expect_err("no");
    assert_eq!(refused(SignOff { by: "wang", ..good.clone() }, &fresh), "signed_by");
    assert_eq!(refused(good.clone(), &record(None)), "policy");
    assert_eq!(refused(good.clone(), &record(Some("older"))), "policy");
    let past = SignOff { effective_at: UnixMs(999), ..good.clone() };
    assert_eq!(refused(past, &fresh), "effective_at");
    let far = SignOff { effective_at: now.plus_ms(AHEAD_MS_MAX + 1), ..good.clone() };
    assert_eq!(refused(far, &fresh), "effective_at");
    assert_eq!(refused(SignOff { note: "  ", ..good }, &fresh), "note");
}
