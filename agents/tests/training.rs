//! Real training on the real digits: floats, integers and merging.

use alloy::primitives::B256;
use autonet_agents::{
    data::{Digit, Digits},
    ml::{self, Training, VerifiedUpdate, Weights},
};
use std::sync::LazyLock;

static DIGITS: LazyLock<Digits> = LazyLock::new(|| Digits::load().unwrap());

struct Trained {
    base: Weights,
    weights: Weights,
}

fn trained(seed: u8) -> Trained {
    let base = Weights::initial(B256::ZERO);
    let seed = B256::repeat_byte(seed);
    let share = DIGITS.share(seed, 80).unwrap();
    let training = Training { seed, ..Default::default() };
    let weights = ml::train(&base, &share, &training, || false).unwrap();
    Trained { base, weights }
}

fn float_accuracy(weights: &Weights) -> f64 {
    ml::float_hits(weights, &DIGITS.held_out).unwrap() as f64 / DIGITS.held_out.len() as f64
}

fn int8_hits(weights: &Weights, digits: &[Digit]) -> u64 {
    let (inputs, labels) = ml::ground_truth(digits).unwrap();
    ml::quantise(weights, &DIGITS.training).unwrap().hits(&inputs, &labels).unwrap()
}

fn int8_accuracy(weights: &Weights) -> f64 {
    int8_hits(weights, &DIGITS.held_out) as f64 / DIGITS.held_out.len() as f64
}

#[test]
fn the_integer_model_is_as_good_as_the_float_model() {
    let started = std::time::Instant::now();
    let Trained { base, weights } = trained(1);
    let seconds = started.elapsed().as_secs_f64();
    let (float, int8) = (float_accuracy(&weights), int8_accuracy(&weights));
    println!("trained in {seconds:.2} s: float {float:.4}, int8 {int8:.4}, untrained {:.4}", int8_accuracy(&base));
    assert!(float >= 0.95, "float {float}");
    assert!(int8 >= 0.93 && (float - int8).abs() <= 0.02, "float {float}, int8 {int8}");
    assert!(int8_accuracy(&base) < 0.5);
}

#[test]
fn merging_two_solvers_is_no_worse_than_the_weaker_one() {
    let solvers = [trained(1), trained(2)];
    let accuracies = solvers.each_ref().map(|solver| int8_accuracy(&solver.weights));
    let updates = solvers.each_ref().map(|Trained { base, weights }| VerifiedUpdate {
        hits: int8_hits(weights, &DIGITS.held_out) as u32,
        update: weights.update_from(base).unwrap(),
    });
    let merged = ml::merge_floor(&solvers[0].base, &updates).unwrap();
    let accuracy = int8_accuracy(&merged);
    println!("solvers {accuracies:?}, merged {accuracy}, float {}", float_accuracy(&merged));
    // A hundredth for processors that round floats in another order.
    assert!(accuracy >= accuracies[0].min(accuracies[1]) - 0.01, "{accuracies:?} -> {accuracy}");
}

#[test]
fn equal_training_gives_equal_weights() {
    assert_eq!(trained(3).weights, trained(3).weights);
}

#[test]
fn training_stops_when_told() {
    let result = ml::train(&Weights::initial(B256::ZERO), &DIGITS.training, &Training::default(), || true);
    assert!(matches!(result, Err(ml::MlError::Stopped)));
}
