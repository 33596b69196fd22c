//! Who learns the threshold by asking: the public answer has outcomes and what
//! was seen, and no number that rises with suspicion.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use super::burning::Robot;
use crate::http_bed::{self as bed, Bed};

const SECRETS: [&str; 4] = ["risk", "policy", "doubts", "witnesses-3"];

fn names(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            out.insert(name.clone());
            names(value, out);
        }),
        Value::Array(items) => items.iter().for_each(|item| names(item, out)),
        _ => {}
    }
}

#[tokio::test]
async fn nothing_in_a_public_answer_tells_how_near_the_threshold_is() {
    let bed = Bed::start().await;
    let robot = Robot::at(&bed);
    robot.buyer(&bed, 1).await;
    let mut shapes = Vec::new();
    let mut outcomes = Vec::new();
    for n in 0..12 {
        let answer = robot.scan(1, n, (n, 44)).await;
        let mut shape = BTreeSet::new();
        names(&answer, &mut shape);
        shapes.push(shape);
        // One reason that is told from the second stranger on to the accusation.
        let reasons = answer["reasons"].as_array().expect("a list").iter();
        let reasons: Vec<_> =
            reasons.map(|r| r["code"].as_str().expect("a slug").to_owned()).collect();
        outcomes.push((answer["outcome"].as_str().expect("an outcome").to_owned(), reasons));

        let path = format!("/{}", bed::code(1));
        for accept in ["application/json", "text/html"] {
            let phone = bed.phone(44);
            let request = phone.ask(Method::HEAD, &path);
            assert_eq!(phone.send(request).await.status(), 200);
            let looker = phone.ask(Method::GET, &path).header("accept", accept);
            let looker = looker.header("purpose", "prefetch");
            let text = phone.send(looker).await.text().await.expect("text");
            for secret in SECRETS {
                assert!(!text.contains(secret), "{accept} says {secret}: {text}");
            }
        }
        for secret in SECRETS {
            assert!(!answer.to_string().contains(secret), "{answer}");
        }
        bed.later(86_400);
    }
    assert!(shapes.iter().all(|shape| *shape == shapes[0]), "{shapes:?}");
    let turned = outcomes.iter().position(|(outcome, _)| outcome == "suspect");
    let turned = turned.expect("it was brought over the threshold");
    assert!(turned > 1, "nothing was seen below it");
    let below = &outcomes[..turned];
    assert!(below.iter().all(|told| *told == below[0]), "{below:?}");
}
